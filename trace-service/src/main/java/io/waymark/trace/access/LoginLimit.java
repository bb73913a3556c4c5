package io.waymark.trace.access;

import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.HashMap;
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
    // Four are hashed at a time (Password), the rest wait some tenths of a second.
    static final int PLACES = 20;
    static final int PLACES_PER_ADDRESS = PLACES / 2;

    private record Pair(String account, String network) {}

    private final Map<String, Integer> taken = new HashMap<>();
    private int places = PLACES;
    private final Tries<Pair> tries;

    @jakarta.inject.Inject
    LoginLimit(
            @ConfigProperty(name = "waymark.trace.login-per-account-per-minute", defaultValue = "10") int perMinute) {
        this(Clock.systemUTC(), perMinute);
    }

    LoginLimit(Clock clock, int perMinute) {
        this.tries = new Tries<>(clock, perMinute);
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
        String network = Tries.network(address);
        if (places == 0 || taken.getOrDefault(network, 0) >= PLACES_PER_ADDRESS) {
            throw Problem.busy("too many passwords are being checked at this moment");
        }
        tries.take(new Pair(account, network));
        places--;
        taken.merge(network, 1, Integer::sum);
        return () -> leave(network);
    }

    private synchronized void leave(String network) {
        places++;
        taken.computeIfPresent(network, (n, count) -> count == 1 ? null : count - 1);
    }
}
