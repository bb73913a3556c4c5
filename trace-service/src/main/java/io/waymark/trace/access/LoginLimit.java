package io.waymark.trace.access;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How often a password may be tried: per account name, and over all accounts. Token buckets in memory, refilled evenly over a minute.
 * A restart forgets them, and an attacker can keep one account's bucket empty for its owner: the price of having no lock-out to undo.
 */
@ApplicationScoped
class LoginLimit {
    // Names are the caller's choice: without a bound they would fill the memory. The least recently tried are forgotten
    // first.
    private static final int NAMES_KEPT = 10_000;

    private final Clock clock;
    private final int perAccount;
    private final Bucket global;
    private final Map<String, Bucket> accounts = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > NAMES_KEPT;
        }
    };

    @jakarta.inject.Inject
    LoginLimit(
            @ConfigProperty(name = "waymark.trace.login-per-account-per-minute", defaultValue = "10") int perAccount,
            @ConfigProperty(name = "waymark.trace.login-per-minute", defaultValue = "300") int perMinute) {
        this(Clock.systemUTC(), perAccount, perMinute);
    }

    LoginLimit(Clock clock, int perAccount, int perMinute) {
        this.clock = clock;
        this.perAccount = perAccount;
        this.global = new Bucket(perMinute, clock.millis());
    }

    /** Takes one try; false when there is none left, and then nothing is taken from the other bucket. */
    synchronized boolean allows(String account) {
        long now = clock.millis();
        // Before a name is remembered: a flood of refused names must not push another account's empty bucket out.
        if (!global.has(now)) {
            return false;
        }
        Bucket own = accounts.computeIfAbsent(account, a -> new Bucket(perAccount, now));
        return own.has(now) && own.take() && global.take();
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

        boolean take() {
            left--;
            return true;
        }
    }
}
