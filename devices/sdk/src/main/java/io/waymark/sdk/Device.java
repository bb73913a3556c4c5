package io.waymark.sdk;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A device: what it reads is signed, durable on its own disk when {@link #read} returns, and published until the ledger's signed receipt
 * comes back.
 *
 * <pre>{@code
 * DeviceKeys keys = DeviceKeys.openOrCreate(folder);
 * Registration place = Registration.obtain(folder, keys, trace, apiKey, "boat-1", "Hold 1", "logger", "device");
 * try (Device device = Device.open(folder, DeviceConfig.of("ssl://broker:8883", place))) {
 *     device.read(Quantity.TEMPERATURE, 4.2);
 * }
 * }</pre>
 *
 * <p>Thread-safe; concurrent calls share one fsync. Nothing here waits for the network except {@link #awaitReceipts}.
 */
public final class Device implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Device.class.getName());
    private static final long SEGMENT_BYTES = 4L << 20;
    private static final int CHUNKS_AT_ONCE = 8;
    private static final int MOST_DOUBLINGS = 4;
    private static final long RENEWAL_LOOK_MILLIS = 5_000;
    private static final long RENEWAL_RETRY_MILLIS = 3_600_000;
    private static final int TRIES_UNDER_OLD_KEY = 3;

    // How long after one look at the log's receipt keys until the next: at least, doubling while looks bring nothing;
    // at most, without any reason.
    private static final long LOOK_MILLIS = 1_000;
    private static final int MOST_LOOK_DOUBLINGS = 9;
    private static final long DAY_MILLIS = 86_400_000;

    /** Of one asked range, published again for one command. */
    private static final int MOST_RESENT = 10_000;

    /** Ranges in one declaration, and ranges declared since open. */
    private static final int MOST_DECLARED = 128;

    private static final int MOST_REMEMBERED = 10_000;

    /** The courier's own: how often a message was published, and when and on which connection last. */
    private static final class Attempt {
        long at;
        int count;
        long connection;
    }

    private final DeviceKeys keys;
    private final DeviceConfig config;
    private final Outbox outbox;
    private final DeviceChain chain;
    private final Rotation rotation;
    private final Images images;
    private final MqttLink link;
    private final String prefix;

    /** Durable and without a receipt. Only these are published. */
    private final ConcurrentSkipListMap<Outbox.Key, Attempt> outstanding = new ConcurrentSkipListMap<>();

    private final LinkedBlockingQueue<Outbox.Key> toPublish = new LinkedBlockingQueue<>();

    /** Of the outstanding ones: asked for by the ledger, so published whether or not this connection has. */
    private final Set<Outbox.Key> askedFor = ConcurrentHashMap.newKeySet();

    /** Of the outstanding ones: stored, only not yet under a receipt of the class that this device wants. Sent again at leisure. */
    private final Set<Outbox.Key> stored = ConcurrentHashMap.newKeySet();

    // The inbox's own: what was declared lost since open, and the newest command's time.
    private final Set<ResendCommand.Range> declared = new HashSet<>();
    private long newestCommand = -1;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong receipts = new AtomicLong();
    private final Thread courier;
    private final Thread inbox;
    private final @Nullable Thread renewal;
    private final LearnedKeys receiptKeys;
    private final @Nullable Thread learning;

    /** Somebody unknown signed a receipt or a command: the log may have a new key. */
    private final Semaphore unknownKey = new Semaphore(0);

    // The inbox's own: the newest receipt by an unknown key, judged again when other keys count.
    private byte @Nullable [] unjudged;
    private volatile boolean keysChanged;
    private long newestReceiptSize = -1;
    private long connection; // the courier's own: counts from 1
    private volatile boolean reconnected;
    private volatile boolean closed;
    private volatile String problem = "";

    /**
     * Opens or creates the device in a folder of its own, and starts delivering what earlier runs left.
     *
     * @throws IOException also when another process has this device open
     */
    public static Device open(Path folder, DeviceConfig config) throws IOException {
        return open(folder, DeviceKeys.openOrCreate(folder, config.algorithm, null), config);
    }

    /** With keys opened by the caller, for instance with a password of its own. */
    public static Device open(Path folder, DeviceKeys keys, DeviceConfig config) throws IOException {
        return new Device(folder, keys, config);
    }

    private Device(Path folder, DeviceKeys keys, DeviceConfig config) throws IOException {
        this.config = config;
        this.keys = keys;
        this.prefix = config.registration.topicPrefix();
        if (!prefix.endsWith("/" + keys.idHex()))
            throw new IOException("the registration " + prefix + " is not of device " + keys.idHex());
        this.outbox = Outbox.open(
                folder.resolve("outbox"),
                config.maxOutboxBytes,
                Math.min(SEGMENT_BYTES, Math.max(4096, config.maxOutboxBytes / 8)));
        try {
            this.receiptKeys = LearnedKeys.open(folder, config.receiptKeys, config.log != null, config.logKey);
            this.rotation = Rotation.open(folder, keys, outbox);
            this.chain = DeviceChain.open(
                    folder, keys, outbox, config.clock, config.clockSource, config.clockUncertaintyMillis);
            this.images = Images.open(folder.resolve("images"), outbox, config.resendAfter);
            outbox.pending().forEach(key -> outstanding.put(key, new Attempt()));
            this.link = MqttLink.open(
                    MqttLink.Settings.of(config.mqttUrl, keys.idHex(), keys.idHex(), config.registration.mqttPassword())
                            .withCaFile(config.caFile)
                            .withCertificate(config.certificate)
                            .withWindows(64, config.inFlight)
                            .withSubscriptions(false, List.of(prefix + "/d/#"))
                            .withPresence(prefix + "/s"),
                    new MqttLink.Listener() {
                        @Override
                        public void up(long generation) {
                            reconnected = true;
                        }
                    });
        } catch (IOException | RuntimeException e) {
            outbox.close();
            throw e;
        }
        this.courier = start("waymark-courier-", this::deliver);
        this.inbox = start("waymark-inbox-", this::receive);
        DeviceCertificate certificate = config.certificate;
        this.renewal = certificate == null ? null : start("waymark-renewal-", () -> renew(certificate));
        URI log = config.log;
        this.learning = log == null ? null : start("waymark-learning-", () -> learn(log));
    }

    /** 32 hex digits. */
    public String id() {
        return keys.idHex();
    }

    public VerificationKey verificationKey() {
        return keys.verificationKey();
    }

    /** Number of a message. */
    public record Next(long epoch, long seq) {}

    /** Number of the next message. Every smaller one of its epoch is signed; after {@link #open} also durable, and published sooner or later. */
    public Next next() {
        Outbox.Head end = outbox.head().orElseThrow();
        return new Next(end.epoch(), end.nextSeq());
    }

    /** One value, now. See {@link #readAll} for what can fail. */
    public Sent read(Quantity quantity, double value) {
        return read(Observation.of(quantity.of(value)));
    }

    public Sent read(List<Measurement> measurements, List<Association> about, Position position, long timeMillis) {
        return read(new Observation(measurements, List.of(), about, position, timeMillis));
    }

    public Sent read(Observation observation) {
        return readAll(List.of(observation)).get(0);
    }

    /**
     * Signs several observations in the order given and makes them durable with one fsync.
     *
     * @return one per observation, durable
     * @throws OutboxFullException the outbox is full; those before the one that did not fit are kept and will be delivered
     * @throws java.io.UncheckedIOException the disk failed; nothing further can be taken until the device is opened again
     */
    public List<Sent> readAll(List<Observation> observations) {
        return sign(
                observations.stream()
                        .map(o -> new DeviceChain.Draft(MessageType.READING, groups(o), o.timeMillis()))
                        .toList(),
                message -> {});
    }

    /**
     * Keeps an image and announces it by a signed manifest; its bytes follow when the manifest has its receipt.
     *
     * @param image at most 16 MiB
     * @param context its associations, position and time are used
     * @param width in pixels, 0 = unknown
     */
    public Sent image(byte[] image, String mediaType, Observation context, int width, int height) {
        try {
            List<Group> groups = images.keep(image, mediaType, context, width, height);
            // Known as an image before anybody can receive the manifest and answer it.
            return sign(
                            List.of(new DeviceChain.Draft(MessageType.IMAGE_MANIFEST, groups, context.timeMillis())),
                            manifest -> images.announced(manifest.wire()))
                    .get(0);
        } catch (IOException e) {
            throw Outbox.unchecked("keeping an image", e);
        }
    }

    /**
     * Begins a rotation of the signing key: a new one is made here, announced by a message that both keys sign, and takes over by itself
     * when the announcement has its receipt; then the old one is deleted. Readings go on meanwhile. Does nothing while a rotation is under
     * way, so it may be called again after any failure.
     *
     * @throws OutboxFullException nothing was announced
     * @throws java.io.UncheckedIOException the disk failed
     */
    public void rekey() {
        synchronized (rotation) {
            if (rotation.underWay()) return;
            try {
                DeviceChain.Written written = chain.announce(keys.prepareNext());
                Outbox.Key key =
                        new Outbox.Key(written.sent().epoch(), written.sent().seq());
                try {
                    outbox.sync(written.ticket());
                    rotation.announcedAt(key);
                } finally {
                    outstanding.put(key, new Attempt()); // in the chain, so it has to be delivered
                    toPublish.add(key);
                }
            } catch (IOException e) {
                throw Outbox.unchecked("rotating the key", e);
            }
        }
    }

    /** From {@link #rekey} until everything that the old key signed is delivered. */
    public boolean rekeying() {
        return rotation.underWay();
    }

    public Status status() {
        String said = problem;
        return new Status(
                link.connected(),
                outstanding.size(),
                outbox.bytes(),
                images.count(),
                published.get(),
                link.denied(),
                receipts.get(),
                verifiesReceipts(),
                said.isEmpty() ? link.problem() : said);
    }

    /** Waits until every message has its receipt and every image is confirmed. @return false when the time was up first */
    public boolean awaitReceipts(Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!outstanding.isEmpty() || images.count() > 0) {
            if (System.nanoTime() - end > 0) return false;
            Thread.sleep(20);
        }
        return true;
    }

    /** What has no receipt stays on the disk for the next {@link #open}. */
    @Override
    public void close() {
        closed = true;
        link.close();
        courier.interrupt();
        inbox.interrupt();
        if (renewal != null) renewal.interrupt();
        if (learning != null) learning.interrupt();
        try {
            courier.join(5_000);
            inbox.join(5_000);
            if (learning != null) learning.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            outbox.close();
        } catch (IOException e) {
            throw Outbox.unchecked("closing the outbox", e);
        }
    }

    private static List<Group> groups(Observation o) {
        List<Group> groups = new ArrayList<>();
        if (o.position() != null) groups.add(Reading.position(o.position()));
        if (!o.associations().isEmpty()) groups.add(Reading.associations(o.associations()));
        if (!o.measurements().isEmpty()) groups.add(Reading.measurements(o.measurements()));
        if (!o.series().isEmpty()) groups.add(Reading.series(o.series()));
        if (groups.isEmpty()) groups.add(Reading.noContent());
        return groups;
    }

    /** What happens between a message being durable and its first publish. */
    private interface Durable {
        void with(DeviceChain.Written message) throws IOException;
    }

    private List<Sent> sign(List<DeviceChain.Draft> drafts, Durable durable) {
        List<DeviceChain.Written> written = new ArrayList<>(drafts.size());
        try {
            try {
                for (DeviceChain.Draft draft : drafts) written.add(chain.append(draft));
            } finally {
                // Also after a full outbox: what was written is in the chain and has to be delivered.
                if (!written.isEmpty()) {
                    outbox.sync(written.get(written.size() - 1).ticket());
                    for (DeviceChain.Written one : written) {
                        durable.with(one);
                        Outbox.Key key =
                                new Outbox.Key(one.sent().epoch(), one.sent().seq());
                        outstanding.put(key, new Attempt());
                        toPublish.add(key);
                    }
                }
            }
            return written.stream().map(DeviceChain.Written::sent).toList();
        } catch (IOException e) {
            throw Outbox.unchecked("writing to the outbox", e);
        }
    }

    private void deliver() {
        long lastLook = System.nanoTime();
        while (!closed) {
            try {
                Outbox.Key key = toPublish.poll(200, TimeUnit.MILLISECONDS);
                if (!link.connected()) {
                    if (key != null) Thread.sleep(50); // everything outstanding is queued again when the link is up
                    continue;
                }
                if (reconnected) {
                    reconnected = false;
                    connection++;
                    toPublish.clear();
                    toPublish.addAll(outstanding.keySet());
                    images.reconnected();
                    continue;
                }
                // It may be in the queue twice, or have been looked through below before it came out of the queue.
                Attempt attempt = key == null ? null : outstanding.get(key);
                if (attempt != null && (askedFor.remove(key) || attempt.connection != connection))
                    publish(key, attempt);
                if (key == null || System.nanoTime() - lastLook > TimeUnit.SECONDS.toNanos(1)) {
                    lastLook = System.nanoTime();
                    endRotation();
                    publishOverdue();
                    publishImages();
                }
            } catch (InterruptedException e) {
                if (closed) return;
            } catch (IOException | RuntimeException e) {
                report("delivering: " + e.getMessage(), e);
                if (!pause()) return;
            }
        }
    }

    private void publish(Outbox.Key key, Attempt attempt) throws IOException, InterruptedException {
        if (held(key)) return;
        byte[] wire = outbox.wire(key).orElse(null);
        if (wire == null) return; // covered meanwhile
        attempt.at = System.nanoTime();
        attempt.connection = connection;
        attempt.count++;
        publish(prefix + "/r", wire);
    }

    private void publish(String topic, byte[] bytes) throws InterruptedException {
        TraceParent trace = config.tracedShare > 0 && topic.endsWith("/r")
                ? TraceParent.begin(bytes, config.tracedShare).orElse(null)
                : null;
        link.publish(topic, bytes, trace).thenAccept(outcome -> {
            if (outcome instanceof MqttLink.Outcome.Taken) published.incrementAndGet();
            else if (outcome instanceof MqttLink.Outcome.Denied denied)
                report("the broker refused " + topic + ": " + denied.words(), null);
        });
    }

    /**
     * Whether it must wait for what the old key signed: the platform ends that key with the first message under the new one. What was
     * published {@link #TRIES_UNDER_OLD_KEY} times without a receipt is waited for no longer: it may be one that the platform refuses for good.
     */
    private boolean held(Outbox.Key key) {
        Outbox.Key first = rotation.switched();
        return first != null
                && key.compareTo(first) >= 0
                && outstanding.headMap(first).values().stream().anyMatch(a -> a.count < TRIES_UNDER_OLD_KEY);
    }

    private void endRotation() throws IOException {
        Outbox.Key first = rotation.switched();
        if (first != null && outstanding.headMap(first).isEmpty()) {
            rotation.delivered();
            toPublish.addAll(outstanding.keySet());
        }
    }

    /** Doubling intervals: a platform that is down for a day must not find its broker full of copies. */
    private void publishOverdue() throws IOException, InterruptedException {
        if (!toPublish.isEmpty()) return;
        long now = System.nanoTime();
        long patience = config.resendAfter.toNanos();
        for (Map.Entry<Outbox.Key, Attempt> entry : outstanding.entrySet()) {
            Attempt attempt = entry.getValue();
            int doublings =
                    stored.contains(entry.getKey()) ? MOST_DOUBLINGS : Math.min(attempt.count - 1, MOST_DOUBLINGS);
            if (attempt.count > 0 && now - attempt.at < patience << doublings) continue;
            if (closed || !link.connected()) return;
            publish(entry.getKey(), attempt);
        }
    }

    private void publishImages() throws IOException, InterruptedException {
        Outbox.Key first = rotation.switched();
        if (first != null && held(first)) return; // a manifest may be the new key's
        Images.Work work = images.due(CHUNKS_AT_ONCE);
        for (byte[] manifest : work.manifests()) publish(prefix + "/r", manifest);
        for (Images.Chunk chunk : work.chunks())
            publish(prefix + "/i/" + chunk.sha256Hex() + "/" + chunk.number(), chunk.bytes());
    }

    private void receive() {
        while (!closed) {
            try {
                if (keysChanged) {
                    keysChanged = false;
                    byte[] again = unjudged;
                    unjudged = null;
                    if (again != null) receipt(again);
                }
                MqttLink.Arrival arrival = link.poll(500, TimeUnit.MILLISECONDS);
                if (arrival == null) continue;
                if (arrival.topic().equals(prefix + "/d/ack")) receipt(arrival.bytes());
                else if (arrival.topic().equals(prefix + "/d/cmd")) resend(arrival.bytes());
                else if (arrival.topic().equals(prefix + "/d/img")) images.answered(arrival.bytes());
            } catch (InterruptedException e) {
                if (closed) return;
            } catch (MalformedException e) {
                report("unreadable answer: " + e.getMessage(), null);
            } catch (IOException | RuntimeException e) {
                report("receiving: " + e.getMessage(), e);
                if (!pause()) return;
            }
        }
    }

    private void receipt(byte[] cose) throws MalformedException, IOException {
        Receipt.Signed signed = Receipt.parse(cose);
        Receipt receipt = signed.receipt();
        if (!Arrays.equals(receipt.deviceId(), keys.id())) {
            report("a receipt for another device", null);
            return;
        }
        if (verifiesReceipts() && !receiptKeys.verifies(signed.kid(), signed::verifies)) {
            report("a receipt by no trusted key", null);
            unjudged = cose;
            unknownKey.release();
            return;
        }
        for (Receipt.Range range : receipt.ranges()) {
            byte[] ours =
                    outbox.digest(new Outbox.Key(range.epoch(), range.to())).orElse(null);
            if (ours != null && !Arrays.equals(ours, range.digest())) {
                // The ledger holds another message under our number: a second copy of this device's key is at work.
                report("the receipt's digest of epoch " + range.epoch() + " seq " + range.to() + " is not ours", null);
                return;
            }
        }
        if (rotation.isConfirmedBy(receipt)) chain.switchKey(rotation);
        boolean enough = receipt.receiptClass() >= config.leastReceiptClass;
        int covered = 0;
        for (Receipt.Range range : receipt.ranges()) {
            // Only what is outstanding: a number that is written but not yet synced cannot have reached anybody.
            var done = outstanding.subMap(
                    new Outbox.Key(range.epoch(), range.from()), true, new Outbox.Key(range.epoch(), range.to()), true);
            if (done.isEmpty()) continue;
            if (!enough) {
                covered += done.keySet().stream()
                        .mapToInt(key -> stored.add(key) ? 1 : 0)
                        .sum();
                continue;
            }
            long to = done.lastKey().seq();
            covered += outbox.cover(range.epoch(), done.firstKey().seq(), to);
            var gone = outstanding.subMap(
                    new Outbox.Key(range.epoch(), range.from()), true, new Outbox.Key(range.epoch(), to), true);
            stored.removeAll(gone.keySet());
            askedFor.removeAll(gone.keySet());
            gone.clear();
        }
        receipts.incrementAndGet();
        problem = "";
        if (covered > 0 && receipt.treeSize() > newestReceiptSize) {
            newestReceiptSize = receipt.treeSize();
            outbox.keepReceipt(cose);
            chain.anchor(cose);
        }
    }

    private boolean verifiesReceipts() {
        return config.log != null || !config.receiptKeys.isEmpty();
    }

    /**
     * Learns the log's receipt keys: at first, when an unknown one has signed, and once a day. Whoever runs the broker can make keys up all day, so
     * looks that bring nothing are further and further apart, up to eight minutes; what waits for its receipt meanwhile is kept.
     */
    private void learn(URI log) {
        int inVain = 0;
        boolean look = !receiptKeys.learned();
        while (!closed) {
            try {
                if (!look) unknownKey.tryAcquire(DAY_MILLIS, TimeUnit.MILLISECONDS);
                unknownKey.drainPermits();
                look = true;
                NoteVerifier known = receiptKeys.log();
                boolean news = receiptKeys.learn(
                        Registration.loggedReceiptKeys(log), known == null ? Registration.logKey(log) : known);
                look = false;
                if (news) keysChanged = true;
                inVain = news ? 0 : inVain + 1;
            } catch (InterruptedException e) {
                if (closed) return;
            } catch (IOException | RuntimeException e) {
                inVain++;
                report("learning the log's receipt keys: " + e.getMessage(), null);
            }
            try {
                Thread.sleep(LOOK_MILLIS << Math.min(inVain, MOST_LOOK_DOUBLINGS));
            } catch (InterruptedException e) {
                if (closed) return;
            }
        }
    }

    /** A month is left when a renewal is due, so an hour between tries that fail is soon enough. */
    private void renew(DeviceCertificate certificate) {
        long pause = RENEWAL_LOOK_MILLIS;
        while (!closed) {
            try {
                Thread.sleep(pause);
                pause = RENEWAL_LOOK_MILLIS;
                if (certificate.renewIfDue(config.clock.instant())) link.reconnect("the certificate was renewed");
            } catch (InterruptedException e) {
                if (closed) return;
            } catch (IOException | RuntimeException e) {
                report("renewing the certificate: " + e.getMessage(), null);
                pause = RENEWAL_RETRY_MILLIS;
            }
        }
    }

    /**
     * The ledger lacks messages: what is still here is published again, and of what is gone the ledger gets this device's signed word. Only on a
     * command by a key whose receipts count, and never on an old one.
     */
    private void resend(byte[] cose) throws MalformedException {
        ResendCommand.Signed signed = ResendCommand.parse(cose);
        ResendCommand command = signed.command();
        if (!Arrays.equals(command.deviceId(), keys.id())) {
            report("a command for another device", null);
            return;
        }
        if (!receiptKeys.verifies(signed.kid(), signed::verifies)) {
            report("a command by no trusted key", null);
            unknownKey.release(); // the ledger asks again within the hour
            return;
        }
        if (command.timeMillis() <= newestCommand) return;
        newestCommand = command.timeMillis();
        // Read before what is pending: every smaller number is then either pending or was let go.
        Outbox.Head end = outbox.head().orElseThrow();
        List<GapDeclaration.Range> released = new ArrayList<>();
        List<GapDeclaration.Range> lost = new ArrayList<>();
        for (ResendCommand.Range asked : command.ranges()) {
            if (asked.epoch() > end.epoch()) continue; // not of this device's counting: it has nothing to say of it
            long to = asked.epoch() == end.epoch() ? Math.min(asked.to(), end.nextSeq() - 1) : asked.to();
            List<Outbox.Key> here = outbox.pending(asked.epoch(), asked.from(), to, MOST_RESENT);
            for (Outbox.Key key : here) {
                askedFor.add(key);
                toPublish.add(key);
            }
            if (here.size() == MOST_RESENT) continue; // the rest is asked for again
            long next = asked.from();
            for (Outbox.Key key : here) {
                gone(asked.epoch(), next, key.seq() - 1, end, released, lost);
                next = key.seq() + 1;
            }
            gone(asked.epoch(), next, to, end, released, lost);
        }
        declare(released, GapDeclaration.RELEASED);
        declare(lost, GapDeclaration.STORE_LOST);
    }

    private void gone(
            long epoch,
            long from,
            long to,
            Outbox.Head end,
            List<GapDeclaration.Range> released,
            List<GapDeclaration.Range> lost) {
        List<GapDeclaration.Range> ranges = epoch == end.epoch() ? released : lost;
        if (from > to || ranges.size() == MOST_DECLARED || declared.size() == MOST_REMEMBERED) return;
        // Once is enough: the declaration is itself kept until it has its receipt.
        if (declared.add(new ResendCommand.Range(epoch, from, to)))
            ranges.add(new GapDeclaration.Range(epoch, from, to));
    }

    private void declare(List<GapDeclaration.Range> ranges, long reason) {
        if (ranges.isEmpty()) return;
        long epoch = outbox.head().orElseThrow().epoch();
        try {
            sign(
                    List.of(new DeviceChain.Draft(
                            MessageType.GAP_DECLARATION, new GapDeclaration(ranges, reason).groups(epoch), null)),
                    message -> {});
        } catch (OutboxFullException e) {
            ranges.forEach(r -> declared.remove(new ResendCommand.Range(r.epoch(), r.from(), r.to())));
            throw e;
        }
    }

    private void report(String what, @Nullable Exception cause) {
        if (closed) return;
        problem = what;
        if (cause == null) LOG.log(Level.WARNING, "device {0}: {1}", id(), what);
        else LOG.log(Level.ERROR, "device " + id() + ": " + what, cause);
    }

    /** @return false when interrupted by close */
    private boolean pause() {
        try {
            Thread.sleep(1_000);
            return true;
        } catch (InterruptedException e) {
            return !closed;
        }
    }

    private Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name + keys.idHex().substring(0, 8));
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
