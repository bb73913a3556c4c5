package io.waymark.local.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One HTTP/1.1 connection that posts and waits, as a device's gateway would hold one open. Written by hand because client and server share
 * the processors here: the JDK's client costs as much as the request it measures. For one thread; answers must have a Content-Length.
 */
final class PlainClient implements AutoCloseable {
    private static final int LONGEST_LINE = 8192;
    private static final int LARGEST = 16 << 20;

    private final Socket socket;
    private final DataInputStream in;

    PlainClient(URI server) throws IOException {
        socket = new Socket(server.getHost(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(60_000);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 4096));
    }

    record Answer(int status, byte[] body) {}

    /** A request to send any number of times, head and body in one piece. */
    static byte[] post(URI server, String path, String bearer, String type, byte[] body) {
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\nAuthorization: Bearer "
                        + bearer
                        + "\r\nContent-Type: " + type + "\r\nAccept: " + type + "\r\nContent-Length: " + body.length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    Answer send(byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        String[] status = line(in).split(" ", 3);
        int length = -1;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(lower.substring(15).strip());
            }
        }
        if (length < 0 || length > LARGEST) {
            throw new IOException("an answer of " + length + " bytes");
        }
        byte[] body = new byte[length];
        in.readFully(body);
        return new Answer(Integer.parseInt(status[1]), body);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0 || line.length() > LONGEST_LINE) {
                throw new EOFException("the server closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
