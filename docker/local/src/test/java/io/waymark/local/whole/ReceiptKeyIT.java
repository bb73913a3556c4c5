package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.local.whole.Installation.Ran;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator replaces the receipts' key: a device that knows the log goes on, one that only knows the old key keeps what it reads. */
class ReceiptKeyIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    @Test
    void aDeviceFollowsTheLogToTheNewReceiptKey() throws Exception {
        try (Installation waymark = new Installation(folder.resolve("home"))) {
            waymark.start("--no-demo");
            waymark.awaitLine(Pattern.compile("Stop +Ctrl-C"));
            String administrator = waymark.json(
                            "POST",
                            "/api/setup",
                            null,
                            new ObjectMapper()
                                    .createObjectNode()
                                    .put("token", waymark.password("setup-token"))
                                    .put("organisation", "Acme")
                                    .put("account", "admin")
                                    .put("password", "correct horse battery")
                                    .toString())
                    .path("token")
                    .asText();
            Path following = Files.createDirectories(folder.resolve("following"));
            Path pinned = Files.createDirectories(folder.resolve("pinned"));
            DeviceConfig first = DeviceConfig.of(waymark.mqtt().toString(), place(waymark, administrator, following))
                    .withLog(waymark.base());
            List<byte[]> old = Registration.receiptKeys(waymark.base());
            assertEquals(1, old.size());
            DeviceConfig second = DeviceConfig.of(waymark.mqtt().toString(), place(waymark, administrator, pinned))
                    .withReceiptKeys(old)
                    .withResendAfter(Duration.ofSeconds(2));
            try (Device follower = Device.open(following, first.withResendAfter(Duration.ofSeconds(2)));
                    Device other = Device.open(pinned, second)) {
                follower.read(Quantity.TEMPERATURE, 4);
                other.read(Quantity.TEMPERATURE, 4);
                assertTrue(follower.awaitReceipts(PATIENCE), follower.status()::toString);
                assertTrue(other.awaitReceipts(PATIENCE), other.status()::toString);

                assertTrue(waymark.stop());
                follower.read(Quantity.TEMPERATURE, 5);
                other.read(Quantity.TEMPERATURE, 5);
                Ran asked = waymark.operator("keys", "rotate-receipts");
                assertEquals(0, asked.exit(), asked.err());
                waymark.start("--no-demo");

                assertTrue(follower.awaitReceipts(PATIENCE), follower.status()::toString);
                assertFalse(other.awaitReceipts(Duration.ofSeconds(5)), "it was never told of the new key");
                List<byte[]> now = Registration.receiptKeys(waymark.base());
                assertEquals(1, now.size(), "the old one is revoked");
                assertFalse(Arrays.equals(old.get(0), now.get(0)));
            }
            // Its owner gives it the log: nothing was lost meanwhile.
            try (Device other = Device.open(pinned, second.withLog(waymark.base()))) {
                assertTrue(other.awaitReceipts(PATIENCE), other.status()::toString);
            }
        }
    }

    private static Registration place(Installation waymark, String bearer, Path folder) throws Exception {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        return Registration.obtain(
                folder,
                keys,
                waymark.base(),
                bearer,
                "lab",
                folder.getFileName().toString(),
                "logger",
                "device");
    }
}
