package io.waymark.trace.access;

import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How often a password may be tried. Each account name has a bucket of tries per address, refilled evenly over a minute, so a stranger can
 * empty only buckets of his own. Over everybody nothing is bounded but the passwords being hashed at one moment, and one address takes at most
 * half of those places. In memory: a restart forgets it.
 *
 * <p>OPEN: behind a proxy, and for people who log in through the web front, the address is the proxy's or the front's: they share buckets.
 * Whoever knows a name can then keep its bucket empty there. Options: {@code quarkus.http.proxy} settings, or the front naming the address.
 */
@ApplicationScoped
class LoginLimit {
    // Names are the caller's choice: without a bound they would fill the memory. The least recently tried are forgotten
    // first. A bucket is
    // made only for a try that goes on to be hashed, and so many cannot be hashed in the minute in which a bucket fills
    // up by itself.
    private static final int BUCKETS_KEPT = 50_000;

    // Four are hashed at a time (Password), the rest wait some tenths of a second.
    static final int PLACES = 20;
    static final int PLACES_PER_ADDRESS = PLACES / 2;

    private record Pair(String account, String network) {}

    private final Clock clock;
    private final int perMinute;
    private final Map<String, Integer> taken = new HashMap<>();
    private int places = PLACES;
    private final Map<Pair, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Bucket> eldest) {
            return size() > BUCKETS_KEPT;
        }
    };

    @jakarta.inject.Inject
    LoginLimit(
            @ConfigProperty(name = "waymark.trace.login-per-account-per-minute", defaultValue = "10") int perMinute) {
        this(Clock.systemUTC(), perMinute);
    }

    LoginLimit(Clock clock, int perMinute) {
        this.clock = clock;
        this.perMinute = perMinute;
    }

    /** A place among the passwords being hashed; closing gives it back. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Takes one try of this account from this address.
     *
     * @throws Problem 429 when the tries are used up, 503 when too many passwords are being hashed; then no try is taken
     */
    synchronized Place enter(String account, String address) {
        String network = network(address);
        if (places == 0 || taken.getOrDefault(network, 0) >= PLACES_PER_ADDRESS) {
            throw Problem.busy("too many passwords are being checked at this moment");
        }
        if (!buckets.computeIfAbsent(new Pair(account, network), p -> new Bucket(perMinute, clock.millis()))
                .take(clock.millis())) {
            throw new Problem(429, "too-many-tries", "Too many tries", "wait a minute and try again", 60);
        }
        places--;
        taken.merge(network, 1, Integer::sum);
        return () -> leave(network);
    }

    private synchronized void leave(String network) {
        places++;
        taken.computeIfPresent(network, (n, count) -> count == 1 ? null : count - 1);
    }

    /** What one party has many addresses of: an IPv4 address is itself, of an IPv6 address it is the first 64 bits. */
    static String network(String address) {
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

        boolean take(long now) {
            left = Math.min(capacity, left + (now - refilled) * capacity / 60_000.0);
            refilled = now;
            if (left < 1) {
                return false;
            }
            left--;
            return true;
        }
    }
}
