package io.waymark.local.broker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Who may connect, publish and subscribe; everything not listed is refused.
 *
 * <pre>
 *   user              client id        publishes                         subscribes
 *   32 hex (device)   = the user       v1/{tenant}/{site}/{itself}/…     v1/+/+/{itself}/d/…
 *                                      but not below d/                  (tenant and site may be written out)
 *   ingest            ingest…          v1/{t}/{s}/{device}/d/…           v1/…
 * </pre>
 *
 * The client id must be the device's: otherwise one device could take over another's session and read its receipts.
 */
final class Access {
    static final String INGEST = "ingest";
    private static final Pattern DEVICE = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");
    private static final int MAX_TOPIC = 512;

    // Devices without a good key, as trace-service last told. Few: only what was revoked and not registered anew.
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final DevicePassword devicePassword;
    private final String ingestPassword;

    Access(String deviceSecret, String ingestPassword) {
        this.devicePassword = new DevicePassword(deviceSecret);
        this.ingestPassword = ingestPassword;
    }

    /** From now on this device may nothing. @return whether it might before */
    boolean refuse(String deviceHex) {
        return refused.add(deviceHex);
    }

    boolean isRefused(String user) {
        return refused.contains(user);
    }

    /** It has a good key again. */
    void admit(String deviceHex) {
        refused.remove(deviceHex);
    }

    /** Whether these credentials are right. Null for anything the client left out; takes the same time for right and wrong passwords. */
    boolean mayConnect(String user, String password, String clientId) {
        if (user == null || password == null || clientId == null) {
            return false;
        }
        if (user.equals(INGEST)) {
            return clientId.startsWith(INGEST) && same(password, ingestPassword);
        }
        return DEVICE.matcher(user).matches()
                && clientId.equals(user)
                && same(password, devicePassword.of(user))
                && !refused.contains(user);
    }

    /**
     * Whether a device whose certificate says {@code device} may connect: under its own name only, no password needed.
     *
     * @param user what the client calls itself, or null
     */
    boolean mayConnectAs(String device, String user, String clientId) {
        return device != null
                && DEVICE.matcher(device).matches()
                && device.equals(clientId)
                && (user == null || user.equals(device))
                && !refused.contains(device);
    }

    /** @param levels the topic's levels, without wildcards */
    boolean mayPublish(String user, List<String> levels) {
        if (!isOurs(levels) || levels.size() < 5 || refused.contains(user)) {
            return false;
        }
        boolean downwards = levels.get(4).equals("d");
        if (user.equals(INGEST)) {
            return downwards && DEVICE.matcher(levels.get(3)).matches();
        }
        return !downwards && levels.get(3).equals(user) && named(levels.get(1)) && named(levels.get(2));
    }

    /** @param levels the filter's levels with MQTT's wildcards {@code +} and {@code #}; a shared subscription's inner filter */
    boolean maySubscribe(String user, List<String> levels) {
        if (!isOurs(levels) || refused.contains(user)) {
            return false;
        }
        if (user.equals(INGEST)) {
            return true;
        }
        return levels.size() >= 5
                && levels.get(3).equals(user)
                && levels.get(4).equals("d")
                && (levels.get(1).equals("+") || named(levels.get(1)))
                && (levels.get(2).equals("+") || named(levels.get(2)));
    }

    private static boolean isOurs(List<String> levels) {
        return !levels.isEmpty()
                && levels.get(0).equals("v1")
                && levels.stream().mapToInt(String::length).sum() <= MAX_TOPIC;
    }

    private static boolean named(String level) {
        return NAME.matcher(level).matches();
    }

    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
}
