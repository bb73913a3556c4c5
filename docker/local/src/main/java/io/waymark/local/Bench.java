package io.waymark.local;

import io.waymark.local.bench.Figure;
import io.waymark.local.home.Home;
import io.waymark.local.start.Running;
import io.waymark.local.start.Terminal;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.TraceClient;
import io.waymark.simulator.story.StoryConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code waymark bench}: figures of this machine, one JSON line each, so that they can be kept and compared. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measure this machine. Prints one JSON line a measurement; docker/local/README.md names the fields.",
        subcommands = {Bench.Ingest.class, BenchLedger.class})
final class Bench {
    @ParentCommand
    Waymark waymark;

    /** From a device's signature to the verified receipt in its outbox: the whole path, not a part of it. */
    @Command(
            name = "ingest",
            mixinStandardHelpOptions = true,
            description = {
                "Signed readings per second from devices to receipts. A round: each device signs, stores and publishes all its readings as fast",
                "as it can; the clock runs from the first signature until the last receipt. The value is the median of the rounds;",
                "p50 and p99 are of all readings' times from durable on the device to receipt there. The readings stay in the ledger, under an",
                "organisation \"bench\" of their own: not for an installation whose ledger matters."
            })
    static final class Ingest implements Callable<Integer> {
        private static final Duration GIVE_UP = Duration.ofMinutes(10);

        @ParentCommand
        Bench bench;

        @Spec
        CommandSpec spec;

        @Option(names = "--devices", defaultValue = "4", description = "How many devices (default ${DEFAULT-VALUE}).")
        int devices;

        @Option(
                names = "--readings",
                defaultValue = "2000",
                description = "Readings per device and round (default ${DEFAULT-VALUE}).")
        int readings;

        @Option(names = "--rounds", defaultValue = "5", description = "How many rounds (default ${DEFAULT-VALUE}).")
        int rounds;

        @Option(names = "--json", description = "Accepted for symmetry: the output is JSON lines in any case.")
        boolean json;

        @Override
        public Integer call() throws Exception {
            if (devices < 1 || devices > 64 || readings < 1 || readings > 1_000_000 || rounds < 1 || rounds > 100) {
                throw new ParameterException(
                        spec.commandLine(), "--devices must be 1 to 64, --readings 1 to 1000000, --rounds 1 to 100");
            }
            Home home = bench.waymark.home();
            StoryConfig config = Running.on(home).storyConfig();
            Path folder = Files.createTempDirectory("waymark-bench-");
            List<Device> fleet = new ArrayList<>();
            try {
                TraceClient operator = new TraceClient(config.traceUrl(), config.visionUrl(), config.operatorToken());
                Organisation owner = Organisation.open(
                        folder.resolve("owner"), "bench", "Bench", "bench.example", "ZZ", "bench", operator);
                List<byte[]> receiptKeys = Registration.receiptKeys(config.traceUrl());
                for (int i = 0; i < devices; i++) {
                    Path own = folder.resolve("device-" + i);
                    Files.createDirectories(own);
                    Registration registration = Registration.obtain(
                            own,
                            DeviceKeys.openOrCreate(own),
                            config.traceUrl(),
                            owner.client().bearer(),
                            "bench",
                            "Bench " + i,
                            "temperature",
                            "file");
                    fleet.add(Device.open(
                            own, DeviceConfig.of(config.mqttUrl(), registration).withReceiptKeys(receiptKeys)));
                }
                Terminal.err()
                        .println(devices + " devices registered; " + rounds + " rounds of " + (long) devices * readings
                                + " readings");
                double[] perSecond = new double[rounds];
                long[] waits = new long[0];
                for (int round = 0; round < rounds; round++) {
                    Round done = round(fleet);
                    perSecond[round] = done.waitsNanos().length / done.seconds();
                    int before = waits.length;
                    waits = Arrays.copyOf(waits, before + done.waitsNanos().length);
                    System.arraycopy(done.waitsNanos(), 0, waits, before, done.waitsNanos().length);
                    Terminal.err().printf(Locale.ROOT, "round %d: %.1f/s%n", round + 1, perSecond[round]);
                }
                new Figure("ingest", "readings from signature to receipt", "1/s", waits.length)
                        .rounds(perSecond)
                        .waits(waits)
                        .with("devices", devices)
                        .print(Waymark.commit());
                return 0;
            } finally {
                for (Device device : fleet) {
                    device.close();
                }
                Home.deleteTree(folder);
            }
        }

        /** @param waitsNanos one per reading, from durable on the device to receipt there */
        private record Round(double seconds, long[] waitsNanos) {}

        private Round round(List<Device> fleet) throws InterruptedException, CannotProceed {
            long start = System.nanoTime();
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                List<Future<long[]>> running = new ArrayList<>();
                for (Device device : fleet) {
                    long[] signed = new long[readings];
                    AtomicInteger done = new AtomicInteger();
                    Future<?> publishing = threads.submit(() -> publish(device, signed, done));
                    running.add(threads.submit(() -> waits(device, signed, done, publishing)));
                }
                long[] waits = new long[fleet.size() * readings];
                for (int i = 0; i < fleet.size(); i++) {
                    System.arraycopy(running.get(i).get(), 0, waits, i * readings, readings);
                }
                return new Round((System.nanoTime() - start) / 1e9, waits);
            } catch (ExecutionException e) {
                throw new CannotProceed(
                        "not every reading got its receipt: " + e.getCause().getMessage(), e);
            } finally {
                threads.shutdownNow();
            }
        }

        private static void publish(Device device, long[] signed, AtomicInteger done) {
            int block = 200;
            for (int from = 0; from < signed.length; from += block) {
                List<Observation> several = new ArrayList<>();
                int to = Math.min(signed.length, from + block);
                for (int i = from; i < to; i++) {
                    several.add(Observation.of(Quantity.TEMPERATURE.of(i % 1000 / 100.0)));
                }
                device.readAll(several);
                Arrays.fill(signed, from, to, System.nanoTime());
                done.set(to);
            }
        }

        /** Receipts are cumulative, so readings get theirs in the order of signing. Looked at every 5 ms: waits are that much too long at most. */
        private static long[] waits(Device device, long[] signed, AtomicInteger done, Future<?> publishing)
                throws Exception {
            long[] waits = new long[signed.length];
            int receipted = 0;
            long until = System.nanoTime() + GIVE_UP.toNanos();
            while (receipted < signed.length) {
                // In this order: what is signed in between is pending as well, and would be taken for receipted
                // otherwise.
                if (publishing.isDone()) {
                    publishing.get();
                }
                int known = done.get();
                int covered = (int) (known - device.status().pendingMessages());
                long now = System.nanoTime();
                if (now > until) {
                    throw new CannotProceed(signed.length - receipted + " still wait after " + GIVE_UP);
                }
                for (; receipted < covered; receipted++) {
                    waits[receipted] = now - signed[receipted];
                }
                Thread.sleep(5);
            }
            return waits;
        }
    }
}
