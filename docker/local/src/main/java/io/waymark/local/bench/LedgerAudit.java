package io.waymark.local.bench;

import com.sun.management.OperatingSystemMXBean;
import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.audit.AuditReport;
import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.audit.Originals;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Outcome;
import io.waymark.local.home.Home;
import io.waymark.sdk.Quantity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What an auditor's own machine does with a log in a folder: every entry hashed again, every tile, the root; and with the messages at hand
 * every signature. The value is entries per second of one core's time, all threads of the process counted, so that it does not matter what
 * else runs.
 */
public final class LedgerAudit {
    private static final String ORIGIN = "bench.waymark.localhost/audit";
    private static final long NEVER = Long.MAX_VALUE;

    private final int rounds;
    private final String commit;

    public LedgerAudit(int rounds, String commit) {
        this.rounds = rounds;
        this.commit = commit;
    }

    public void run() throws Exception {
        List<byte[]> entries = new ArrayList<>();
        for (int i = 0; i < 1_000_000; i++) {
            byte[] tag = new byte[32];
            byte[] digest = new byte[32];
            ThreadLocalRandom.current().nextBytes(tag);
            ThreadLocalRandom.current().nextBytes(digest);
            entries.add(Entries.statement(tag, digest));
        }
        measure("audit of tiles and roots", entries, null);

        Map<ByteBuffer, byte[]> messages = new HashMap<>();
        entries = signed(30_000, messages);
        measure("audit with signatures", entries, digest -> Optional.ofNullable(messages.get(ByteBuffer.wrap(digest))));
    }

    /** A key and what one device signed with it. */
    private static List<byte[]> signed(int count, Map<ByteBuffer, byte[]> messages) {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        byte[] id = new byte[16];
        byte[] secret = new byte[32];
        ThreadLocalRandom.current().nextBytes(id);
        ThreadLocalRandom.current().nextBytes(secret);
        List<byte[]> entries = new ArrayList<>();
        entries.add(new KeyBinding(
                        id,
                        key.verificationKey(),
                        KeyBinding.DEVICE,
                        "device",
                        Entries.streamCommitment(id, secret),
                        "bench.example",
                        "self-declared",
                        0,
                        "temperature")
                .entry());
        byte[] previous = null;
        for (int seq = 0; seq < count; seq++) {
            SignedMessage message = SignedMessage.sign(
                    new Head(MessageType.READING, id, 0, seq, previous, System.currentTimeMillis(), 2, null, null),
                    List.of(Reading.measurements(List.of(Quantity.TEMPERATURE.of(seq % 1000 / 100.0)))),
                    key);
            previous = message.digest();
            messages.put(ByteBuffer.wrap(previous), message.wire());
            entries.add(Entries.statement(secret, 0, seq, previous));
        }
        return entries;
    }

    private void measure(String row, List<byte[]> entries, Originals originals) throws Exception {
        NoteSigner signer = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));
        Path folder = Files.createTempDirectory("waymark-bench-audit-");
        try {
            byte[] root = write(folder, entries);
            VerifiedCheckpoint checkpoint =
                    signer.verifier().checkpoint(signer.sign(new Checkpoint(ORIGIN, entries.size(), root).text()));
            LogFiles files = path -> read(folder.resolve(path));
            double[] perCoreSecond = new double[rounds];
            double[] perSecond = new double[rounds];
            for (int round = -1; round < rounds; round++) { // the first warms up
                Audit audit = Audit.fromTheStart(files, signer.verifier(), checkpoint);
                if (originals != null) {
                    audit.with(originals);
                }
                long begun = System.nanoTime();
                long cpu = cpuNanos();
                AuditReport report = audit.run(List.of(), (read, at, of) -> {}, NEVER, state -> {});
                if (round >= 0) {
                    perCoreSecond[round] = entries.size() / ((cpuNanos() - cpu) / 1e9);
                    perSecond[round] = entries.size() / ((System.nanoTime() - begun) / 1e9);
                }
                if (report.checks().stream().anyMatch(c -> c.outcome() != Outcome.PASS)) {
                    throw new IllegalStateException("the audit of a sound log says " + report.checks());
                }
            }
            Arrays.sort(perSecond);
            new Figure("ledger", row, "1/s/core", (long) entries.size() * rounds)
                    .rounds(perCoreSecond)
                    .with("wall_per_s", perSecond[(rounds - 1) / 2])
                    .print(commit);
        } finally {
            Home.deleteTree(folder);
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static Optional<byte[]> read(Path file) throws IOException {
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    /** The log's public files (C2SP tlog-tiles); its root. */
    private static byte[] write(Path folder, List<byte[]> entries) throws IOException {
        long size = entries.size();
        for (int from = 0; from < size; from += Tiles.WIDTH) {
            List<byte[]> bundle = entries.subList(from, (int) Math.min(size, from + Tiles.WIDTH));
            store(folder.resolve(Tiles.entriesPath(from / Tiles.WIDTH, bundle.size())), Tiles.bundle(bundle));
        }
        Map<Integer, List<byte[]>> levels = new HashMap<>();
        List<byte[]> hashes = entries.stream().map(MerkleHash::leaf).toList();
        for (int level = 0; !hashes.isEmpty(); level++) {
            levels.put(level, hashes);
            List<byte[]> above = new ArrayList<>();
            for (int from = 0; from < hashes.size(); from += Tiles.WIDTH) {
                List<byte[]> tile = hashes.subList(from, Math.min(hashes.size(), from + Tiles.WIDTH));
                store(folder.resolve(Tiles.path(level, from / Tiles.WIDTH, tile.size())), joined(tile));
                if (tile.size() == Tiles.WIDTH) {
                    above.add(folded(tile));
                }
            }
            hashes = above;
        }
        return Tiles.root(
                size,
                (level, number, width) -> joined(
                        levels.get(level).subList((int) number * Tiles.WIDTH, (int) number * Tiles.WIDTH + width)));
    }

    private static void store(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    private static byte[] joined(List<byte[]> hashes) {
        ByteBuffer joined = ByteBuffer.allocate(32 * hashes.size());
        hashes.forEach(joined::put);
        return joined.array();
    }

    /** The root of a full tile. */
    private static byte[] folded(List<byte[]> hashes) {
        List<byte[]> row = hashes;
        while (row.size() > 1) {
            List<byte[]> above = new ArrayList<>(row.size() / 2);
            for (int i = 0; i < row.size(); i += 2) {
                above.add(MerkleHash.node(row.get(i), row.get(i + 1)));
            }
            row = above;
        }
        return row.get(0);
    }
}
