package io.waymark.simulator.story;

import io.waymark.sdk.Device;
import io.waymark.sdk.Observation;
import io.waymark.simulator.Progress;
import io.waymark.simulator.organisation.TraceClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tells the story: registers firms and devices, then performs every act when it is due.
 *
 * <p>Progress is the number of acts done. It is written after they are done, so a killed story repeats at most one block of readings (as
 * new messages with the same values) and no step at all, because firms store what they sign before they send it.
 */
public final class Story implements AutoCloseable {
    /** The story covers this much time before "now" when it is first opened at speed 0. */
    static final Duration PAST = Duration.ofDays(6);

    private static final int BLOCK = 160;
    private static final Duration AMBIENT_EVERY = Duration.ofMinutes(2);

    private final StoryConfig config;
    private final Progress progress;
    private final AtomicReference<String> showcase = new AtomicReference<>();
    private volatile boolean caughtUp;
    private volatile boolean closed;
    private Cast cast;
    private Thread thread;
    private volatile Exception failure;

    private Story(StoryConfig config, Progress progress) {
        this.config = config;
        this.progress = progress;
    }

    /** Opens the story and tells it on a thread of its own. */
    public static Story start(StoryConfig config, Progress progress) {
        Story story = new Story(config, progress);
        story.thread = new Thread(
                () -> {
                    try {
                        story.tell();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (IOException | RuntimeException e) {
                        story.failure = e;
                        progress.say("demo fleet stopped: " + e.getMessage());
                    }
                },
                "story");
        story.thread.setDaemon(true);
        story.thread.start();
        return story;
    }

    /** Opens the story, tells it on this thread until its last act is done and every reading has its receipt, and closes it. */
    public static void run(StoryConfig config, Progress progress) throws IOException, InterruptedException {
        try (Story story = new Story(config, progress)) {
            story.tell();
        }
    }

    /**
     * The path of an item with a whole story, {@code /01/…/10/…/21/…}; empty until that item exists.
     */
    public Optional<String> showcase() {
        return Optional.ofNullable(showcase.get());
    }

    /** Whether everything that is already past has been told. */
    public boolean caughtUp() {
        return caughtUp;
    }

    /** Waits until every device holds a receipt for all it published; false when some are still missing after two minutes each. */
    public boolean awaitReceipts() throws InterruptedException {
        boolean all = true;
        for (FieldDevice device : cast.devices()) {
            all &= device.device().awaitReceipts(Duration.ofMinutes(2));
        }
        return all;
    }

    /** Why the story stopped before its end, if it did. */
    public Optional<Exception> failure() {
        return Optional.ofNullable(failure);
    }

    private void tell() throws IOException, InterruptedException {
        Files.createDirectories(config.folder());
        Instant launched = Instant.now();
        Instant start = startOfStory(launched);
        TraceClient operator = new TraceClient(config.traceUrl(), config.visionUrl(), config.operatorToken());
        progress.say("demo fleet: registering firms, products and devices");
        cast = Cast.assemble(config, operator, start);
        for (FieldDevice device : cast.devices()) {
            device.open(config);
        }
        List<Act> acts = new Script(cast, start, config.itemsPerLot()).acts();
        showcase.set(cast.showcasePath());
        int done = Math.min(readDone(), acts.size());
        progress.say("demo fleet: " + cast.devices().size() + " devices, " + acts.size() + " acts, " + done
                + " already told");
        while (done < acts.size() && !closed) {
            int upTo = dueBlock(acts, done, start, launched);
            if (upTo == done) {
                caughtUp = true;
                Thread.sleep(Math.min(
                        1000,
                        Math.max(20, untilDue(acts.get(done), start, launched).toMillis())));
                continue;
            }
            perform(acts.subList(done, upTo));
            done = upTo;
            writeDone(done);
            if (done % 800 < BLOCK) progress.say("demo fleet: " + done + " of " + acts.size() + " acts told");
        }
        awaitReceipts();
        caughtUp = true;
        while (config.live() && !closed) {
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            for (Act.Observe act : new Script(cast, start, config.itemsPerLot()).ambient(now)) {
                act.device().device().read(act.observation());
            }
            Thread.sleep(AMBIENT_EVERY.toMillis());
        }
    }

    /** Exclusive end of the acts from {@code from} that are due: at most a block, and a deed always ends one. */
    private int dueBlock(List<Act> acts, int from, Instant start, Instant launched) {
        int end = from;
        while (end < acts.size()
                && end - from < BLOCK
                && untilDue(acts.get(end), start, launched).isZero()) {
            end++;
            if (!(acts.get(end - 1) instanceof Act.Observe)) break;
        }
        return end;
    }

    private Duration untilDue(Act act, Instant start, Instant launched) {
        Instant due = act.at();
        if (config.speed() != 0) {
            Duration told = Duration.between(start, act.at());
            due = launched.plusMillis((long) (told.toMillis() / config.speed()));
        }
        Duration left = Duration.between(Instant.now(), due);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static void perform(List<Act> acts) throws IOException, InterruptedException {
        Map<Device, List<Observation>> observations = new LinkedHashMap<>();
        for (Act act : acts) {
            if (act instanceof Act.Observe observe) {
                observations
                        .computeIfAbsent(observe.device().device(), d -> new ArrayList<>())
                        .add(observe.observation());
            }
        }
        observations.forEach(Device::readAll);
        for (Act act : acts) {
            if (act instanceof Act.Photograph photograph) {
                photograph.device().device().image(photograph.jpeg(), "image/jpeg", photograph.context(), 960, 640);
            } else if (act instanceof Act.Deed deed) {
                deed.doing().run();
            }
        }
    }

    // The start is kept, so that a story opened again is the same story and not one that begins later.
    private Instant startOfStory(Instant launched) throws IOException {
        Path file = config.folder().resolve("story-start");
        if (Files.exists(file)) return Instant.parse(Files.readString(file).trim());
        Instant start = launched.minus(PAST).truncatedTo(ChronoUnit.MINUTES);
        write(file, start.toString());
        return start;
    }

    private int readDone() throws IOException {
        Path file = config.folder().resolve("acts-done");
        return Files.exists(file) ? Integer.parseInt(Files.readString(file).trim()) : 0;
    }

    private void writeDone(int done) throws IOException {
        write(config.folder().resolve("acts-done"), Integer.toString(done));
    }

    private static void write(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.writeString(draft, text + "\n");
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Stops telling within a second or two and closes every device; what has no receipt stays in its outbox. */
    @Override
    public void close() {
        closed = true;
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (cast != null) cast.devices().forEach(FieldDevice::close);
    }
}
