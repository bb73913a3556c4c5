package io.waymark.local.start;

import io.waymark.local.home.Home;
import io.waymark.simulator.story.Story;
import io.waymark.simulator.story.StoryConfig;
import java.net.URI;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The demo fleet in this JVM: it uses the installation from outside, by HTTP and MQTT, with keys of its own. */
final class Fleet implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Fleet.class.getName());
    private static final int ITEMS_PER_LOT = 50;
    private static final long MIN_NANOS_BETWEEN_LINES = Duration.ofSeconds(3).toNanos();

    private final Progress progress;
    private final Story story;
    private volatile boolean quiet;
    private volatile long lastLine = System.nanoTime() - MIN_NANOS_BETWEEN_LINES;
    private boolean closed;

    Fleet(Home home, Settings settings, double speed, Progress progress) {
        this.progress = progress;
        this.story = Story.start(
                new StoryConfig(
                        home.data("fleet"),
                        URI.create(settings.baseUrl()),
                        URI.create(settings.baseUrl()),
                        settings.mqttUrl(),
                        null,
                        settings.operatorToken(),
                        ITEMS_PER_LOT,
                        speed,
                        true),
                this::say);
    }

    private void say(String line) {
        LOG.info(line);
        long now = System.nanoTime();
        // A slow machine tells the same number many times over; the log has every line.
        if (!quiet && now - lastLine > MIN_NANOS_BETWEEN_LINES) {
            lastLine = now;
            progress.line(line);
        }
    }

    /**
     * Waits until the part of the story that is already past is told, at most so long; the fleet goes on either way.
     *
     * @return the path of one item's passport, null when the story has none yet
     */
    String awaitShowcase(Duration atMost) {
        long until = System.nanoTime() + atMost.toNanos();
        while (System.nanoTime() < until && !story.caughtUp() && story.failure().isEmpty() && !isClosed()) {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        story.failure().ifPresent(failure -> {
            LOG.log(Level.SEVERE, "the demo fleet stopped", failure);
            progress.line("demo fleet stopped: " + failure.getMessage() + " (the services go on)");
        });
        quiet = true;
        return story.showcase().orElse(null);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Ends the story; what a device has signed and not delivered stays in its outbox for the next start. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        story.close();
    }
}
