package io.waymark.ingest;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next attempt: doubling from 100 ms to 5 s, with jitter, never less than the service asked for. */
public final class Patience {
    private static final long FIRST_MILLIS = 100;
    private static final long LONGEST_MILLIS = 5_000;

    private int failures;

    /** Sleeps. */
    public void await(Duration asked) throws InterruptedException {
        long bound = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(failures++, 10));
        long jittered = bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1);
        Thread.sleep(Math.max(jittered, asked.toMillis()));
    }
}
