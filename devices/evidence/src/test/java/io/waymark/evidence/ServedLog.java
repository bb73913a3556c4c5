package io.waymark.evidence;

import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.log.Tiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A log over HTTP whose files the test may alter. */
public final class ServedLog implements AutoCloseable {
    public final Map<String, byte[]> files = new ConcurrentHashMap<>();
    public final AtomicInteger requests = new AtomicInteger();
    private final HttpServer server;

    public ServedLog() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(2, work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/ledger/", exchange -> {
            requests.incrementAndGet();
            byte[] body = files.get(exchange.getRequestURI().getPath().substring("/ledger/".length()));
            exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : body.length);
            if (body != null) {
                exchange.getResponseBody().write(body);
            }
            exchange.close();
        });
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/ledger";
    }

    /** From here on this tree is what everybody is shown: its tiles first, the checkpoint last. */
    public void show(LogForTests log, long size) {
        for (int level = 0; Tiles.width(level, 0, size) > 0; level++) {
            for (long index = 0; Tiles.width(level, index, size) > 0; index++) {
                int width = Tiles.width(level, index, size);
                ByteArrayOutputStream tile = new ByteArrayOutputStream();
                List<byte[]> entries = new ArrayList<>();
                for (int i = 0; i < width; i++) {
                    tile.writeBytes(log.hash(8 * level, index * Tiles.WIDTH + i));
                    entries.add(log.entry(index * Tiles.WIDTH + i));
                }
                files.put(Tiles.path(level, index, width), tile.toByteArray());
                if (level == 0) {
                    files.put(Tiles.entriesPath(index, width), Tiles.bundle(entries));
                }
            }
        }
        files.put("checkpoint", log.checkpoint(size).note().getBytes(StandardCharsets.UTF_8));
    }

    public void alter(String path, UnaryOperator<byte[]> how) {
        files.computeIfPresent(path, (p, bytes) -> how.apply(bytes.clone()));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
