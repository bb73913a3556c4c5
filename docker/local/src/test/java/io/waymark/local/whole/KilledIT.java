package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.log.NoteVerifier;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 to the whole process group at random moments of the fleet's run: nothing with a receipt is lost, nothing is there twice. */
class KilledIT {
    private static final int KILLS = Integer.getInteger("waymark.kills", 10);
    private static final Duration TELLING_LIMIT = Duration.ofMinutes(6);

    @TempDir
    Path folder;

    @Test
    void everyReadingIsInTheLedgerExactlyOnceAndOldCheckpointsStillHold() throws Exception {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Dwaymark.seed=" + seed + ")");
        Random moments = new Random(seed);
        List<String> kept = new ArrayList<>();
        try (Installation waymark = new Installation(folder.resolve("home"))) {
            waymark.start();
            for (int kill = 0; kill < KILLS; kill++) {
                Thread.sleep(moments.nextInt(6000));
                kept.add(waymark.text("/ledger/checkpoint"));
                Thread.sleep(moments.nextInt(1500));
                waymark.killGroup();
                waymark.start();
            }
            waymark.passport();
            Map<String, Long> stored = untilQuiet(waymark);
            String newest = waymark.text("/ledger/checkpoint");
            NoteVerifier log = NoteVerifier.ofVkey(waymark.text("/ledger/key").trim());
            for (String old : kept) {
                waymark.assertExtends(log.checkpoint(old), log.checkpoint(newest));
            }
            assertTrue(waymark.stop(), "it did not stop within 30 s:\n" + waymark.output());
            Map<String, Long> made = messagesMade(waymark.home());
            made.forEach((device, count) ->
                    assertEquals(count, stored.getOrDefault(device, 0L), "messages of device " + device));
            assertTrue(made.size() >= 12, "devices: " + made.size());
        }
    }

    /** Rows per device once nothing arrives any more; fails on a gap or a second row for one number. */
    private static Map<String, Long> untilQuiet(Installation waymark) throws Exception {
        long until = System.nanoTime() + TELLING_LIMIT.toNanos();
        try (Connection database = waymark.superuser()) {
            Map<String, Long> before = Map.of();
            while (System.nanoTime() < until) {
                Thread.sleep(12_000);
                Map<String, Long> now = rows(database);
                if (!now.isEmpty() && now.equals(before)) return now;
                before = now;
            }
        }
        throw new IllegalStateException("the fleet was not quiet after " + TELLING_LIMIT + ":\n" + waymark.output());
    }

    private static Map<String, Long> rows(Connection database) throws SQLException {
        Map<String, Long> counts = new HashMap<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT encode(stream_id, 'hex'), count(*), count(DISTINCT ledger_index), max(seq) + 1 FROM trace.message WHERE type < 32 GROUP BY 1")) {
            while (row.next()) {
                assertEquals(
                        row.getLong(2), row.getLong(3), "two rows share a ledger index, device " + row.getString(1));
                if (row.getLong(2) == row.getLong(4)) counts.put(row.getString(1), row.getLong(2));
            }
        }
        return counts;
    }

    /** What each device made, by its own durable chain; every one of them must hold a receipt by now. */
    private static Map<String, Long> messagesMade(Path home) throws IOException {
        Map<String, Long> made = new HashMap<>();
        List<Path> folders;
        try (var files = Files.walk(home)) {
            folders = files.filter(f -> f.getFileName().toString().equals("registration.properties"))
                    .map(Path::getParent)
                    .toList();
        }
        for (Path device : folders) {
            Registration registration = Registration.saved(device).orElseThrow();
            String id = DeviceKeys.openOrCreate(device).idHex();
            // Nobody listens on port 1: only the device's own files are asked.
            try (Device opened = Device.open(device, DeviceConfig.of("tcp://127.0.0.1:1", registration))) {
                assertEquals(0, opened.status().pendingMessages(), "without receipt: device " + id);
                made.put(id, opened.read(Quantity.BATTERY, 3000).seq());
            }
        }
        return made;
    }
}
