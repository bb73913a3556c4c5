package io.waymark.trace.access;

import io.waymark.trace.problem.Problem;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A bucket of tries for each key, refilled evenly over a minute. In memory: a restart forgets it. Thread-safe.
 *
 * @param <K> who tries; compared by equals
 */
public final class Tries<K> {
    // Keys are the caller's choice: without a bound they would fill the memory. The least recently tried are forgotten
    // first, and so many
    // cannot be tried in the minute in which a bucket fills up by itself.
    private static final int KEPT = 50_000;

    private final Clock clock;
    private final int perMinute;
    private final Map<K, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Bucket> eldest) {
            return size() > KEPT;
        }
    };

    public Tries(Clock clock, int perMinute) {
        this.clock = clock;
        this.perMinute = perMinute;
    }

    /** Takes a try. @throws Problem 429 when none is left */
    public synchronized void take(K who) {
        if (!bucket(who).take(clock.millis())) {
            throw usedUp();
        }
    }

    /** @throws Problem 429 when no try is left; takes none */
    public synchronized void requireLeft(K who) {
        if (!bucket(who).has(clock.millis())) {
            throw usedUp();
        }
    }

    private Bucket bucket(K who) {
        return buckets.computeIfAbsent(who, w -> new Bucket(perMinute, clock.millis()));
    }

    private static Problem usedUp() {
        return new Problem(429, "too-many-tries", "Too many tries", "wait a minute and try again", 60);
    }

    /** What one party has many addresses of: an IPv4 address is itself, of an IPv6 address it is the first 64 bits. */
    public static String network(String address) {
        try {
            // A literal is only parsed, nobody is asked. "" would mean the loopback address.
            InetAddress parsed = InetAddress.getByName(address);
            return parsed instanceof Inet6Address
                    ? HexFormat.of().formatHex(parsed.getAddress(), 0, 8)
                    : parsed.getHostAddress();
        } catch (UnknownHostException e) {
            return address;
        }
    }

    private static final class Bucket {
        private final int capacity;
        private double left;
        private long refilled;

        Bucket(int capacity, long now) {
            this.capacity = capacity;
            this.left = capacity;
            this.refilled = now;
        }

        boolean has(long now) {
            left = Math.min(capacity, left + (now - refilled) * capacity / 60_000.0);
            refilled = now;
            return left >= 1;
        }

        boolean take(long now) {
            if (!has(now)) {
                return false;
            }
            left--;
            return true;
        }
    }
}
