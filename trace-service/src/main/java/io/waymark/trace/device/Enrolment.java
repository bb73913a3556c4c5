package io.waymark.trace.device;

import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes devices an organisation's, whichever way they came: the key is bound in the log, and the device is told where it publishes. */
@ApplicationScoped
public class Enrolment {
    private final Registration registration;
    private final ReceiptKey receipts;
    private final Optional<String> mqttSecret;

    Enrolment(
            Registration registration,
            ReceiptKey receipts,
            @ConfigProperty(name = "waymark.mqtt.device-secret") Optional<String> mqttSecret) {
        this.registration = registration;
        this.receipts = receipts;
        this.mqttSecret = mqttSecret;
    }

    /**
     * @param topic        prefix of its topics, without a slash at the end
     * @param mqttPassword for user name = device id; null when this deployment gives none
     */
    public record Registered(String id, long index, String topic, String mqttPassword) {}

    /**
     * What a device is and where; its fields are checked.
     *
     * @param site [a-z0-9-]{1,32}
     * @param name the owner's, not public
     * @param kind public in the key binding
     */
    public record Description(String site, String name, String kind) {}

    /** Binds the key, whose possession the caller has checked. The same again changes nothing but site, name and kind. */
    public Registered enrol(
            String tenant,
            byte[] id,
            Description what,
            VerificationKey key,
            String keeper,
            byte[] streamSecret,
            long firstEpoch) {
        receipts.bound(); // a device reads from the log whose receipts it may trust: before its first reading
        long index = registration.bind(new Registration.Candidate(
                id,
                tenant,
                KeyBinding.DEVICE,
                keeper,
                key,
                streamSecret,
                what.kind(),
                what.site(),
                what.name(),
                what.kind(),
                firstEpoch));
        return place(tenant, what.site(), id, index);
    }

    /** What {@link #enrol} told a device before. */
    public Registered place(String tenant, String site, byte[] id, long index) {
        String hex = HexFormat.of().formatHex(id);
        return new Registered(hex, index, Devices.topic(tenant, site, hex), mqttPassword(id));
    }

    /** First 32 hex digits of HMAC-SHA256(secret, device id): the broker's side computes the same. */
    private String mqttPassword(byte[] id) {
        return mqttSecret
                .map(secret -> HexFormat.of()
                        .formatHex(Arrays.copyOf(MerkleHash.hmac(secret.getBytes(StandardCharsets.UTF_8), id), 16)))
                .orElse(null);
    }
}
