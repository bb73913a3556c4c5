package io.waymark.simulator.certify;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The broker's side of MQTT 5 and 3.1.1, for one device under examination. It keeps no session and routes nothing: what comes goes to the listener, what
 * the listener wants said goes out. A real broker would hide what is looked at here: QoS, retain, the last will, and who acknowledged what.
 *
 * <p>Thread-safe. All threads are daemons.
 */
final class Endpoint implements AutoCloseable {
    /** Told on the connection's own thread. */
    interface Listener {
        void connected(Session session);

        void subscribed(Session session, String filter);

        void published(Session session, String topic, int qos, boolean retained, byte[] payload);

        void acknowledged(Session session, int packetId);

        void gone(Session session, String why);
    }

    private static final int PATIENCE_MILLIS = 10_000;
    private static final int LINGER_MILLIS = 500;

    private final Listener listener;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final ServerSocket server;
    private boolean dead;
    private int connections;

    /** Listens. @param port 0 = any free one */
    Endpoint(int port, ServerSocketFactory sockets, Listener listener) throws IOException {
        this.listener = listener;
        server = sockets.createServerSocket();
        server.setReuseAddress(true);
        server.bind(new InetSocketAddress(port));
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Answers again after {@link #vanish}. */
    synchronized void open() {
        dead = false;
    }

    /**
     * The broker dies: every connection ends, and new ones are hung up on before a word. What was sent before is still delivered. The port stays taken:
     * given back, another process could have it when it is wanted again.
     */
    synchronized void vanish() {
        dead = true;
        sessions.forEach(Session::end);
        sessions.clear();
    }

    @Override
    public void close() throws IOException {
        vanish();
        server.close();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                synchronized (this) {
                    if (dead) {
                        socket.close();
                        continue;
                    }
                    Session session = new Session(++connections, socket);
                    sessions.add(session);
                    start(session::serve);
                }
            } catch (IOException e) {
                // One that was lost before it was accepted, or the end of listening, which the loop looks at.
                continue;
            }
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "certify");
        thread.setDaemon(true);
        thread.start();
    }

    /** One connection of the device. */
    final class Session {
        final int number;
        private final Socket socket;
        private final Map<String, Integer> filters = new ConcurrentHashMap<>();
        private volatile boolean ended;
        private volatile String why = "";
        private int lastPacketId;
        int level;
        String clientId = "";

        @Nullable
        String userName;

        int keepAliveSeconds;

        @Nullable
        String willTopic;

        byte[] willPayload = {};
        boolean willRetained;

        Session(int number, Socket socket) {
            this.number = number;
            this.socket = socket;
        }

        private void serve() {
            why = "closed by the device";
            try {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(PATIENCE_MILLIS);
                InputStream in = new BufferedInputStream(socket.getInputStream());
                Packet first = Packet.read(in);
                if (first == null || first.type() != Packet.CONNECT) throw new IOException("no CONNECT comes first");
                connect(first.fields());
                // MQTT 5 §3.1.2.10: silent for one and a half keep-alives is gone.
                socket.setSoTimeout(keepAliveSeconds * 1_500);
                listener.connected(this);
                for (Packet packet = Packet.read(in); packet != null; packet = Packet.read(in)) {
                    if (packet.type() == Packet.DISCONNECT) {
                        why = "DISCONNECT";
                        break;
                    }
                    serve(packet);
                }
            } catch (IOException e) {
                why = ended ? "ended by this examination" : String.valueOf(e.getMessage());
            } finally {
                ended = true;
                sessions.remove(this);
                try {
                    socket.close();
                } catch (IOException e) {
                    why += ", " + e.getMessage();
                }
                listener.gone(this, why);
            }
        }

        private void connect(Packet.Body in) throws IOException {
            if (!in.text().equals("MQTT")) throw new IOException("not MQTT");
            level = in.u8();
            if (level != 4 && level != 5) throw new IOException("MQTT level " + level);
            int flags = in.u8();
            keepAliveSeconds = in.u16();
            if (level == 5) in.skipProperties();
            clientId = in.text();
            if ((flags & 4) != 0) {
                if (level == 5) in.skipProperties();
                willTopic = in.text();
                willPayload = in.binary();
                willRetained = (flags & 0x20) != 0;
            }
            if ((flags & 0x80) != 0) userName = in.text();
            write(new Packet(Packet.CONNACK, 0, level == 5 ? new byte[3] : new byte[2]));
        }

        private void serve(Packet packet) throws IOException {
            Packet.Body in = packet.fields();
            switch (packet.type()) {
                case Packet.PUBLISH -> {
                    int qos = packet.flags() >> 1 & 3;
                    String topic = in.text();
                    int packetId = qos == 0 ? 0 : in.u16();
                    if (level == 5) in.skipProperties();
                    // Judged before it is acknowledged: what the device has a PUBACK for has been seen.
                    listener.published(this, topic, qos, (packet.flags() & 1) != 0, in.rest());
                    if (qos > 0) answer(qos == 1 ? Packet.PUBACK : Packet.PUBREC, 0, packetId);
                }
                case Packet.PUBREL -> answer(Packet.PUBCOMP, 0, in.u16());
                case Packet.PUBACK -> listener.acknowledged(this, in.u16());
                case Packet.SUBSCRIBE -> {
                    ByteArrayOutputStream answer = new ByteArrayOutputStream();
                    Packet.u16(answer, in.u16());
                    if (level == 5) {
                        in.skipProperties();
                        answer.write(0);
                    }
                    Map<String, Integer> asked = new java.util.LinkedHashMap<>();
                    while (in.more()) {
                        String filter = in.text();
                        int granted = Math.min(in.u8() & 3, 1);
                        asked.put(filter, granted);
                        answer.write(granted);
                    }
                    write(new Packet(Packet.SUBACK, 0, answer.toByteArray()));
                    filters.putAll(asked);
                    asked.keySet().forEach(filter -> listener.subscribed(this, filter));
                }
                case Packet.UNSUBSCRIBE -> {
                    ByteArrayOutputStream answer = new ByteArrayOutputStream();
                    Packet.u16(answer, in.u16());
                    if (level == 5) {
                        in.skipProperties();
                        answer.write(0);
                    }
                    while (in.more()) {
                        filters.remove(in.text());
                        if (level == 5) answer.write(0);
                    }
                    write(new Packet(Packet.UNSUBACK, 0, answer.toByteArray()));
                }
                case Packet.PINGREQ -> write(new Packet(Packet.PINGRESP, 0, new byte[0]));
                default -> throw new IOException("packet type " + packet.type() + " from a client");
            }
        }

        private void answer(int type, int flags, int packetId) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            Packet.u16(body, packetId);
            write(new Packet(type, flags, body.toByteArray()));
        }

        /** The QoS at which this topic would be delivered, −1 when no subscription matches. */
        int granted(String topic) {
            return filters.entrySet().stream()
                    .filter(f -> matches(f.getKey(), topic))
                    .mapToInt(Map.Entry::getValue)
                    .max()
                    .orElse(-1);
        }

        /** @return the packet id the device will acknowledge; 0 when it asked for QoS 0; −1 when it cannot be sent here */
        int deliver(String topic, byte[] payload) {
            int qos = granted(topic);
            if (qos < 0 || ended) return -1;
            try {
                synchronized (this) {
                    ByteArrayOutputStream body = new ByteArrayOutputStream();
                    Packet.text(body, topic);
                    int packetId = 0;
                    if (qos > 0) {
                        packetId = lastPacketId = lastPacketId % 0xffff + 1;
                        Packet.u16(body, packetId);
                    }
                    if (level == 5) body.write(0);
                    body.writeBytes(payload);
                    write(new Packet(Packet.PUBLISH, qos << 1, body.toByteArray()));
                    return packetId;
                }
            } catch (IOException e) {
                return -1; // lost: the reading side tells the listener
            }
        }

        private synchronized void write(Packet packet) throws IOException {
            packet.write(socket.getOutputStream());
        }

        /** Half closed first, so that what was written arrives before the end; closed for good when the device does not follow. */
        private void end() {
            ended = true;
            start(() -> {
                try (Socket closing = socket) {
                    if (closing.isClosed()) return;
                    closing.shutdownOutput();
                    Thread.sleep(LINGER_MILLIS);
                } catch (IOException | InterruptedException | UnsupportedOperationException e) {
                    why = String.valueOf(e.getMessage()); // closed either way
                }
            });
        }
    }

    /** MQTT 5 §4.7. */
    static boolean matches(String filter, String topic) {
        String[] f = filter.split("/", -1);
        String[] t = topic.split("/", -1);
        for (int i = 0; i < f.length; i++) {
            if (f[i].equals("#")) return true;
            if (i >= t.length || !(f[i].equals("+") || f[i].equals(t[i]))) return false;
        }
        return f.length == t.length;
    }

    static String shown(byte[] payload) {
        return payload.length > 16 ? payload.length + " bytes" : new String(payload, StandardCharsets.UTF_8);
    }
}
