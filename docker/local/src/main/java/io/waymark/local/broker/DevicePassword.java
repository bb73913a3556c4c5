package io.waymark.local.broker;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A device's MQTT password: the first 32 hex digits of HMAC-SHA256(device secret, the 16 bytes of its id). Derived, so trace-service can
 * hand it out and the broker can check it without either keeping a list or asking the other.
 */
final class DevicePassword {
    private final byte[] secret;

    /** @param secret the property {@code waymark.mqtt.device-secret}, used as UTF-8 */
    DevicePassword(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    /** @param deviceHex 32 lower-case hex digits */
    String of(String deviceHex) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return HexFormat.of()
                    .formatHex(mac.doFinal(HexFormat.of().parseHex(deviceHex)))
                    .substring(0, 32);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
