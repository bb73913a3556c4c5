package io.waymark.ingest.answer;

import io.waymark.sdk.MqttLink;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Publishes the newest answer per subject, at most once a second per subject (or what it shares a pace with), until the broker has taken it. An answer that is overtaken
 * is dropped: receipts are cumulative and bitmaps state the present.
 */
public final class Answers implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Answers.class);
    private static final Duration LEAST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofMillis(100);
    /** A device that misses an answer asks by sending again, so an answer that cannot be delivered need not be kept for ever. */
    private static final Duration GIVE_UP = Duration.ofMinutes(10);

    private static final int MOST = 200_000;

    private record Waiting(String pace, String topic, byte[] bytes, long rank, long due, long since) {}

    private final Publisher publisher;
    private final Consumer<Boolean> published;
    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
    private final Map<String, Long> lastSent = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock;

    /** Where answers go: {@link MqttLink#publish}. */
    public interface Publisher {
        CompletableFuture<MqttLink.Outcome> publish(String topic, byte[] bytes) throws InterruptedException;
    }

    /** @param published told true for each answer the broker took, false for each attempt it did not */
    public Answers(Publisher publisher, Consumer<Boolean> published) {
        this.publisher = publisher;
        this.published = published;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "waymark-ingest-answers");
            thread.setDaemon(true);
            return thread;
        });
        clock.scheduleWithFixedDelay(this::send, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * @param subject what it is about: a later offer for it replaces this one
     * @param rank grows with newness; an offer of lower rank than the one waiting is dropped (batches may finish in any order)
     * @param delay not before: for answers that are likely to be overtaken
     */
    public void offer(String subject, String topic, byte[] bytes, long rank, Duration delay) {
        offer(subject, subject, topic, bytes, rank, delay);
    }

    /**
     * As above, of several subjects that together are answered at most once a second: two classes of receipts of one device overtake only their
     * own kind, and yet a device hears of one a second.
     *
     * @param pace what they have in common
     */
    public void offer(String subject, String pace, String topic, byte[] bytes, long rank, Duration delay) {
        if (waiting.size() >= MOST && !waiting.containsKey(subject)) return; // it will be asked for again
        long now = System.nanoTime();
        waiting.merge(
                subject,
                new Waiting(pace, topic, bytes, rank, now + delay.toNanos(), now),
                (old, fresh) -> fresh.rank() >= old.rank() ? fresh : old);
    }

    private void send() {
        try {
            long now = System.nanoTime();
            lastSent.values().removeIf(at -> now - at > LEAST_INTERVAL.toNanos());
            for (Map.Entry<String, Waiting> entry : waiting.entrySet()) {
                String subject = entry.getKey();
                Waiting answer = entry.getValue();
                if (now < answer.due() || lastSent.containsKey(answer.pace())) continue;
                lastSent.put(answer.pace(), now);
                if (now - answer.since() > GIVE_UP.toNanos()) {
                    waiting.remove(subject, answer);
                    continue;
                }
                publisher.publish(answer.topic(), answer.bytes()).thenAccept(outcome -> {
                    boolean taken = outcome instanceof MqttLink.Outcome.Taken;
                    if (taken) waiting.remove(subject, answer);
                    published.accept(taken);
                });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("answering devices", e); // the schedule goes on; a thrown exception would end it in silence
        }
    }

    /** Answers still waiting. */
    public int waiting() {
        return waiting.size();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
