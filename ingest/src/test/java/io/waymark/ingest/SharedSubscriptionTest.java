package io.waymark.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several ingest processes on one shared subscription, of which some are killed in the middle of their batches. */
class SharedSubscriptionTest {
    @TempDir
    Path folder;

    @Test
    void aKilledProcessLosesNothingAndDoublesNothing() throws Exception {
        int port = IngestTest.freePort();
        String broker = "tcp://127.0.0.1:" + port;
        DeviceKeys keys = DeviceKeys.openOrCreate(folder.resolve("device"));
        try (Broker running = Broker.start(port, folder.resolve("broker"));
                Platform platform = new Platform()) {
            assertTrue(running != null);
            platform.register(keys.id(), "acme", "boat", keys.verificationKey());
            Process one = IngestProcess.start(broker, "ingest-one", platform.url());
            Process two = IngestProcess.start(broker, "ingest-two", platform.url());
            try (Device device = Device.open(
                    folder.resolve("device"),
                    DeviceConfig.of(broker, new Registration("v1/acme/boat/" + keys.idHex(), "x", 1))
                            .withReceiptKeys(List.of(
                                    platform.receiptKey.verificationKey().coseKey()))
                            .withResendAfter(Duration.ofSeconds(2)))) {
                readings(device, 100);
                until(() -> platform.count() >= 20);
                // Now both hold what they cannot store, unacknowledged.
                platform.traceStatus = 503;
                readings(device, 150);
                int asked = platform.requests.get();
                until(() -> platform.requests.get() > asked + 8);
                one.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                platform.traceStatus = 0;
                readings(device, 50);
                until(() -> platform.count() >= 150);
                two.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                one = IngestProcess.start(broker, "ingest-one", platform.url());

                assertTrue(device.awaitReceipts(Duration.ofSeconds(60)), device.status()::toString);
            } finally {
                one.destroyForcibly();
                two.destroyForcibly();
            }
            assertEquals(301, platform.count(), "300 readings and the boot message");
            assertTrue(
                    platform.stored.values().stream().allMatch(copies -> copies.size() == 1),
                    "one message, two effects");
            assertEquals(0, platform.quarantined.size());
        }
    }

    private static void readings(Device device, int count) {
        device.readAll(Collections.nCopies(count, Observation.of(Quantity.TEMPERATURE.of(4.2))));
    }

    private static void until(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("not within 60 s");
            Thread.sleep(10);
        }
    }
}
