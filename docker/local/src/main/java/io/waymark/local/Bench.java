package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code waymark bench}: figures of this machine, one JSON line each, so that they can be kept and compared. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measure the running installation. Prints JSON lines {bench,row,value,unit,n,machine,load,commit}.",
        subcommands = Bench.Ingest.class)
final class Bench {
    @ParentCommand
    Waymark waymark;

    /** From a device's signature to the verified receipt in its outbox: the whole path, not a part of it. */
    @Command(
            name = "ingest",
            mixinStandardHelpOptions = true,
            description = {
                "Signed readings per second from devices to receipts: each device signs and stores all its readings, then all publish at once;",
                "the clock runs from the first publication until the last receipt. The readings stay in the ledger, under an organisation",
                "\"bench\" of their own: not for an installation whose ledger matters."
            })
    static final class Ingest implements Callable<Integer> {
        @ParentCommand
        Bench bench;

        @Option(names = "--devices", defaultValue = "4", description = "How many devices (default ${DEFAULT-VALUE}).")
        int devices;

        @Option(
                names = "--readings",
                defaultValue = "2000",
                description = "Readings per device (default ${DEFAULT-VALUE}).")
        int readings;

        @Option(names = "--json", description = "Accepted for symmetry: the output is JSON lines in any case.")
        boolean json;

        @Override
        public Integer call() throws Exception {
            if (devices < 1 || devices > 64 || readings < 1 || readings > 1_000_000) {
                throw new CannotProceed("--devices must be 1 to 64 and --readings 1 to 1000000");
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
                        .println(devices + " devices registered; signing " + (long) devices * readings + " readings");
                long start = System.nanoTime();
                List<Thread> threads = new ArrayList<>();
                for (Device device : fleet) {
                    Thread thread = new Thread(() -> publish(device, readings));
                    thread.start();
                    threads.add(thread);
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                boolean all = true;
                for (Device device : fleet) {
                    all &= device.awaitReceipts(Duration.ofMinutes(10));
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                long n = (long) devices * readings;
                if (!all) {
                    throw new CannotProceed("not every reading had its receipt after 10 minutes");
                }
                line("readings from signature to receipt", n / seconds, "1/s", n);
                return 0;
            } finally {
                for (Device device : fleet) {
                    device.close();
                }
                Home.deleteTree(folder);
            }
        }

        private static void publish(Device device, int readings) {
            int block = 200;
            for (int from = 0; from < readings; from += block) {
                List<Observation> several = new ArrayList<>();
                for (int i = from; i < Math.min(readings, from + block); i++) {
                    several.add(Observation.of(Quantity.TEMPERATURE.of(i % 1000 / 100.0)));
                }
                device.readAll(several);
            }
        }

        private static void line(String row, double value, String unit, long n) throws Exception {
            Terminal.out()
                    .println(new ObjectMapper()
                            .createObjectNode()
                            .put("bench", "ingest")
                            .put("row", row)
                            .put("value", Math.round(value * 10) / 10.0)
                            .put("unit", unit)
                            .put("n", n)
                            .put(
                                    "machine",
                                    InetAddress.getLocalHost().getHostName() + ", "
                                            + Runtime.getRuntime().availableProcessors() + " cores, Java "
                                            + Runtime.version().feature())
                            .put(
                                    "load",
                                    Math.round(ManagementFactory.getOperatingSystemMXBean()
                                                            .getSystemLoadAverage()
                                                    * 100)
                                            / 100.0)
                            .put("commit", Waymark.commit()));
        }
    }
}
