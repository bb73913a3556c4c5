package io.waymark.sdk;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.receipt.Receipt;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How a device runs. Immutable: start with {@link #of}, then the {@code with…} copies. */
public final class DeviceConfig implements Cloneable {
    final String mqttUrl;
    final Registration registration;

    @Nullable
    Path caFile;

    List<VerificationKey> receiptKeys = List.of();

    @Nullable
    URI log;

    @Nullable
    String logKey;

    Clock clock = Clock.systemUTC();
    int clockSource = 2;

    @Nullable
    Long clockUncertaintyMillis;

    long maxOutboxBytes = 256L << 20;
    Duration resendAfter = Duration.ofSeconds(30);
    int inFlight = 64;

    @Nullable
    DeviceCertificate certificate;

    Algorithm algorithm = Algorithm.ED25519;
    int leastReceiptClass = Receipt.STORED;
    double tracedShare;

    private DeviceConfig(String mqttUrl, Registration registration) {
        this.mqttUrl = mqttUrl;
        this.registration = registration;
    }

    /**
     * The JVM's certificates and clock (set over the network), 256 MiB of outbox, Ed25519.
     *
     * @param mqttUrl {@code tcp://host:port} or {@code ssl://host:port}
     * @param registration where it publishes and its password
     */
    public static DeviceConfig of(String mqttUrl, Registration registration) {
        return new DeviceConfig(mqttUrl, registration);
    }

    private DeviceConfig copy(Consumer<DeviceConfig> change) {
        try {
            DeviceConfig copy = (DeviceConfig) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this class is cloneable", e);
        }
    }

    /** @param pem certificates to trust for {@code ssl}; null = the JVM's */
    public DeviceConfig withCaFile(@Nullable Path pem) {
        return copy(c -> c.caFile = pem);
    }

    /**
     * Keys whose receipts count. Without any and without {@link #withLog(URI)}, receipts count by structure alone and {@link Status#receiptsVerified} is false, so whoever runs
     * the broker could make this device forget.
     *
     * @throws IllegalArgumentException for bytes that are not a valid COSE_Key
     */
    public DeviceConfig withReceiptKeys(List<byte[]> coseKeys) {
        List<VerificationKey> keys = coseKeys.stream().map(DeviceConfig::key).toList();
        return copy(c -> c.receiptKeys = keys);
    }

    /**
     * Receipts count by the keys that the log has bound for them, beside those of {@link #withReceiptKeys}, and by none that it has revoked. They are
     * fetched over HTTP when the device opens, when a receipt by an unknown key comes, and once a day; until they could be verified every
     * message is kept. The log's key is the one met first; {@link #withLog(URI, String)} pins it.
     *
     * @param traceUrl where {@code /ledger/…} is answered
     */
    public DeviceConfig withLog(URI traceUrl) {
        return copy(c -> {
            c.log = traceUrl;
            c.logKey = null;
        });
    }

    /**
     * @param vkey the log's key, as {@code /ledger/key} gives it; any of them of which the log tells how it handed over
     * @throws IllegalArgumentException for text that is none
     */
    public DeviceConfig withLog(URI traceUrl, String vkey) {
        NoteVerifier.ofVkey(vkey);
        return copy(c -> {
            c.log = traceUrl;
            c.logKey = vkey;
        });
    }

    /**
     * @param time the device's time; a simulator passes its own
     * @param source 0 unset, 1 free-running, 2 NTP or network, 3 GNSS, 4 authenticated
     * @param uncertaintyMillis null = unknown
     */
    public DeviceConfig withClock(Clock time, int source, @Nullable Long uncertaintyMillis) {
        if (source < 0 || source > 4) throw new IllegalArgumentException("clock source " + source + " is not 0–4");
        return copy(c -> {
            c.clock = time;
            c.clockSource = source;
            c.clockUncertaintyMillis = uncertaintyMillis;
        });
    }

    /** When this much waits for receipts, {@link Device#read} refuses; nothing is dropped. */
    public DeviceConfig withMaxOutboxBytes(long bytes) {
        return copy(c -> c.maxOutboxBytes = bytes);
    }

    /** A message without a receipt is published again after this, then at doubling intervals up to 16 times it. */
    public DeviceConfig withResendAfter(Duration after) {
        if (after.toMillis() < 100) throw new IllegalArgumentException("resend after " + after);
        return copy(c -> c.resendAfter = after);
    }

    /**
     * What a receipt must say before a message is let go: {@link Receipt#STORED} (as it is without this), {@link Receipt#REPLICATED} or {@link
     * Receipt#WITNESSED}. With the last, a ledger that loses all its disks, or is run by a liar, has to reckon with this device's copy until
     * independent witnesses have seen the tree that holds it; with a ledger that has no witnesses nothing is ever let go.
     */
    public DeviceConfig withReceiptClass(int least) {
        if (least < Receipt.STORED || least > Receipt.WITNESSED)
            throw new IllegalArgumentException("receipt class " + least + " is not 0–2");
        return copy(c -> c.leastReceiptClass = least);
    }

    /**
     * Lets the platform's operator follow some of this device's messages through his services: they carry a W3C {@code traceparent} as a user
     * property of MQTT 5, beside the signed bytes. Without this, none does.
     *
     * @param share of the messages, 0 to 1; which ones is decided by their bytes, so a message sent again is followed again, in the same trace
     */
    public DeviceConfig withTracedShare(double share) {
        if (!(share >= 0 && share <= 1)) throw new IllegalArgumentException("traced share " + share + " is not 0–1");
        return copy(c -> c.tracedShare = share);
    }

    /** @param window publishes without PUBACK */
    public DeviceConfig withInFlight(int window) {
        return copy(c -> c.inFlight = window);
    }

    /** Connects with this certificate and renews it after two thirds of its life, without a restart. Needs an {@code ssl} url. */
    public DeviceConfig withCertificate(DeviceCertificate own) {
        return copy(c -> c.certificate = own);
    }

    /** Of a new key; an existing one stays. */
    public DeviceConfig withAlgorithm(Algorithm of) {
        return copy(c -> c.algorithm = of);
    }

    private static VerificationKey key(byte[] cose) {
        try {
            return VerificationKey.ofCose(cose);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a receipt key: " + e.getMessage(), e);
        }
    }
}
