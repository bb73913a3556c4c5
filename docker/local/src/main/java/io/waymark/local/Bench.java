package io.waymark.local;

import io.waymark.local.bench.DecodeAndDigest;
import io.waymark.local.bench.Figure;
import io.waymark.local.bench.Installation;
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
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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

        /** A round faster than the one before by this factor was not yet the service as it runs all day. */
        private static final double STILL_WARMING = 1.05;

        private static final int MOST_WARMING = 8;
        private static final long TICK_NANOS = 10_000_000;
        private static final int SAMPLE_SECONDS = 5;
        private static final String BROKER = "embedded Apache Artemis, journal synced";
        private static final String STORED = "waymark_ingest_signed_to_stored_seconds";

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

        @Option(
                names = "--half-seconds",
                defaultValue = "20",
                description = "Length of the run at half load (default ${DEFAULT-VALUE}; 0 = none).")
        int halfSeconds;

        @Option(
                names = "--soak",
                defaultValue = "0",
                paramLabel = "MINUTES",
                description = "Goes on at half load for so long, looking at memory, threads and what is lost.")
        int soakMinutes;

        @Option(names = "--json", description = "Accepted for symmetry: the output is JSON lines in any case.")
        boolean json;

        @Override
        public Integer call() throws Exception {
            if (devices < 1
                    || devices > 64
                    || readings < 1
                    || readings > 1_000_000
                    || rounds < 1
                    || rounds > 100
                    || halfSeconds < 0
                    || halfSeconds > 3600
                    || soakMinutes < 0
                    || soakMinutes > 10_080) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--devices must be 1 to 64, --readings 1 to 1000000, --rounds 1 to 100, --half-seconds 0 to 3600,"
                                + " --soak 0 to 10080 minutes");
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
                DecodeAndDigest.run(5, Waymark.commit());
                Installation installation = new Installation(home, config.traceUrl());
                double warmed = 0;
                for (int i = 0; i < MOST_WARMING; i++) {
                    Round warming = round(fleet);
                    double rate = warming.waitsNanos().length / warming.seconds();
                    Terminal.err().printf(Locale.ROOT, "warming: %.1f/s%n", rate);
                    if (rate < STILL_WARMING * warmed) {
                        break;
                    }
                    warmed = rate;
                }
                Map<String, Double> spentBefore = installation.processorSeconds();
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
                long measured = waits.length;
                Figure whole = new Figure("ingest", "readings from signature to receipt", "1/s", measured)
                        .rounds(perSecond)
                        .waits(waits)
                        .with("devices", devices)
                        .with("broker", BROKER);
                Installation.costs(whole, spentBefore, installation.processorSeconds(), measured);
                whole.print(Waymark.commit());
                Arrays.sort(perSecond);
                double half = perSecond[(rounds - 1) / 2] / 2;
                if (halfSeconds > 0) {
                    atHalfLoad(fleet, installation, half, halfSeconds, false);
                }
                if (soakMinutes > 0) {
                    atHalfLoad(fleet, installation, half, soakMinutes * 60, true);
                }
                return 0;
            } finally {
                for (Device device : fleet) {
                    device.close();
                }
                Home.deleteTree(folder);
            }
        }

        /**
         * An open loop: so many a second are signed, whatever becomes of them. What it took until they were stored is ingest's own histogram, by the
         * device's clock, which here is the same; a percentile is told as the bound of the bucket it lies in.
         */
        private void atHalfLoad(
                List<Device> fleet, Installation installation, double perSecond, int seconds, boolean soak)
                throws Exception {
            Map<Double, Double> storedBefore = installation.histogram(STORED);
            Map<String, Double> spentBefore = installation.processorSeconds();
            long begun = System.nanoTime();
            long end = begun + seconds * 1_000_000_000L;
            AtomicLong signed = new AtomicLong();
            ExecutorService threads = Executors.newCachedThreadPool();
            List<Long> resident = new ArrayList<>();
            long fewest = Long.MAX_VALUE;
            long most = 0;
            try {
                List<Future<?>> running = new ArrayList<>();
                for (Device device : fleet) {
                    running.add(
                            threads.submit(() -> signed.addAndGet(pace(device, perSecond / fleet.size(), begun, end))));
                }
                while (System.nanoTime() < end) {
                    Thread.sleep(Math.max(1, Math.min(SAMPLE_SECONDS * 1000L, (end - System.nanoTime()) / 1_000_000)));
                    // The first fifth is warm-up: heap and caches find their size.
                    if (soak && System.nanoTime() - begun > (end - begun) / 5) {
                        Installation.Size size = installation.size();
                        resident.add(size.residentKib());
                        fewest = Math.min(fewest, size.threads());
                        most = Math.max(most, size.threads());
                    }
                }
                for (Future<?> one : running) {
                    one.get();
                }
            } finally {
                threads.shutdownNow();
            }
            double took = (System.nanoTime() - begun) / 1e9;
            long lost = pendingAfter(fleet);
            Figure figure = new Figure(
                            "ingest",
                            soak ? "soak at half load" : "signed to durable at half load",
                            "1/s",
                            signed.get())
                    .rounds(signed.get() / took)
                    .with("asked_per_second", perSecond)
                    .with("without_receipt", lost)
                    .with("broker", BROKER);
            Map<Double, Double> storedAfter = installation.histogram(STORED);
            figure.with("p50_at_most_ms", Installation.below(0.5, storedBefore, storedAfter))
                    .with("p99_at_most_ms", Installation.below(0.99, storedBefore, storedAfter));
            Installation.costs(figure, spentBefore, installation.processorSeconds(), signed.get());
            if (soak) {
                figure.with("rss_mib", resident.get(resident.size() - 1) / 1024.0)
                        .with("rss_percent_an_hour", Installation.slopePercentAnHour(resident, SAMPLE_SECONDS))
                        .with("threads_fewest", fewest)
                        .with("threads_most", most);
            }
            figure.print(Waymark.commit());
        }

        /** @return how many it signed */
        private static long pace(Device device, double perSecond, long begun, long end) throws InterruptedException {
            long signed = 0;
            for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
                long due = (long) ((now - begun) / 1e9 * perSecond);
                if (due > signed) {
                    List<Observation> several = new ArrayList<>();
                    for (long i = signed; i < due && several.size() < 200; i++) {
                        several.add(Observation.of(Quantity.TEMPERATURE.of(i % 1000 / 100.0)));
                    }
                    device.readAll(several);
                    signed += several.size();
                } else {
                    Thread.sleep(TICK_NANOS / 1_000_000);
                }
            }
            return signed;
        }

        /** Waits for the receipts. @return how many readings have none after a minute: lost, unless they only take longer */
        private static long pendingAfter(List<Device> fleet) throws InterruptedException {
            long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            long pending = Long.MAX_VALUE;
            while (pending > 0 && System.nanoTime() < until) {
                pending = fleet.stream()
                        .mapToLong(device -> device.status().pendingMessages())
                        .sum();
                Thread.sleep(20);
            }
            return pending;
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
