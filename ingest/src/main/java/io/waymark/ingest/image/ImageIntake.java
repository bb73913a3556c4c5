package io.waymark.ingest.image;

import io.micrometer.core.instrument.Counter;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.ingest.Meters;
import io.waymark.ingest.Patience;
import io.waymark.ingest.Standing;
import io.waymark.ingest.answer.Answers;
import io.waymark.ingest.platform.Devices;
import io.waymark.ingest.platform.Rejected;
import io.waymark.ingest.platform.TraceService.DeviceRecord;
import io.waymark.ingest.platform.Unreachable;
import io.waymark.ingest.platform.VisionStore;
import io.waymark.ingest.platform.VisionStore.Progress;
import io.waymark.ingest.reading.Topic;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.MqttLink.Arrival;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Forwards chunks to vision as they come, on a link of its own: vision being down must not stop readings. Chunks are unsigned; vision
 * checks each against the signed manifest. The device keeps the image until a bitmap without missing chunks arrives, so nothing here has
 * to be durable.
 */
public final class ImageIntake {
    private static final Logger LOG = Logger.getLogger(ImageIntake.class);
    private static final String VISION = "vision";
    private static final Pattern CHUNK = Pattern.compile("i/([0-9a-f]{64})/([0-9]{1,3})");
    private static final int LARGEST_CHUNK = 128 * 1024;
    private static final int MOST_CHUNKS = 512;
    private static final int MANIFESTS_WAITING = 1_000;
    /** A bitmap is worth sending when chunks have stopped coming, not after each. */
    private static final Duration SETTLED = Duration.ofMillis(1_000);

    private record Announced(Topic topic, String sha256Hex, int chunks, byte[] manifest) {}

    private final MqttLink link;
    private final VisionStore vision;
    private final Devices devices;
    private final Answers answers;
    private final Standing standing;
    private final Meters meters;
    private final BlockingQueue<Announced> announced = new ArrayBlockingQueue<>(MANIFESTS_WAITING);
    private volatile boolean stopping;

    public ImageIntake(
            MqttLink link, VisionStore vision, Devices devices, Answers answers, Standing standing, Meters meters) {
        this.link = link;
        this.vision = vision;
        this.devices = devices;
        this.answers = answers;
        this.standing = standing;
        this.meters = meters;
    }

    /** A manifest that is in the ledger. Dropped when too many wait: the device announces it again. */
    public void announce(Topic topic, SignedMessage message) {
        try {
            byte[] digests = group(message, 24).value().bytes();
            byte[] sha256 = group(message, 20).value().bytes(32);
            // {0: tenant, 1: device bstr16, 2: bytes, 3: media type, 4: chunk bytes, 5: n×32 chunk digests, 6:
            // associations}
            CborWriter out = new CborWriter()
                    .map(7)
                    .unsigned(0)
                    .text(topic.tenant())
                    .unsigned(1)
                    .bytes(message.head().id())
                    .unsigned(2)
                    .unsigned(group(message, 21).value().unsigned())
                    .unsigned(3)
                    .text(group(message, 22).value().text())
                    .unsigned(4)
                    .unsigned(group(message, 23).value().unsigned())
                    .unsigned(5)
                    .bytes(digests)
                    .unsigned(6);
            Optional<Group> associations = message.group(8);
            if (associations.isPresent()) out.raw(associations.get().value().rawItem());
            else out.array(0);
            if (!announced.offer(
                    new Announced(topic, HexFormat.of().formatHex(sha256), digests.length / 32, out.toBytes())))
                meters.manifestsDropped.increment();
        } catch (MalformedException e) {
            throw new IllegalStateException("a manifest that was checked cannot be read", e);
        }
    }

    /** Works until {@link #stop}, on one thread. */
    public void work() {
        while (!stopping) {
            try {
                Announced manifest = announced.poll();
                if (manifest != null) {
                    put(manifest);
                    continue;
                }
                Arrival arrival = link.poll(100, TimeUnit.MILLISECONDS);
                if (arrival != null) forward(arrival);
            } catch (InterruptedException e) {
                if (stopping) return;
            } catch (RuntimeException e) {
                meters.failures.increment();
                LOG.error("an image chunk failed", e);
                link.reconnect("an image chunk failed: " + e);
            }
        }
    }

    public void stop() {
        stopping = true;
    }

    private void put(Announced manifest) throws InterruptedException {
        Patience patience = new Patience();
        while (!stopping) {
            try {
                Progress progress =
                        vision.manifest(manifest.topic().tenant(), manifest.sha256Hex(), manifest.manifest());
                standing.good(VISION);
                meters.manifests.increment();
                answer(manifest.topic(), manifest.sha256Hex(), manifest.chunks(), progress, Duration.ZERO);
                return;
            } catch (Rejected e) {
                refused(meters.manifestsRefused, e);
                return;
            } catch (Unreachable e) {
                standing.bad(VISION, e.getMessage());
                patience.await(e.after());
            }
        }
    }

    private void forward(Arrival arrival) throws InterruptedException {
        Patience patience = new Patience();
        while (arrival.packetId() == 0 || link.ackable(arrival)) {
            try {
                tryForward(arrival);
                if (link.ack(arrival)) meters.acks.increment();
                return;
            } catch (Unreachable e) {
                standing.bad(VISION, e.getMessage());
                if (stopping) return;
                patience.await(e.after());
            }
        }
    }

    private void tryForward(Arrival arrival) throws Unreachable, InterruptedException {
        Topic topic = Topic.parse(arrival.topic()).orElse(null);
        Matcher chunk = topic == null ? null : CHUNK.matcher(topic.rest());
        if (topic == null
                || chunk == null
                || !chunk.matches()
                || Integer.parseInt(chunk.group(2)) >= MOST_CHUNKS
                || arrival.bytes().length == 0
                || arrival.bytes().length > LARGEST_CHUNK) {
            refused(meters.chunksRefused, "not a chunk");
            return;
        }
        Optional<DeviceRecord> device = devices.find(topic.device());
        if (device.isEmpty() || !device.get().tenant().equals(topic.tenant())) {
            refused(meters.chunksRefused, "unknown device");
            return;
        }
        try {
            Progress progress =
                    vision.chunk(topic.tenant(), chunk.group(1), Integer.parseInt(chunk.group(2)), arrival.bytes());
            standing.good(VISION);
            meters.chunks.increment();
            answer(topic, chunk.group(1), 0, progress, progress.complete() ? Duration.ZERO : SETTLED);
        } catch (Rejected e) {
            refused(meters.chunksRefused, e);
        }
    }

    /** @param chunks 0 = not known here */
    private void answer(Topic topic, String sha256Hex, int chunks, Progress progress, Duration delay) {
        if (progress.missing() == null) return;
        byte[] bitmap = new CborWriter()
                .array(3)
                .bytes(HexFormat.of().parseHex(sha256Hex))
                .unsigned(chunks)
                .bytes(progress.missing().toByteArray())
                .toBytes();
        String to = topic.prefix() + "/d/img";
        // Fewer missing = newer, whatever order the answers were made in.
        answers.offer(to + "/" + sha256Hex, to, bitmap, -progress.missing().cardinality(), delay);
    }

    private static void refused(Counter what, Object why) {
        what.increment();
        LOG.debugf("part of an image refused: %s", why);
    }

    private static Group group(SignedMessage message, int key) {
        return message.group(key)
                .orElseThrow(() -> new IllegalStateException("a checked manifest without group " + key));
    }
}
