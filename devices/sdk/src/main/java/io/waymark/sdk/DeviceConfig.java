package io.waymark.sdk;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.VerificationKey;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a device runs. Start with {@link #of}, then the {@code with…} copies.
 *
 * @param mqttUrl {@code tcp://host:port} or {@code ssl://host:port}
 * @param registration where it publishes and its password
 * @param caFile certificates (PEM) to trust for {@code ssl}; null = the JVM's
 * @param receiptKeys keys whose receipts count. Empty: receipts count by structure alone and {@link Status#receiptsVerified} is false,
 *     so whoever runs the broker could make this device forget
 * @param clock the device's time; a simulator passes its own
 * @param clockSource 0 unset, 1 free-running, 2 NTP or network, 3 GNSS, 4 authenticated
 * @param clockUncertaintyMillis null = unknown
 * @param maxOutboxBytes when this much waits for receipts, {@link Device#read} refuses; nothing is dropped
 * @param resendAfter a message without a receipt is published again after this, then at doubling intervals up to 16 times it
 * @param inFlight publishes without PUBACK
 * @param algorithm of a new key; an existing one stays
 */
public record DeviceConfig(
        String mqttUrl,
        Registration registration,
        @Nullable Path caFile,
        List<VerificationKey> receiptKeys,
        Clock clock,
        int clockSource,
        @Nullable Long clockUncertaintyMillis,
        long maxOutboxBytes,
        Duration resendAfter,
        int inFlight,
        Algorithm algorithm) {

    public DeviceConfig {
        receiptKeys = List.copyOf(receiptKeys);
        if (clockSource < 0 || clockSource > 4)
            throw new IllegalArgumentException("clock source " + clockSource + " is not 0–4");
        if (resendAfter.toMillis() < 100) throw new IllegalArgumentException("resend after " + resendAfter);
    }

    public static DeviceConfig of(String mqttUrl, Registration registration) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                null,
                List.of(),
                Clock.systemUTC(),
                2,
                null,
                256L << 20,
                Duration.ofSeconds(30),
                64,
                Algorithm.ED25519);
    }

    public DeviceConfig withCaFile(Path pem) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                pem,
                receiptKeys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                maxOutboxBytes,
                resendAfter,
                inFlight,
                algorithm);
    }

    /** @throws IllegalArgumentException for bytes that are not a valid COSE_Key */
    public DeviceConfig withReceiptKeys(List<byte[]> coseKeys) {
        List<VerificationKey> keys = coseKeys.stream().map(DeviceConfig::key).toList();
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                keys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                maxOutboxBytes,
                resendAfter,
                inFlight,
                algorithm);
    }

    public DeviceConfig withClock(Clock time, int source, @Nullable Long uncertaintyMillis) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                receiptKeys,
                time,
                source,
                uncertaintyMillis,
                maxOutboxBytes,
                resendAfter,
                inFlight,
                algorithm);
    }

    public DeviceConfig withMaxOutboxBytes(long bytes) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                receiptKeys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                bytes,
                resendAfter,
                inFlight,
                algorithm);
    }

    public DeviceConfig withResendAfter(Duration after) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                receiptKeys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                maxOutboxBytes,
                after,
                inFlight,
                algorithm);
    }

    public DeviceConfig withInFlight(int window) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                receiptKeys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                maxOutboxBytes,
                resendAfter,
                window,
                algorithm);
    }

    public DeviceConfig withAlgorithm(Algorithm of) {
        return new DeviceConfig(
                mqttUrl,
                registration,
                caFile,
                receiptKeys,
                clock,
                clockSource,
                clockUncertaintyMillis,
                maxOutboxBytes,
                resendAfter,
                inFlight,
                of);
    }

    private static VerificationKey key(byte[] cose) {
        try {
            return VerificationKey.ofCose(cose);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a receipt key: " + e.getMessage(), e);
        }
    }
}
