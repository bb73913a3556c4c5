package io.waymark.trace.reading;

import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.ReadOnlyException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Brings together what waits, without a timer: each of two threads takes everything that is there, stores it, answers, repeats. Two, so that
 * one looks up and reads while the other's commit is on its way to the disk.
 *
 * @param <M> what waits
 * @param <A> what it is answered
 */
final class Groups<M extends Groups.Member<A>, A> implements AutoCloseable {
    /** Messages stored together, unless one request alone has more. */
    static final int MOST = 1000;

    private static final int WAITING = 4096;
    private static final int LANES = 2;
    private static final long PATIENCE_SECONDS = 60;

    /** One who waits for an answer. */
    abstract static class Member<A> {
        final CompletableFuture<A> answer = new CompletableFuture<>();

        abstract int size();
    }

    private final Function<List<M>, List<A>> store;
    private final BlockingQueue<M> waiting = new ArrayBlockingQueue<>(WAITING);
    private final ReentrantLock taking = new ReentrantLock();
    private final List<Thread> lanes = new ArrayList<>();
    private volatile boolean closed;

    // Under the lock: taken from the queue, but too much for the group before.
    private M carried;

    /** @param store stores a group and gives each its answer, in order, or throws when nothing of it is known to be stored */
    Groups(String name, Function<List<M>, List<A>> store) {
        this.store = store;
        for (int i = 1; i <= LANES; i++) {
            Thread lane = new Thread(this::run, name + "-" + i);
            lane.setDaemon(true);
            lane.start();
            lanes.add(lane);
        }
    }

    /**
     * Completes when the member's group is stored; exceptionally with a {@link BusyException} when too many wait, or the outcome is not known
     * after a minute.
     */
    CompletableFuture<A> submit(M member) {
        if (closed || !waiting.offer(member)) {
            return CompletableFuture.failedFuture(
                    new BusyException(closed ? "shutting down" : "too many requests wait to be stored"));
        }
        // A close between the two would leave this one waiting for nobody.
        if (closed && waiting.remove(member)) {
            return CompletableFuture.failedFuture(new BusyException("shutting down"));
        }
        CompletableFuture<A> told = new CompletableFuture<>();
        member.answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).whenComplete((answer, failure) -> {
            if (failure == null) {
                told.complete(answer);
            } else if (failure instanceof TimeoutException) {
                waiting.remove(member);
                told.completeExceptionally(
                        new BusyException("not stored within " + PATIENCE_SECONDS + " s, outcome unknown", failure));
            } else {
                told.completeExceptionally(failure);
            }
        });
        return told;
    }

    /** As {@link #submit}, for one who can wait on his own thread; what failed is thrown. */
    A store(M member) {
        try {
            return submit(member).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusyException("interrupted, outcome unknown", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    /** How many are in no group yet. */
    int waiting() {
        return waiting.size();
    }

    private void run() {
        while (!closed) {
            List<M> group = take();
            if (!group.isEmpty()) {
                answer(group);
            }
        }
        List<M> left = new ArrayList<>();
        taking.lock();
        try {
            if (carried != null) {
                left.add(carried);
                carried = null;
            }
            waiting.drainTo(left);
        } finally {
            taking.unlock();
        }
        left.forEach(m -> m.answer.completeExceptionally(new BusyException("shutting down")));
    }

    /** All that waits, at least one, at most {@link #MOST} messages; empty after a quarter of a second of silence. */
    private List<M> take() {
        List<M> group = new ArrayList<>();
        taking.lock();
        try {
            M next = carried != null ? carried : waiting.poll(250, TimeUnit.MILLISECONDS);
            carried = null;
            int messages = 0;
            while (next != null) {
                if (!group.isEmpty() && messages + next.size() > MOST) {
                    carried = next;
                    break;
                }
                group.add(next);
                messages += next.size();
                next = waiting.poll();
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            taking.unlock();
        }
        return group;
    }

    private void answer(List<M> group) {
        try {
            List<A> answers = store.apply(group);
            for (int i = 0; i < group.size(); i++) {
                group.get(i).answer.complete(answers.get(i));
            }
        } catch (BusyException | ReadOnlyException e) {
            // The ledger's own trouble, no member's: one by one it would be the same.
            group.forEach(m -> m.answer.completeExceptionally(e));
        } catch (RuntimeException | Error e) {
            // Nobody fails for another's sake.
            if (group.size() > 1 && e instanceof RuntimeException) {
                group.forEach(m -> answer(List.of(m)));
            } else {
                group.forEach(m -> m.answer.completeExceptionally(e));
            }
        }
    }

    /** Ends the threads after the groups they are at; who still waits is told to try again. */
    @Override
    public void close() {
        closed = true;
        try {
            for (Thread lane : lanes) {
                lane.join(TimeUnit.SECONDS.toMillis(10));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
