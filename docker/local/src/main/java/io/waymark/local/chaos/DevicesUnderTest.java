package io.waymark.local.chaos;

import io.waymark.local.start.Terminal;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.sdk.Sent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Devices with their outboxes in a process of their own, to be killed. Arguments: folder of the devices' folders, MQTT url, seed, resend after
 * (ISO duration), receipt keys (hex COSE_Keys with commas between, or "-": any receipt is believed).
 *
 * <pre>
 * in   go     stop     one     clock &lt;milliseconds&gt;     status
 * out  up     signed &lt;device&gt; &lt;epoch&gt; &lt;seq&gt; &lt;digest&gt;     done &lt;command&gt;     pending &lt;messages&gt;
 * </pre>
 *
 * A message is told as signed when it is durable, which may be after its publish.
 */
public final class DevicesUnderTest {
    private static final int MOST_AT_ONCE = 8;

    private final List<Device> devices = new ArrayList<>();
    private final List<Thread> traffic = new ArrayList<>();
    private final AtomicLong offset = new AtomicLong();
    private final Random seeds;
    private volatile boolean going;

    private DevicesUnderTest(long seed) {
        seeds = new Random(seed);
    }

    public static void main(String... arguments) throws Exception {
        DevicesUnderTest test = new DevicesUnderTest(Long.parseLong(arguments[2]));
        List<byte[]> receiptKeys = arguments[4].equals("-")
                ? List.of()
                : Arrays.stream(arguments[4].split(","))
                        .map(HexFormat.of()::parseHex)
                        .toList();
        List<Path> folders;
        try (Stream<Path> all = Files.list(Path.of(arguments[0]))) {
            folders = all.sorted().toList();
        }
        for (Path folder : folders) {
            test.devices.add(Device.open(
                    folder,
                    DeviceConfig.of(arguments[1], Registration.saved(folder).orElseThrow())
                            .withReceiptKeys(receiptKeys)
                            .withResendAfter(Duration.parse(arguments[3]))
                            .withClock(test.new Jumping(), 1, null)));
        }
        say("up");
        test.listen();
        // As kill -9 would leave it.
        Runtime.getRuntime().halt(0);
    }

    private void listen() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "go" -> go();
                case "stop" -> stop();
                case "one" -> devices.forEach(device -> tell(device, device.readAll(readings(1, new Random(1)))));
                case "clock" -> offset.set(Long.parseLong(words[1]));
                case "status" ->
                    say("pending "
                            + devices.stream()
                                    .mapToLong(d -> d.status().pendingMessages())
                                    .sum());
                default -> throw new IllegalArgumentException(line);
            }
            if (!words[0].equals("status")) {
                say("done " + words[0]);
            }
        }
    }

    private void go() {
        going = true;
        for (Device device : devices) {
            Random random = new Random(seeds.nextLong());
            Thread thread = new Thread(() -> read(device, random), "reads-" + device.id());
            thread.setDaemon(true);
            thread.start();
            traffic.add(thread);
        }
    }

    private void read(Device device, Random random) {
        while (going) {
            tell(device, device.readAll(readings(1 + random.nextInt(MOST_AT_ONCE), random)));
            try {
                Thread.sleep(5 + random.nextInt(60));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static List<Observation> readings(int count, Random random) {
        return Stream.generate(() -> Observation.of(Quantity.TEMPERATURE.of(random.nextInt(300) / 10.0)))
                .limit(count)
                .toList();
    }

    private static void tell(Device device, List<Sent> signed) {
        signed.forEach(one -> say("signed " + device.id() + " " + one.epoch() + " " + one.seq() + " "
                + HexFormat.of().formatHex(one.digest())));
    }

    private void stop() throws InterruptedException {
        going = false;
        for (Thread thread : traffic) {
            thread.join();
        }
        traffic.clear();
    }

    private static void say(String line) {
        synchronized (DevicesUnderTest.class) {
            Terminal.out().println(line);
        }
    }

    /** A clock that somebody sets while it runs. */
    private final class Jumping extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(System.currentTimeMillis() + offset.get());
        }
    }
}
