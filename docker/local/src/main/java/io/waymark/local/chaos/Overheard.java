package io.waymark.local.chaos;

import io.waymark.sdk.MqttLink;
import io.waymark.sdk.MqttLink.Arrival;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Hears every message that the broker passes on: what devices send, to be sent again, and what they are told, to be held against the ledger. */
final class Overheard implements AutoCloseable {
    private static final int KEPT = 5_000;

    /** A packet of a device. */
    record Packet(String topic, byte[] bytes) {}

    private final MqttLink link;
    private final Thread listener;
    private final Deque<Packet> packets = new ArrayDeque<>();
    private List<byte[]> receipts = new ArrayList<>();
    private int heard;
    private volatile boolean closed;

    Overheard(String mqttUrl, String password) throws IOException {
        link = MqttLink.open(
                MqttLink.Settings.of(mqttUrl, "ingest-overhears", "ingest", password)
                        .withWindows(1000, 64)
                        .withSubscriptions(false, List.of("v1/#")),
                new MqttLink.Listener() {});
        listener = new Thread(this::listen, "overheard");
        listener.setDaemon(true);
        listener.start();
    }

    private void listen() {
        while (!closed) {
            try {
                Arrival arrival = link.poll(200, TimeUnit.MILLISECONDS);
                if (arrival != null) {
                    keep(arrival);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void keep(Arrival arrival) {
        if (arrival.topic().endsWith("/d/ack")) {
            receipts.add(arrival.bytes());
            heard++;
        } else if (arrival.topic().endsWith("/r")) {
            if (packets.size() == KEPT) {
                packets.removeFirst();
            }
            packets.addLast(new Packet(arrival.topic(), arrival.bytes()));
        }
    }

    /** The newest packets of this device, oldest first. */
    synchronized List<Packet> packetsOf(String deviceHex) {
        return packets.stream()
                .filter(packet -> packet.topic().contains("/" + deviceHex + "/"))
                .toList();
    }

    /** How many receipts so far. */
    synchronized int receiptsHeard() {
        return heard;
    }

    /** Receipts since the last call, as they went to devices. */
    synchronized List<byte[]> takeReceipts() {
        List<byte[]> taken = receipts;
        receipts = new ArrayList<>();
        return taken;
    }

    /** Tells a device something that no ingest said: bytes on its topic for receipts. */
    void whisper(String topic, byte[] bytes) throws InterruptedException {
        link.publish(topic, bytes).join();
    }

    @Override
    public void close() {
        closed = true;
        listener.interrupt();
        link.close();
    }
}
