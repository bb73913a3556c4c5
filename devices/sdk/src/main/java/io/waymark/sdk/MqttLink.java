package io.waymark.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.jspecify.annotations.Nullable;

/**
 * One MQTT 5 link that stays up: connects, subscribes, delivers, and starts again after every loss. QoS 1 only. All of Eclipse Paho
 * (v5 1.2.5, its last release) is behind this class, because its defects dictate how it may be used:
 *
 * <ul>
 *   <li>No automatic reconnect. A lost connection's client object is thrown away and a new one is built: an acknowledgement handed to Paho
 *       while the link is down blocks the next CONNECT of that same object for ever, and its own reconnect does not subscribe again.
 *   <li>Every connection has a generation. An acknowledgement of another generation is dropped; the broker delivers that message again.
 *   <li>Acknowledgements go out in the order of arrival, whatever the order of {@link #ack}: MQTT 5 §4.6 [MQTT-4.6.0-2].
 *   <li>The callback only offers to a queue that is larger than the receive maximum; nothing in it can block or throw.
 *   <li>Receive maximum ≤ 32,767 (Paho reads it as a signed short) and an own in-flight window below the broker's.
 *   <li>Topic aliases off; subscriptions by the overload that does not recurse; a connect that takes over 10 s is given up.
 *   <li>The reason codes of PUBACK and SUBACK are read: Paho reports a denied publish as success.
 * </ul>
 *
 * <p>Thread-safe. All threads are daemons. Dependents of a {@link #publish} future run on Paho's callback thread and must not block.
 */
public final class MqttLink implements AutoCloseable {

    private static final Logger LOG = System.getLogger(MqttLink.class.getName());

    /** Paho reads the receive maximum as a signed short; 65,535 becomes −1 and every publish fails with 32202. */
    static final int LARGEST_RECEIVE_MAXIMUM = 32_767;

    private static final Duration CONNECT_WATCHDOG = Duration.ofSeconds(10);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(250);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
    /** A connection that lived this long was a good one: the next failure starts the backoff from the beginning. */
    private static final Duration GOOD_CONNECTION = Duration.ofSeconds(10);

    /** Arrivals that a broker may send beyond twice the receive maximum before the link calls it broken. */
    private static final int OVERSHOOT = 64;

    private static final int FLAPPING = 3;
    private static final int FIRST_ERROR_CODE = 0x80;

    /** How to connect. Immutable: start with {@link #of}, then the {@code with…} copies. */
    public static final class Settings implements Cloneable {
        private final String url;
        private final String clientId;
        private final @Nullable String username;
        private final @Nullable String password;
        private @Nullable Path caFile;
        private @Nullable DeviceCertificate certificate;
        private int receiveMaximum = 64;
        private int inFlight = 64;
        private int keepAliveSeconds = 30;
        private long sessionExpirySeconds = 7 * 86_400L;
        private boolean manualAcks;
        private List<String> subscriptions = List.of();
        private @Nullable String presenceTopic;
        private boolean traces;

        private Settings(String url, String clientId, @Nullable String username, @Nullable String password) {
            this.url = url;
            this.clientId = clientId;
            this.username = username;
            this.password = password;
        }

        /**
         * A link without subscriptions: windows of 64, keep-alive 30 s, session kept for 7 days, acknowledged by Paho.
         *
         * @param url {@code tcp://host:port} or {@code ssl://host:port}; with {@code ssl} the host name is verified
         */
        public static Settings of(String url, String clientId, @Nullable String username, @Nullable String password) {
            if (!url.startsWith("tcp://") && !url.startsWith("ssl://"))
                throw new IllegalArgumentException("mqtt url \"" + url + "\" is neither tcp:// nor ssl://");
            return new Settings(url, clientId, username, password);
        }

        private Settings copy(Consumer<Settings> change) {
            try {
                Settings copy = (Settings) clone();
                change.accept(copy);
                return copy;
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("this class is cloneable", e);
            }
        }

        /** @param pem certificates to trust instead of the JVM's; null = the JVM's */
        public Settings withCaFile(@Nullable Path pem) {
            return copy(s -> s.caFile = pem);
        }

        /** @param own by which this client proves itself, over TLS 1.3; asked anew for every connection, so a renewed one is used */
        public Settings withCertificate(@Nullable DeviceCertificate own) {
            return copy(s -> s.certificate = own);
        }

        /**
         * @param receiveMaximum how many unacknowledged messages the broker may have sent us: the back-pressure valve
         * @param inFlight how many of our publishes may be unacknowledged
         */
        public Settings withWindows(int receiveMaximum, int inFlight) {
            if (receiveMaximum < 1 || receiveMaximum > LARGEST_RECEIVE_MAXIMUM)
                throw new IllegalArgumentException("receive maximum " + receiveMaximum + " is not 1–32767");
            if (inFlight < 1 || inFlight > LARGEST_RECEIVE_MAXIMUM)
                throw new IllegalArgumentException("in-flight window " + inFlight + " is not 1–32767");
            return copy(s -> {
                s.receiveMaximum = receiveMaximum;
                s.inFlight = inFlight;
            });
        }

        /** @param expirySeconds how long the broker keeps subscriptions and undelivered messages after a loss */
        public Settings withSession(long expirySeconds, int keepAliveSeconds) {
            return copy(s -> {
                s.sessionExpirySeconds = expirySeconds;
                s.keepAliveSeconds = keepAliveSeconds;
            });
        }

        /**
         * @param manualAcks whether {@link #ack} must be called for every arrival; otherwise Paho acknowledges after queueing
         * @param filters of topics, subscribed after every connect
         */
        public Settings withSubscriptions(boolean manualAcks, List<String> filters) {
            List<String> subscriptions = List.copyOf(filters);
            return copy(s -> {
                s.manualAcks = manualAcks;
                s.subscriptions = subscriptions;
            });
        }

        /** @param topic retained "1" while connected and "0" (also as last will, 30 s late) when not. Unsigned: only a hint */
        public Settings withPresence(String topic) {
            return copy(s -> s.presenceTopic = topic);
        }

        /** @param read whether the user property {@code traceparent} of what arrives is looked for */
        public Settings withTraces(boolean read) {
            return copy(s -> s.traces = read);
        }

        /** Never shows the password. */
        @Override
        public String toString() {
            return "Settings[" + url + " as " + clientId + ", subscriptions " + subscriptions + "]";
        }
    }

    /**
     * A message as it came.
     *
     * @param packetId 0 for QoS 0, which needs no acknowledgement
     * @param generation of the connection that brought it; only that connection may acknowledge it
     * @param nanos {@link System#nanoTime} of its arrival here
     * @param trace which it says it belongs to, if the link reads that ({@link Settings#withTraces}) and it is well formed
     */
    public record Arrival(
            String topic,
            byte[] bytes,
            int packetId,
            long generation,
            long nanos,
            @Nullable TraceParent trace) {
        /** Of this moment, and of no trace. */
        public Arrival(String topic, byte[] bytes, int packetId, long generation) {
            this(topic, bytes, packetId, generation, System.nanoTime(), null);
        }
    }

    /** What the broker said to a publish, or that it said nothing. A broker's word is never Waymark's receipt. */
    public sealed interface Outcome {
        /** PUBACK below 0x80; 0x10 means that nobody is subscribed, so the broker has dropped it. */
        record Taken(int reasonCode) implements Outcome {}

        /** PUBACK of 0x80 or more, for instance 0x87 not authorised, 0x97 quota exceeded. */
        record Denied(int reasonCode) implements Outcome {
            /** What the broker means, in the words of MQTT 5 §2.4. */
            public String words() {
                String meaning =
                        switch (reasonCode) {
                            case 0x87 -> "not authorised";
                            case 0x90 -> "topic name invalid";
                            case 0x91 -> "packet identifier in use";
                            case 0x95 -> "packet too large";
                            case 0x97 -> "quota exceeded";
                            case 0x99 -> "payload format invalid";
                            case 0x83 -> "implementation specific error";
                            default -> "unspecified error";
                        };
                return meaning + " (0x" + Integer.toHexString(reasonCode) + ")";
            }
        }

        /** No answer: not connected, window full for too long, or lost before the PUBACK. It may or may not have arrived. */
        record Unanswered(String why) implements Outcome {}
    }

    /** Told on the link's own thread; must not block. */
    public interface Listener {
        /** Connected and subscribed. */
        default void up(long generation) {}

        default void down(long generation, String why) {}
    }

    private final Settings settings;
    private final Listener listener;
    private final @Nullable SSLContext tls;
    private final BlockingQueue<Arrival> arrivals;
    private final Thread supervisor;
    private final AtomicLong lateAcks = new AtomicLong();
    private final AtomicLong denied = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private volatile @Nullable Connection current;
    private volatile String problem = "not connected yet";
    private volatile boolean closed;

    /**
     * Starts connecting in the background and goes on trying until {@link #close}.
     *
     * @throws IOException when the CA file cannot be read; an unreachable broker is no error here
     */
    public static MqttLink open(Settings settings, Listener listener) throws IOException {
        MqttLink link = new MqttLink(settings, listener);
        link.supervisor.start();
        return link;
    }

    private MqttLink(Settings settings, Listener listener) throws IOException {
        this.settings = settings;
        this.listener = listener;
        this.tls = settings.url.startsWith("ssl://") ? tlsContext(settings.caFile, settings.certificate) : null;
        if (settings.certificate != null && tls == null)
            throw new IOException("a certificate needs an ssl:// url, not " + settings.url);
        // Mosquitto 2.0.11 keeps to the receive maximum only until the first acknowledgement (MosquittoLinkTest). A
        // link
        // that gave up at the first message too many would never get through a backlog: every connection brings it
        // anew.
        this.arrivals = new ArrayBlockingQueue<>(2 * settings.receiveMaximum + OVERSHOOT);
        // Paho's threads inherit "daemon" from the thread that builds the client, which is this one.
        this.supervisor = new Thread(this::keepConnected, "waymark-link-" + settings.clientId);
        this.supervisor.setDaemon(true);
    }

    /** Whether messages can be published now: connected, and every subscription granted. */
    public boolean connected() {
        Connection c = current;
        return c != null && c.ready;
    }

    /** Why the link is or was last down, in words for the operator; empty while it is up. */
    public String problem() {
        return connected() ? "" : problem;
    }

    /** Connections made so far, counting the present one. */
    public long connections() {
        return connections.get();
    }

    /** Acknowledgements dropped because their connection was gone. */
    public long lateAcks() {
        return lateAcks.get();
    }

    /** Publishes the broker refused. */
    public long denied() {
        return denied.get();
    }

    /** The next message, waiting for at most the given time; null when none came. */
    public Arrival poll(long time, TimeUnit unit) throws InterruptedException {
        return arrivals.poll(time, unit);
    }

    /** Moves what is waiting, at most {@code max}, without waiting for more. */
    public int drainTo(List<Arrival> to, int max) {
        return arrivals.drainTo(to, max);
    }

    /**
     * Publishes with QoS 1. Waits for a free place in the window (at most 10 s), never for the broker's answer.
     *
     * @return completed with the broker's answer; never exceptionally
     */
    public CompletableFuture<Outcome> publish(String topic, byte[] bytes) throws InterruptedException {
        return publish(topic, bytes, null);
    }

    /** As above; the trace goes along as the user property {@code traceparent}, beside the bytes. */
    public CompletableFuture<Outcome> publish(String topic, byte[] bytes, @Nullable TraceParent trace)
            throws InterruptedException {
        Connection c = current;
        if (c == null || !c.ready) return CompletableFuture.completedFuture(new Outcome.Unanswered("not connected"));
        return c.publish(topic, bytes, trace);
    }

    /** Arrivals that nobody has taken yet. */
    public int waiting() {
        return arrivals.size();
    }

    /** Arrivals of the present connection whose acknowledgement has not left. */
    public int unacknowledged() {
        Connection c = current;
        return c == null ? 0 : c.unacknowledged();
    }

    /** How long the oldest of them has been here; zero without any. */
    public Duration oldestUnacknowledged() {
        Connection c = current;
        return c == null ? Duration.ZERO : c.oldestUnacknowledged();
    }

    /**
     * Says that this arrival is safe. The PUBACK leaves when every earlier arrival of the same connection has been said to be safe too.
     *
     * @return false when the arrival's connection is gone: the acknowledgement is dropped and the broker will deliver again
     */
    public boolean ack(Arrival arrival) {
        if (arrival.packetId() == 0) return true;
        Connection c = current;
        if (c == null || c.generation != arrival.generation()) {
            lateAcks.incrementAndGet();
            return false;
        }
        return c.ack(arrival.packetId());
    }

    /** Whether this arrival can still be acknowledged; otherwise the broker delivers it again and the caller may forget it. */
    public boolean ackable(Arrival arrival) {
        Connection c = current;
        return c != null && c.generation == arrival.generation();
    }

    /** Drops the connection as a network failure would; the link connects again. */
    public void reconnect(String why) {
        Connection c = current;
        if (c != null) c.lose(why);
    }

    /** Disconnects in order and ends the link's threads; waits for at most 5 s. The broker keeps the session. */
    @Override
    public void close() {
        closed = true;
        Connection c = current;
        if (c != null) c.lose("closed");
        supervisor.interrupt();
        try {
            supervisor.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keepConnected() {
        int failures = 0;
        long generation = 0;
        while (!closed) {
            long started = System.nanoTime();
            Connection c = new Connection(++generation);
            try {
                // Current before it is connected: a kept session may deliver before CONNACK is processed here, and
                // those need their ack.
                current = c;
                c.connectAndSubscribe();
                connections.incrementAndGet();
                c.ready = true;
                told(() -> listener.up(c.generation));
                c.lost.await();
            } catch (InterruptedException e) {
                c.lose("closed");
            } catch (Throwable t) { // also Errors: a link whose thread died would look connected for ever
                c.lose(describe(t));
            }
            boolean wasUp = c.ready;
            c.ready = false;
            current = null;
            problem = c.why;
            c.discard();
            arrivals.removeIf(a -> a.generation() == c.generation); // the broker delivers them again
            told(() -> listener.down(c.generation, c.why));
            if (closed) return;
            if (System.nanoTime() - started > GOOD_CONNECTION.toNanos()) failures = 0;
            // Connected but soon lost: a flapping network comes back within 2 s; two clients of one id do not storm the
            // broker.
            else failures = wasUp ? Math.min(failures + 1, FLAPPING) : failures + 1;
            if (failures <= 1 || failures % 20 == 0)
                LOG.log(Level.WARNING, "link {0} to {1} is down: {2}", settings.clientId, settings.url, c.why);
            try {
                Thread.sleep(backoff(failures).toMillis());
            } catch (InterruptedException e) {
                if (closed) return;
            }
        }
    }

    /** What a listener throws is its own trouble: neither the connection nor this thread may end by it. */
    private void told(Runnable listener) {
        try {
            listener.run();
        } catch (Throwable t) {
            LOG.log(Level.ERROR, "link " + settings.clientId + ": listener failed", t);
        }
    }

    /** Full jitter over an exponentially growing bound: many devices that lost one broker must not come back together. */
    static Duration backoff(int failures) {
        long bound = Math.min(LONGEST_BACKOFF.toMillis(), FIRST_BACKOFF.toMillis() << Math.min(failures, 10));
        return Duration.ofMillis(
                FIRST_BACKOFF.toMillis() / 2 + ThreadLocalRandom.current().nextLong(bound));
    }

    /** One connection: one Paho object, used once and thrown away. */
    private final class Connection implements MqttCallback {
        final long generation;
        final CountDownLatch lost = new CountDownLatch(1);
        volatile boolean ready;
        volatile String why = "";
        private volatile @Nullable MqttAsyncClient client;
        private volatile Semaphore window = new Semaphore(0);
        private final Set<CompletableFuture<Outcome>> unanswered = ConcurrentHashMap.newKeySet();
        private final Object ackLock = new Object();
        private final Deque<Arrived> inOrder = new ArrayDeque<>();
        private final Set<Integer> safe = new HashSet<>();

        // A second word about one arrival must not count for the next message that gets its packet id.
        private final Set<Integer> awaited = new HashSet<>();

        private record Arrived(int packetId, long nanos) {}

        Connection(long generation) {
            this.generation = generation;
        }

        int unacknowledged() {
            synchronized (ackLock) {
                return inOrder.size();
            }
        }

        Duration oldestUnacknowledged() {
            synchronized (ackLock) {
                return inOrder.isEmpty()
                        ? Duration.ZERO
                        : Duration.ofNanos(
                                System.nanoTime() - inOrder.peekFirst().nanos());
            }
        }

        void connectAndSubscribe() throws MqttException, IOException {
            MqttAsyncClient c = new MqttAsyncClient(settings.url, settings.clientId, new MemoryPersistence());
            client = c;
            c.setManualAcks(settings.manualAcks);
            c.setCallback(this);
            IMqttToken connect = c.connect(options());
            connect.waitForCompletion(CONNECT_WATCHDOG.toMillis());
            MqttProperties granted = connect.getResponseProperties();
            Integer theirs = granted == null ? null : granted.getReceiveMaximum();
            if (theirs != null && theirs < 1)
                throw new IOException("the broker announces a receive maximum above 32767, which Paho cannot use");
            window = new Semaphore(theirs == null ? settings.inFlight : Math.min(settings.inFlight, theirs));
            subscribe(c);
            if (settings.presenceTopic != null) {
                c.publish(settings.presenceTopic, text("1"), 1, true);
            }
        }

        private void subscribe(MqttAsyncClient c) throws MqttException, IOException {
            if (settings.subscriptions.isEmpty()) return;
            MqttSubscription[] wanted = settings.subscriptions.stream()
                    .map(filter -> new MqttSubscription(filter, 1))
                    .toArray(MqttSubscription[]::new);
            IMqttToken token = c.subscribe(wanted, null, null, new MqttProperties());
            token.waitForCompletion(CONNECT_WATCHDOG.toMillis());
            int[] codes = token.getReasonCodes();
            if (codes == null || codes.length != wanted.length)
                throw new IOException("SUBACK answers " + (codes == null ? 0 : codes.length) + " of " + wanted.length);
            for (int i = 0; i < codes.length; i++)
                if (codes[i] >= FIRST_ERROR_CODE)
                    throw new IOException("subscription " + settings.subscriptions.get(i) + " refused, reason 0x"
                            + Integer.toHexString(codes[i]));
        }

        private MqttConnectionOptions options() throws IOException {
            MqttConnectionOptions o = new MqttConnectionOptions();
            o.setAutomaticReconnect(false);
            o.setCleanStart(false);
            o.setSessionExpiryInterval(settings.sessionExpirySeconds);
            o.setReceiveMaximum(settings.receiveMaximum);
            o.setTopicAliasMaximum(0);
            o.setKeepAliveInterval(settings.keepAliveSeconds);
            o.setConnectionTimeout((int) CONNECT_WATCHDOG.toSeconds());
            if (settings.username != null) o.setUserName(settings.username);
            if (settings.password != null) o.setPassword(text(settings.password));
            if (tls != null) {
                SSLContext context =
                        settings.certificate == null ? tls : tlsContext(settings.caFile, settings.certificate);
                o.setSocketFactory(context.getSocketFactory());
                o.setHttpsHostnameVerificationEnabled(true);
            }
            if (settings.presenceTopic != null) {
                MqttMessage will = new MqttMessage(text("0"), 1, true, new MqttProperties());
                MqttProperties late = new MqttProperties();
                late.setWillDelayInterval(30L);
                o.setWillMessageProperties(late);
                o.setWill(settings.presenceTopic, will);
            }
            return o;
        }

        CompletableFuture<Outcome> publish(String topic, byte[] bytes, @Nullable TraceParent trace)
                throws InterruptedException {
            CompletableFuture<Outcome> answer = new CompletableFuture<>();
            Semaphore places = window;
            MqttAsyncClient c = Objects.requireNonNull(client, "published before it was connected");
            if (!places.tryAcquire(10, TimeUnit.SECONDS))
                return CompletableFuture.completedFuture(new Outcome.Unanswered("no PUBACK for 10 s, window full"));
            unanswered.add(answer);
            answer.whenComplete((outcome, error) -> {
                unanswered.remove(answer);
                places.release();
            });
            try {
                MqttProperties properties = new MqttProperties();
                if (trace != null)
                    properties.setUserProperties(List.of(new UserProperty(TraceParent.NAME, trace.toString())));
                MqttMessage message = new MqttMessage(bytes, 1, false, properties);
                c.publish(topic, message, null, new MqttActionListener() {
                    @Override
                    public void onSuccess(IMqttToken token) {
                        int[] codes = token.getReasonCodes();
                        int code = codes == null || codes.length == 0 ? 0 : codes[0];
                        if (code >= FIRST_ERROR_CODE) {
                            denied.incrementAndGet();
                            answer.complete(new Outcome.Denied(code));
                        } else {
                            answer.complete(new Outcome.Taken(code));
                        }
                    }

                    @Override
                    public void onFailure(IMqttToken token, Throwable error) {
                        answer.complete(new Outcome.Unanswered(describe(error)));
                    }
                });
            } catch (MqttException | RuntimeException e) {
                answer.complete(new Outcome.Unanswered(describe(e)));
            }
            // Lost between the check and the publish: nobody else would complete it.
            if (lost.getCount() == 0) answer.complete(new Outcome.Unanswered(why));
            return answer;
        }

        boolean ack(int packetId) {
            synchronized (ackLock) {
                if (lost.getCount() == 0) {
                    lateAcks.incrementAndGet();
                    return false;
                }
                if (!awaited.remove(packetId)) return true;
                safe.add(packetId);
                while (!inOrder.isEmpty() && safe.remove(inOrder.peekFirst().packetId())) {
                    int next = inOrder.removeFirst().packetId();
                    MqttAsyncClient c = client;
                    if (c == null || !c.isConnected()) {
                        lateAcks.incrementAndGet();
                        return false;
                    }
                    try {
                        c.messageArrivedComplete(next, 1);
                    } catch (MqttException | RuntimeException e) {
                        lose("acknowledging: " + describe(e));
                        return false;
                    }
                }
                return true;
            }
        }

        void lose(String reason) {
            if (lost.getCount() > 0) {
                why = reason;
                lost.countDown();
            }
        }

        /** Ends the Paho object, whatever state it is in, and answers every publish that still waits. */
        void discard() {
            MqttAsyncClient c = client;
            if (c != null) {
                // Paho may wait for its own threads here; the next connection must not wait for Paho.
                Thread undertaker = new Thread(() -> bury(c), "waymark-link-end-" + settings.clientId);
                undertaker.setDaemon(true);
                undertaker.start();
                try {
                    undertaker.join(3_000);
                } catch (InterruptedException e) {
                    // Only close() interrupts, and it ends the loop by its flag.
                    LOG.log(Level.DEBUG, "interrupted while ending a connection");
                }
            }
            for (CompletableFuture<Outcome> answer : List.copyOf(unanswered))
                answer.complete(new Outcome.Unanswered(why));
        }

        private void bury(MqttAsyncClient c) {
            boolean orderly = closed && c.isConnected();
            try {
                if (orderly && settings.presenceTopic != null)
                    c.publish(settings.presenceTopic, text("0"), 1, true).waitForCompletion(500);
            } catch (MqttException | RuntimeException e) {
                LOG.log(Level.DEBUG, "presence not withdrawn: {0}", describe(e));
            }
            try {
                c.disconnectForcibly(0, 500, orderly);
            } catch (MqttException | RuntimeException e) {
                LOG.log(Level.DEBUG, "disconnecting: {0}", describe(e));
            }
            try {
                c.close(true);
            } catch (MqttException | RuntimeException e) {
                LOG.log(Level.DEBUG, "closing: {0}", describe(e));
            }
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            // Paho swallows what is thrown here and leaves the message unacknowledged for ever, so nothing is.
            try {
                int packetId = message.getQos() == 0 ? 0 : message.getId();
                long now = System.nanoTime();
                if (settings.manualAcks && packetId != 0) {
                    synchronized (ackLock) {
                        inOrder.addLast(new Arrived(packetId, now));
                        awaited.add(packetId);
                    }
                }
                TraceParent trace = settings.traces ? TraceParent.of(message.getProperties()) : null;
                if (!arrivals.offer(new Arrival(topic, message.getPayload(), packetId, generation, now, trace))
                        && settings.manualAcks) {
                    lose("the broker sent more than the receive maximum");
                }
            } catch (Throwable t) {
                lose("receiving: " + describe(t));
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            String reason = response.getException() == null
                    ? "reason " + response.getReturnCode() + " " + response.getReasonString()
                    : describe(response.getException());
            lose(reason);
        }

        @Override
        public void mqttErrorOccurred(MqttException e) {
            LOG.log(Level.WARNING, "link {0}: {1}", settings.clientId, describe(e));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String url) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }

    private static byte[] text(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    private static String describe(Throwable t) {
        if (t instanceof MqttException m) {
            Throwable cause = m.getCause();
            return "MQTT " + m.getReasonCode() + " " + m.getMessage() + (cause == null ? "" : " (" + cause + ")");
        }
        return String.valueOf(t);
    }

    private static SSLContext tlsContext(@Nullable Path caFile, @Nullable DeviceCertificate own) throws IOException {
        try {
            if (caFile == null && own == null) return SSLContext.getDefault();
            SSLContext context = SSLContext.getInstance(own == null ? "TLS" : "TLSv1.3");
            context.init(own == null ? null : own.keyManagers(), caFile == null ? null : trusted(caFile), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] trusted(Path caFile) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(caFile)) {
            List<Certificate> certificates =
                    new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (certificates.isEmpty()) throw new IOException(caFile.getFileName() + " holds no certificate");
            for (int i = 0; i < certificates.size(); i++) trusted.setCertificateEntry("ca-" + i, certificates.get(i));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        return managers.getTrustManagers();
    }
}
