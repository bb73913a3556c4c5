package io.waymark.local.chaos;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Stands between the ledger and PostgreSQL and cuts a connection at COMMIT, so that the ledger does not learn what became of it.
 * Understands as much of PostgreSQL's protocol as names a COMMIT: simple queries, and prepared statements by their name.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">PostgreSQL message formats</a>
 */
final class CommitProxy implements AutoCloseable {
    /** What happens at the next COMMIT that passes. */
    enum Cut {
        /** It never reaches the server. */
        BEFORE_IT_WAS_SENT,
        /** The server has executed it; its answer never reaches the ledger. */
        AFTER_IT_WAS_EXECUTED
    }

    private static final int LONGEST_MESSAGE = 1 << 26;

    private final ServerSocket listening;
    private final InetSocketAddress server;
    private final AtomicReference<Cut> armed = new AtomicReference<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    CommitProxy(int serverPort) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        thread(this::accept, "commit-proxy");
    }

    int port() {
        return listening.getLocalPort();
    }

    /** The next COMMIT is cut, once. */
    void arm(Cut cut) {
        armed.set(cut);
    }

    /** COMMITs that were cut so far. */
    int cuts() {
        return cuts.get();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                thread(() -> serve(client), "commit-proxy-connection");
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private static void thread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket client) {
        Socket upstream = new Socket();
        open.add(client);
        open.add(upstream);
        try (client;
                upstream) {
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            upstream.connect(server, 5_000);
            new Connection(client, upstream).pump();
        } catch (IOException e) {
            // One of the two is gone: so is the other, which is all that a proxy has to say.
        } finally {
            open.remove(client);
            open.remove(upstream);
        }
    }

    private final class Connection {
        private final Socket client;
        private final Socket upstream;
        private final Set<String> commitStatements = new HashSet<>();

        // Set when the server's next CommandComplete is that of a COMMIT whose answer is to be kept back.
        private volatile boolean keepAnswerBack;

        Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void pump() throws IOException {
            Thread answers = new Thread(
                    () -> {
                        try {
                            answers();
                        } catch (IOException e) {
                            cut(); // the other direction learns it by its closed socket
                        }
                    },
                    "commit-proxy-answers");
            answers.setDaemon(true);
            answers.start();
            DataInputStream in = new DataInputStream(client.getInputStream());
            OutputStream out = upstream.getOutputStream();
            // The start-up packet has a length and no type.
            byte[] first = message(in, -1);
            out.write(first);
            out.flush();
            while (true) {
                int type = in.read();
                if (type < 0) {
                    return;
                }
                byte[] message = message(in, type);
                if (isCommit(type, message)) {
                    Cut now = armed.getAndSet(null);
                    if (now == Cut.BEFORE_IT_WAS_SENT) {
                        cuts.incrementAndGet();
                        return;
                    }
                    keepAnswerBack = now == Cut.AFTER_IT_WAS_EXECUTED;
                }
                out.write(message);
                if (in.available() == 0) {
                    out.flush();
                }
            }
        }

        private void answers() throws IOException {
            DataInputStream in = new DataInputStream(upstream.getInputStream());
            OutputStream out = client.getOutputStream();
            while (true) {
                int type = in.read();
                if (type < 0) {
                    cut();
                    return;
                }
                byte[] message = message(in, type);
                // CommandComplete: its tag says what was done.
                if (keepAnswerBack && type == 'C' && text(message, 5).equals("COMMIT")) {
                    cuts.incrementAndGet();
                    cut();
                    return;
                }
                out.write(message);
            }
        }

        private void cut() {
            try {
                client.close();
                upstream.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket that cannot be closed", e);
            }
        }

        private boolean isCommit(int type, byte[] message) {
            switch (type) {
                case 'Q' -> {
                    return text(message, 5).equalsIgnoreCase("COMMIT");
                }
                case 'P' -> {
                    String name = text(message, 5);
                    boolean commit = text(message, 6 + bytes(name)).equalsIgnoreCase("COMMIT");
                    if (commit) {
                        commitStatements.add(name);
                    } else {
                        commitStatements.remove(name);
                    }
                    return false;
                }
                case 'B' -> {
                    String portal = text(message, 5);
                    return commitStatements.contains(text(message, 6 + bytes(portal)));
                }
                default -> {
                    return false;
                }
            }
        }
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The zero-terminated text that begins there. */
    private static String text(byte[] message, int from) {
        int end = from;
        while (end < message.length && message[end] != 0) {
            end++;
        }
        return from > message.length ? "" : new String(message, from, end - from, StandardCharsets.UTF_8);
    }

    /** type(1, absent when negative) ‖ length(4, itself included) ‖ content, as it came. */
    private static byte[] message(DataInputStream in, int type) throws IOException {
        int length = in.readInt();
        if (length < 4 || length > LONGEST_MESSAGE) {
            throw new IOException("a message of " + length + " bytes");
        }
        ByteArrayOutputStream message = new ByteArrayOutputStream(length + 1);
        if (type >= 0) {
            message.write(type);
        }
        message.write(length >>> 24);
        message.write(length >>> 16);
        message.write(length >>> 8);
        message.write(length);
        byte[] content = readFully(in, length - 4);
        message.writeBytes(content);
        return message.toByteArray();
    }

    private static byte[] readFully(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
