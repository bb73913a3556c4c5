package io.waymark.local.bench;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A closed loop: each caller asks, waits for the answer, asks again, until the time is over. The rate is of all answers, the waits are of
 * single answers, so a stall shows in both.
 */
final class Callers {
    /** One question; returns when it is answered. */
    interface Question {
        void ask(int caller, int number) throws Exception;
    }

    /** @param waitsNanos one per answer */
    record Answers(double seconds, long[] waitsNanos) {
        double perSecond() {
            return waitsNanos.length / seconds;
        }
    }

    private Callers() {}

    /** @throws Exception the first failure of any caller; the others end at the same moment */
    static Answers run(int callers, double seconds, int atMostEach, Question question) throws Exception {
        long[][] waits = new long[callers][];
        AtomicReference<Exception> failure = new AtomicReference<>();
        CountDownLatch ready = new CountDownLatch(callers);
        CountDownLatch go = new CountDownLatch(1);
        Thread[] threads = new Thread[callers];
        for (int i = 0; i < callers; i++) {
            int caller = i;
            threads[i] =
                    new Thread(() -> waits[caller] = ask(caller, seconds, atMostEach, question, ready, go, failure));
            threads[i].start();
        }
        ready.await();
        long begun = System.nanoTime();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
        return new Answers(
                (System.nanoTime() - begun) / 1e9,
                Arrays.stream(waits).flatMapToLong(Arrays::stream).toArray());
    }

    private static long[] ask(
            int caller,
            double seconds,
            int atMost,
            Question question,
            CountDownLatch ready,
            CountDownLatch go,
            AtomicReference<Exception> failure) {
        long[] waits = new long[64];
        int count = 0;
        try {
            ready.countDown();
            go.await();
            long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
            long asked = System.nanoTime();
            while (asked < end && count < atMost && failure.get() == null) {
                question.ask(caller, count);
                long answered = System.nanoTime();
                if (count == waits.length) {
                    waits = Arrays.copyOf(waits, 2 * count);
                }
                waits[count++] = answered - asked;
                asked = answered;
            }
        } catch (Exception e) {
            failure.compareAndSet(null, e);
        }
        return Arrays.copyOf(waits, count);
    }
}
