package io.waymark.local.chaos;

import io.waymark.evidence.log.Entries;
import io.waymark.local.chaos.LogProcess.Answer;
import io.waymark.trace.ledger.Submission;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The clients: several at a time, each sends, waits, sends again. They send statements and links, one or many, some a second time on
 * purpose, some under a name that is taken. What has no answer is kept and sent again under the same identity, now and then never.
 */
final class Traffic {
    private static final int KEPT = 500;

    /** @param forged its first entry has the identity of an acknowledged one and other bytes: it must be refused */
    private record Attempt(List<Submission> entries, boolean forged) {}

    private final History history;
    private final Random random;
    private final int callers;
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<Attempt> unanswered = new ConcurrentLinkedQueue<>();
    private final AtomicInteger stored = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicReference<String> lastTrouble = new AtomicReference<>("");
    private volatile boolean running;

    // Under this object's lock.
    private final List<List<Submission>> earlier = new ArrayList<>();
    private final List<byte[]> secrets = new ArrayList<>();
    private final List<Integer> steps = new ArrayList<>();

    Traffic(History history, long seed, int callers) {
        this.history = history;
        this.random = new Random(seed);
        this.callers = callers;
    }

    /** Submissions that were acknowledged since the last {@link #start}. */
    int stored() {
        return stored.get();
    }

    /** Answers since the last {@link #start} that left the outcome open. */
    int unknown() {
        return unknown.get();
    }

    /** The words of the last answer that was not an acknowledgement; empty since the last {@link #start} when there was none. */
    String lastTrouble() {
        return lastTrouble.get();
    }

    /** @param log asked before each attempt: who is to be sent to now; may be null */
    void start(Supplier<LogProcess> log) {
        stored.set(0);
        unknown.set(0);
        lastTrouble.set("");
        running = true;
        for (int i = 0; i < callers; i++) {
            Thread thread = new Thread(() -> call(log), "client-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void call(Supplier<LogProcess> log) {
        while (running) {
            LogProcess to = log.get();
            if (to == null || !to.alive()) {
                pause();
                continue;
            }
            Attempt attempt = next();
            send(to, attempt);
            // The log is read whole after every round: what matters is what overlaps, not how much it is.
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return whether it was of no use for now */
    private boolean send(LogProcess log, Attempt attempt) {
        Answer answer = log.append(attempt.entries());
        if (answer instanceof Answer.Stored done) {
            for (int i = 0; i < done.indexes().length; i++) {
                history.acknowledged(attempt.entries().get(i), done.indexes()[i]);
            }
            stored.incrementAndGet();
            if (!attempt.forged()) {
                remember(attempt.entries());
            }
            return false;
        }
        if (answer instanceof Answer.Conflict conflict) {
            if (!attempt.forged()) {
                history.wronglyRefused(attempt.entries().get(0), conflict.why());
            }
            return false;
        }
        lastTrouble.set(answer instanceof Answer.Unknown open ? open.why() : ((Answer.ReadOnly) answer).why());
        unknown.incrementAndGet();
        unanswered.add(attempt);
        return true;
    }

    private synchronized void remember(List<Submission> entries) {
        if (earlier.size() == KEPT) {
            earlier.remove(random.nextInt(KEPT));
        }
        earlier.add(entries);
    }

    /** One fresh statement, written down as sent. */
    synchronized Submission single() {
        byte[] entry = statement();
        Submission single = Submission.of(entry);
        history.sent(single);
        return single;
    }

    private synchronized Attempt next() {
        int kind = random.nextInt(100);
        if (kind < 20) {
            Attempt again = unanswered.poll();
            if (again != null) {
                return again;
            }
        }
        if (kind < 35 && !earlier.isEmpty()) {
            return new Attempt(earlier.get(random.nextInt(earlier.size())), false);
        }
        if (kind < 42 && !earlier.isEmpty()) {
            Submission taken = earlier.get(random.nextInt(earlier.size())).get(0);
            byte[] other = taken.entry().clone();
            System.arraycopy(bytes(), 0, other, 33, 32); // the tag stays, which is the name
            return sent(new Attempt(List.of(Submission.of(other)), true));
        }
        List<Submission> entries = new ArrayList<>();
        int count = kind < 80 ? 1 : 1 + random.nextInt(12);
        for (int i = 0; i < count; i++) {
            byte[] entry = random.nextInt(4) == 0 ? link() : statement();
            entries.add(Submission.of(entry));
        }
        return sent(new Attempt(entries, false));
    }

    private Attempt sent(Attempt attempt) {
        attempt.entries().forEach(history::sent);
        return attempt;
    }

    private byte[] statement() {
        return Entries.statement(bytes(), bytes());
    }

    private byte[] link() {
        if (secrets.size() < 50) {
            secrets.add(bytes());
            steps.add(0);
        }
        int object = random.nextInt(secrets.size());
        int n = steps.get(object);
        steps.set(object, n + 1);
        return Entries.link(secrets.get(object), n, bytes());
    }

    private byte[] bytes() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Returns when no client sends any more. Clients whose log is dead or closed end at once. */
    void stop() {
        running = false;
        for (Thread thread : threads) {
            try {
                thread.join(120_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (thread.isAlive()) {
                throw new IllegalStateException("a client is stuck");
            }
        }
        threads.clear();
    }

    /**
     * Sends what has no answer again until it has one. One in ten clients is gone for good instead: whether its entry is in the log
     * nobody knows, and both are right.
     *
     * @return how many have none after {@code tries}
     */
    int settle(LogProcess log, int tries) {
        List<Attempt> open = new ArrayList<>();
        for (Attempt attempt = unanswered.poll(); attempt != null; attempt = unanswered.poll()) {
            boolean gone;
            synchronized (this) {
                gone = random.nextInt(10) == 0;
            }
            if (!gone) {
                open.add(attempt);
            }
        }
        for (int i = 0; i < tries && !open.isEmpty(); i++) {
            open.removeIf(attempt -> !send(log, attempt));
            unanswered.clear();
        }
        return open.size();
    }
}
