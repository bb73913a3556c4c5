package io.waymark.sdk;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.jspecify.annotations.Nullable;

/**
 * W3C Trace Context, version 00: which trace a message belongs to. Nobody signs it and nothing is decided by it; what is not exactly in this
 * form counts as absent.
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 of them, not all zero
 * @param flags 2 of them; 01 = recorded by who sent it
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">Trace Context §3.2</a>
 */
public record TraceParent(String traceId, String spanId, String flags) {
    /** Of the header in HTTP and of the user property in MQTT 5. */
    public static final String NAME = "traceparent";

    private static final int LENGTH = 55;

    /** A sender may add any number of properties; more than these are not looked at. */
    private static final int PROPERTIES = 16;

    private static final Pattern TRACE = Pattern.compile("(?!0{32})[0-9a-f]{32}");
    private static final Pattern SPAN = Pattern.compile("(?!0{16})[0-9a-f]{16}");
    private static final Pattern FLAGS = Pattern.compile("[0-9a-f]{2}");

    public TraceParent {
        if (!TRACE.matcher(traceId).matches()
                || !SPAN.matcher(spanId).matches()
                || !FLAGS.matcher(flags).matches())
            throw new IllegalArgumentException("not a trace parent: " + traceId + ", " + spanId + ", " + flags);
    }

    /** What {@link #toString} writes; empty for anything else, of whatever length. */
    public static Optional<TraceParent> parse(String text) {
        if (text.length() != LENGTH || !text.startsWith("00-") || text.charAt(35) != '-' || text.charAt(52) != '-')
            return Optional.empty();
        String trace = text.substring(3, 35);
        String span = text.substring(36, 52);
        String flags = text.substring(53);
        return TRACE.matcher(trace).matches()
                        && SPAN.matcher(span).matches()
                        && FLAGS.matcher(flags).matches()
                ? Optional.of(new TraceParent(trace, span, flags))
                : Optional.empty();
    }

    /** Two of them are one too many: nobody knows which is meant. */
    static @Nullable TraceParent of(@Nullable MqttProperties properties) {
        List<UserProperty> all = properties == null ? null : properties.getUserProperties();
        if (all == null || all.isEmpty() || all.size() > PROPERTIES) return null;
        TraceParent found = null;
        for (UserProperty property : all) {
            if (!NAME.equals(property.getKey())) continue;
            if (found != null) return null;
            found = parse(property.getValue()).orElse(null);
        }
        return found;
    }

    /** The trace that begins with this message, the same for the same bytes; empty when it is not among the share that is traced. */
    static Optional<TraceParent> begin(byte[] wire, double share) {
        byte[] hash = sha256(wire);
        long drawn = 0;
        for (int i = 24; i < 32; i++) drawn = drawn << 8 | hash[i] & 0xff;
        if ((drawn >>> 11) * 0x1p-53 >= share) return Optional.empty();
        HexFormat hex = HexFormat.of();
        return Optional.of(new TraceParent(hex.formatHex(hash, 0, 16), hex.formatHex(hash, 16, 24), "01"));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** 55 characters: {@code 00-traceId-spanId-flags}. */
    @Override
    public String toString() {
        return "00-" + traceId + "-" + spanId + "-" + flags;
    }
}
