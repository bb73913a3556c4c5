package io.waymark.local.chaos;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.local.chaos.CommitProxy.Cut;
import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.chaos.LogProcess.Answer;
import io.waymark.local.chaos.WitnessFront.Manner;
import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.LockFile;
import io.waymark.trace.ledger.Recovery;
import io.waymark.trace.ledger.Submission;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Plays rounds on one ground: traffic, the fault, the log on its feet again, all that is open settled, then every check. What a round could
 * not do or see is a finding too.
 */
final class Rounds {
    private static final int PATIENCE_SECONDS = 120;

    private final Ground ground;
    private final Traffic traffic;
    private final boolean carelessWitness;
    private Random random;
    private LogProcess log;
    private Findings findings;

    /** Something did not come about, so what depends on it was not seen. */
    private static final class NotSeen extends Exception {
        private static final long serialVersionUID = 1L;

        NotSeen(String what) {
            super(what);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    Rounds(Ground ground, long seed, int callers, boolean carelessWitness) {
        this.ground = ground;
        this.traffic = new Traffic(ground.history, seed, callers);
        this.carelessWitness = carelessWitness;
    }

    /** @param seed of what this round draws */
    Findings play(Step step, long seed) {
        random = new Random(seed);
        findings = new Findings();
        try {
            if (log == null || !log.alive()) {
                restart();
            }
            fault(step);
            finish();
        } catch (NotSeen e) {
            findings.add(Kind.NOT_EVALUATED, e.getMessage());
            checkWhatThereIs();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            findings.add(Kind.NOT_EVALUATED, "interrupted");
        } catch (Exception e) {
            findings.add(Kind.NOT_EVALUATED, "the round ended with " + e);
            checkWhatThereIs();
        }
        return findings;
    }

    private void checkWhatThereIs() {
        try {
            ground.killLogs();
            traffic.stop();
            check();
        } catch (Exception e) {
            findings.add(Kind.NOT_EVALUATED, "the log could not be looked at: " + e);
        }
    }

    private void fault(Step step) throws Exception {
        switch (step.fault()) {
            case KILL -> killAt(step.point());
            case POSTGRES_KILLED -> postgresKilled();
            case COMMIT_CUT_BEFORE -> commitCut(Cut.BEFORE_IT_WAS_SENT);
            case COMMIT_CUT_AFTER -> commitCut(Cut.AFTER_IT_WAS_EXECUTED);
            case DISK_FULL_DATABASE -> databaseFull();
            case DISK_FULL_FILES -> filesFull();
            case SECOND_WRITER -> secondWriter();
            case PAUSED_WRITER -> pausedWriter();
            case EPOCH_FENCED -> epochFenced();
            case BACKUP_LOCK_FILE -> oldBackup(List.of("postgres", "public"), false, "lock file", "lock file");
            case BACKUP_WITNESS -> oldBackup(List.of("postgres", "public", "lock"), true, "witnesses", "has cosigned");
            case BACKUP_FILES -> oldBackup(List.of("postgres", "lock"), false, "published files", "shows");
            case WITNESS_DOWN -> witnessesDown();
            case WITNESS_SLOW -> witnessesSlow();
            case WITNESS_BAD_SIGNATURE -> witnessLies(Manner.BAD_SIGNATURE);
            case WITNESS_WRONG_ROOT -> witnessLies(Manner.WRONG_ROOT);
            case WITNESS_BOASTS -> witnessLies(Manner.BOASTS);
            case SPLIT_VIEW -> splitView();
            case FLIP_ENTRY -> flipEntry();
            case FLIP_TILE -> flipTile();
            case FLIP_MAP -> flipMap();
            case FLIP_PUBLISHED -> flipPublished();
            case FLIP_MIRROR -> flipMirror();
        }
    }

    // ---- killed, cut, full ----

    private void killAt(Drill.CrashPoint point) throws Exception {
        ground.killLogs();
        boolean once = point == Drill.CrashPoint.EPOCH_TAKEN || point == Drill.CrashPoint.PARTIALS_COLLECTED;
        log = ground.startLog(Optional.of(point), once ? 0 : random.nextInt(3), false);
        LogProcess dying = log;
        traffic.start(() -> dying);
        await(dying::standsStill, "crash point " + point + " reached");
        // What the other threads still do while one stands at the point is part of what a crash finds.
        Thread.sleep(20 + random.nextInt(60));
        ground.killLogs();
        traffic.stop();
        check();
    }

    private void postgresKilled() throws Exception {
        startTraffic();
        Thread.sleep(random.nextInt(200));
        ground.killPostgres();
        ground.startPostgres();
        trafficGoesOn("after PostgreSQL was killed");
    }

    private void commitCut(Cut cut) throws Exception {
        startTraffic();
        for (int i = 0; i < 3; i++) {
            int before = ground.proxy.cuts();
            ground.proxy.arm(cut);
            await(() -> ground.proxy.cuts() > before, "a COMMIT to cut");
            trafficGoesOn("after a COMMIT was cut");
        }
    }

    private void databaseFull() throws Exception {
        startTraffic();
        try {
            ground.fill("space");
            await(
                    () -> traffic.lastTrouble().contains("No space left"),
                    "an append that finds no room in the database");
        } finally {
            ground.makeRoom("space");
        }
        trafficGoesOn("after there was room in the database again");
    }

    /** The lock file does not grow, so appends go on; what cannot be published now is published later. */
    private void filesFull() throws Exception {
        startTraffic();
        Path told = ground.folder.resolve("ledger.log");
        long before = Files.size(told);
        try {
            ground.fill("files");
            await(
                    () -> new String(Files.readAllBytes(told), StandardCharsets.UTF_8)
                            .substring((int) before)
                            .contains("No space left"),
                    "published files that find no room");
            trafficGoesOn("while the published files have no room");
        } finally {
            ground.makeRoom("files");
        }
        traffic.stop();
        quiet();
    }

    // ---- two writers ----

    private void secondWriter() throws Exception {
        LogProcess first = log;
        LogProcess second = ground.startLog();
        await(() -> writesOrWaits(second), "a second process that writes or waits");
        startTraffic(() -> ThreadLocalRandom.current().nextBoolean() ? first : second);
        int before = traffic.stored();
        await(() -> traffic.stored() > before + 60, "traffic to two processes");
        first.kill();
        log = second;
        traffic.stop();
        startTraffic();
    }

    /** Whether it is far enough to be asked: it takes an entry, or says that another writes. */
    private boolean writesOrWaits(LogProcess second) {
        Submission probe = traffic.single();
        Answer answer = second.append(List.of(probe));
        if (answer instanceof Answer.Stored stored) {
            ground.history.acknowledged(probe, stored.indexes()[0]);
        }
        return answer instanceof Answer.Stored
                || (answer instanceof Answer.Unknown open && open.why().contains("another process writes"));
    }

    private void pausedWriter() throws Exception {
        LogProcess first = log;
        LogProcess second = ground.startLog();
        await(() -> writesOrWaits(second), "a second process that writes or waits");
        startTraffic();
        JavaProcesses.signal("STOP", first.pid());
        try {
            ground.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted");
            await(() -> second.state().trouble().isEmpty(), "the second process writes");
            Traffic others = new Traffic(ground.history, random.nextLong(), 4);
            others.start(() -> second);
            await(() -> others.stored() > 10, "traffic to the second process");
            JavaProcesses.signal("CONT", first.pid());
            // The first goes on in the middle of whatever it did, with clients of its own.
            int before = others.stored();
            await(() -> others.stored() > before + 20, "traffic while the first goes on");
            await(() -> first.state().trouble().isPresent(), "the first process knows that it does not write");
            others.stop(); // what these were not told they never learn
            second.kill();
        } finally {
            JavaProcesses.signal("CONT", first.pid());
        }
        trafficGoesOn("after the writer was paused");
    }

    private void epochFenced() throws Exception {
        startTraffic();
        ground.sql("UPDATE trace.ledger_head SET epoch = epoch + 1");
        await(() -> traffic.lastTrouble().contains("another writer leads"), "the writer sees the other epoch");
        trafficGoesOn("after another epoch was in the head");
    }

    // ---- old backup ----

    /**
     * @param old     what is put back; the rest stays new
     * @param refuses who must notice, and in which words
     */
    private void oldBackup(List<String> old, boolean witnessesAnswer, String refuses, String words) throws Exception {
        Path backup = ground.folder.resolve("backup");
        Path newest = ground.folder.resolve("newest");
        startTraffic();
        traffic.stop();
        quiet();
        ground.killLogs();
        ground.stopPostgres();
        ground.copyTo(backup);
        ground.startPostgres();
        restart();
        startTraffic();
        trafficGoesOn("after the backup");
        traffic.stop();
        quiet();
        mirrored();
        ground.killLogs();
        ground.stopPostgres();
        ground.copyTo(newest);
        ground.putBack(backup, old);
        ground.fronts.forEach(front -> front.behave(witnessesAnswer ? Manner.HONEST : Manner.DOWN));
        ground.startPostgres();
        boolean writtenOn = false;
        try {
            LogProcess restored = ground.startLog();
            String why = untilItWritesOrRefuses(restored);
            if (!why.contains(words)) {
                findings.add(
                        Kind.NOT_EVALUATED,
                        "an old backup: the " + refuses + " should have stopped it, "
                                + (why.isEmpty() ? "it is written on" : why));
            }
            Submission probe = traffic.single();
            if (restored.append(List.of(probe)) instanceof Answer.Stored stored) {
                writtenOn = true;
                ground.history.acknowledged(probe, stored.indexes()[0]);
                traffic.start(() -> restored);
                await(() -> traffic.stored() > 20, "traffic to a restored backup");
                traffic.stop();
                check();
            }
        } finally {
            ground.killLogs();
            ground.fronts.forEach(front -> front.behave(Manner.HONEST));
        }
        if (writtenOn) {
            putBack(newest);
        } else {
            recover(newest);
        }
        restart();
    }

    /** As an operator brings a refused log back: from the mirror, over the old data. All that was acknowledged must be there then. */
    private void recover(Path newest) throws Exception {
        try {
            ground.recoverFromMirror();
        } catch (Recovery.RefusedException e) {
            findings.add(Kind.NOT_EVALUATED, "the recovery from the mirror refused: " + e.getMessage());
            putBack(newest);
        }
    }

    /** After two histories, which nothing but the newer data can mend. */
    private void putBack(Path newest) throws Exception {
        ground.stopPostgres();
        ground.putBack(newest, List.of("postgres", "public", "lock"));
        ground.startPostgres();
    }

    /** @return why it refuses; empty when it writes */
    private String untilItWritesOrRefuses(LogProcess started) throws Exception {
        String[] why = {""};
        await(
                () -> {
                    Optional<String> trouble = started.state().trouble();
                    why[0] = trouble.orElse("");
                    return trouble.isEmpty() || forGood(trouble.get());
                },
                "a log that writes, or says why not");
        return why[0];
    }

    /** Whether it refuses to sign, rather than being on its way. */
    private static boolean forGood(String trouble) {
        return !trouble.startsWith("not the writer");
    }

    // ---- witnesses ----

    private void witnessesDown() throws Exception {
        for (int i = 0; i < Ground.WITNESSES; i++) {
            ground.killWitness(i);
            ground.fronts.get(i).behave(Manner.DOWN);
        }
        startTraffic();
        trafficGoesOn("while no witness is there");
        for (int i = 0; i < Ground.WITNESSES; i++) {
            ground.startWitness(i);
            ground.fronts.get(i).behave(Manner.HONEST);
        }
        traffic.stop();
        quiet();
    }

    private void witnessesSlow() throws Exception {
        ground.fronts.forEach(front -> front.behave(Manner.SLOW));
        startTraffic();
        await(() -> ground.fronts.get(0).misbehaved() > 0, "a slow witness is asked");
        trafficGoesOn("while the witnesses are slow");
        ground.fronts.forEach(front -> front.behave(Manner.HONEST));
        traffic.stop();
        quiet();
    }

    private void witnessLies(Manner manner) throws Exception {
        WitnessFront liar = ground.fronts.get(random.nextInt(Ground.WITNESSES));
        long before = publishedSize();
        try {
            startTraffic();
            await(() -> publishedSize() > before, "a first published checkpoint");
            liar.behave(manner);
            await(() -> liar.misbehaved() >= 3, "the lying witness is asked");
            long sinceLies = publishedSize();
            trafficGoesOn("beside a lying witness");
            await(() -> publishedSize() > sinceLies, "the others' cosignatures are enough");
            traffic.stop();
        } finally {
            liar.behave(Manner.HONEST);
        }
    }

    private void splitView() throws Exception {
        startTraffic();
        traffic.stop();
        quiet();
        if (carelessWitness) {
            ground.makeForget(0);
        }
        List<byte[]> entries = new ArrayList<>(ground.stored().entries());
        SigningKey key = KeyFile.read(ground.keyFile()).orElseThrow();
        // The newest entry is another one; then the same again, grown.
        entries.set(entries.size() - 1, traffic.single().entry());
        long witnessed = carelessWitness ? 0 : entries.size();
        int refused = show(0, witnessed, entries, key);
        for (int i = 0; i < 5; i++) {
            entries.add(traffic.single().entry());
        }
        int refusedLonger = carelessWitness ? 422 : show(0, witnessed, entries, key);
        if (refused != 422 || refusedLonger != 422) {
            findings.add(
                    Kind.NOT_EVALUATED,
                    "a witness answers " + refused + " and " + refusedLonger + " to a second history, not 422");
            return;
        }
        Path kept = ground.folder.resolve("w0/fraud");
        List<Path> evidence;
        try (Stream<Path> files = Files.isDirectory(kept) ? Files.list(kept) : Stream.empty()) {
            evidence = files.filter(f -> f.toString().endsWith(FraudProof.EXTENSION))
                    .toList();
        }
        if (evidence.isEmpty()) {
            findings.add(Kind.NOT_EVALUATED, "a witness that was shown two histories kept no evidence");
        }
        for (Path file : evidence) {
            Process judge = JavaProcesses.builder(
                            "64m",
                            "io.waymark.evidence.Main",
                            List.of(
                                    "fraud",
                                    file.toString(),
                                    "--log-key",
                                    ground.verifier().vkey()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            ground.folder.resolve("fraud.log").toFile()))
                    .start();
            if (!judge.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || judge.exitValue() != 0) {
                findings.add(Kind.NOT_EVALUATED, "the evidence in " + file + " does not show the fraud");
            }
            Files.delete(file);
        }
    }

    /** @return the witness's status */
    private int show(int witness, long oldSize, List<byte[]> entries, SigningKey key) throws Exception {
        List<byte[]> leaves = entries.stream().map(MerkleHash::leaf).toList();
        CompactTree tree = new CompactTree();
        leaves.forEach(tree::append);
        String note = new NoteSigner(Ground.ORIGIN, key)
                .sign(new Checkpoint(Ground.ORIGIN, leaves.size(), tree.root()).text());
        ConsistencyProof proof = oldSize == 0 || oldSize == leaves.size()
                ? new ConsistencyProof(List.of())
                : ConsistencyProof.of(oldSize, leaves.size(), hashes(leaves));
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                        + ground.fronts.get(witness).port() + "/add-checkpoint"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(
                                        new io.waymark.evidence.witness.Submission(oldSize, proof, note).encode()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return answer.statusCode();
    }

    private static HashSource hashes(List<byte[]> leaves) {
        return new HashSource() {
            @Override
            public byte[] hash(int level, long index) {
                return level == 0
                        ? leaves.get((int) index)
                        : MerkleHash.node(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
            }
        };
    }

    // ---- flipped bits ----

    private void flipEntry() throws Exception {
        startTraffic();
        traffic.stop();
        quiet();
        ground.killLogs();
        StoredLog stored = ground.stored();
        int index = random.nextInt(stored.entries().size());
        String flip = flipInDatabase(
                "ledger_bundle", "entries", lastByteOf(stored.entries(), index), "number = " + (index >> 8));
        stopsForIt(flip, index, "is not what was signed");
    }

    /** Where the last byte of an entry stands in its bundle. */
    private static int lastByteOf(List<byte[]> entries, int index) {
        int at = 0;
        for (int i = index >> 8 << 8; i <= index; i++) {
            at += 2 + entries.get(i).length;
        }
        return at - 1;
    }

    private void flipTile() throws Exception {
        startTraffic();
        traffic.stop();
        quiet();
        ground.killLogs();
        long size = ground.stored().entries().size();
        int level = size > 256 && random.nextInt(3) == 0 ? 1 : 0;
        long hash = random.nextInt((int) (size >> 8 * level));
        String flip = flipInDatabase(
                "ledger_tile",
                "hashes",
                (int) (hash & 255) * 32 + random.nextInt(32),
                "level = " + level + " AND number = " + (hash >> 8));
        stopsForIt(flip, hash << 8 * level, "");
    }

    private void flipMap() throws Exception {
        startTraffic();
        await(() -> number("SELECT count(*) FROM trace.ledger_link_tag") > 0, "a link");
        traffic.stop();
        quiet();
        ground.killLogs();
        long links = number("SELECT count(*) FROM trace.ledger_link_tag");
        long covered = number("SELECT index FROM trace.ledger_link_tag ORDER BY index OFFSET "
                + random.nextInt((int) links) + " LIMIT 1");
        String flip = flipInDatabase("ledger_link_tag", "tag", random.nextInt(32), "index = " + covered);
        stopsForIt(flip, -1, "link tags");
    }

    private long number(String query) throws Exception {
        try (Connection c = ground.connect();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** @return the statement, which done again undoes it */
    private String flipInDatabase(String table, String column, int at, String where) throws Exception {
        String flip = "UPDATE trace." + table + " SET " + column + " = set_byte(" + column + ", " + at + ", get_byte("
                + column + ", " + at + ") # 1) WHERE " + where;
        ground.sql(flip);
        return flip;
    }

    /** @param index the first bad one that an audit must name; −1 when the flip is not in what an auditor reads */
    private void stopsForIt(String flip, long index, String saying) throws Exception {
        try {
            if (index >= 0) {
                StoredLog stored = ground.stored();
                named(
                        "the stored log",
                        ground.audit(stored.asFiles(), ground.verifier().checkpoint(stored.note())),
                        index);
            }
            LogProcess audited = ground.startLog(Optional.empty(), 0, true);
            String[] why = {""};
            await(
                    () -> {
                        why[0] = audited.state().trouble().orElse("");
                        return !why[0].isEmpty() && forGood(why[0]);
                    },
                    "the signing stops over a flipped bit");
            if (!why[0].contains(saying)) {
                findings.add(Kind.NOT_EVALUATED, "a flipped bit: \"" + saying + "\" was expected, " + why[0]);
            }
        } finally {
            ground.killLogs();
            ground.sql(flip);
        }
        restart();
    }

    private void named(String where, Ground.Audited audited, long index) {
        if (audited.wrong().isEmpty()) {
            findings.add(Kind.INCONSISTENT, "an audit of " + where + " passes over a flipped bit at entry " + index);
        } else if (audited.firstBad() != index) {
            findings.add(
                    Kind.INCONSISTENT,
                    "an audit of " + where + " names entry " + audited.firstBad() + " for a flipped bit at entry "
                            + index + ": " + audited.wrong());
        }
    }

    private void flipPublished() throws Exception {
        startTraffic();
        traffic.stop();
        quiet();
        ground.killLogs();
        flipPage("the published files", ground.publicFiles());
        restart();
    }

    private void flipMirror() throws Exception {
        startTraffic();
        traffic.stop();
        quiet();
        mirrored();
        ground.killMirror();
        flipPage("the mirror's copy", ground.mirrorFolder());
        ground.startMirror();
    }

    private void mirrored() throws Exception {
        await(
                () -> ground.checkpointIn(ground.mirrorFolder())
                                .map(VerifiedCheckpoint::size)
                                .orElse(0L)
                        == publishedSize(),
                "the mirror has the whole log");
    }

    /** One bit of a page under the folder's checkpoint, and back. */
    private void flipPage(String what, Path folder) throws Exception {
        VerifiedCheckpoint checkpoint = ground.checkpointIn(folder).orElseThrow(() -> new NotSeen(what + " are empty"));
        long size = checkpoint.size();
        boolean bundle = random.nextBoolean();
        int level = !bundle && size > 256 && random.nextInt(3) == 0 ? 1 : 0;
        long hash = random.nextInt((int) (size >> 8 * level));
        int width = Tiles.width(level, hash >> 8, size);
        Path file = folder.resolve(bundle ? Tiles.entriesPath(hash >> 8, width) : Tiles.path(level, hash >> 8, width));
        byte[] bytes = Files.readAllBytes(file);
        byte[] flipped = bytes.clone();
        int at = bundle
                ? lastByteOf(Tiles.entries(bytes), (int) (hash & 255))
                : (int) (hash & 255) * 32 + random.nextInt(32);
        flipped[at] ^= 1;
        Files.write(file, flipped);
        try {
            named(what, ground.audit(Ground.folderFiles(folder), checkpoint), hash << 8 * level);
        } finally {
            Files.write(file, bytes);
        }
    }

    // ---- the log and its clients ----

    private void restart() throws Exception {
        ground.killLogs();
        traffic.stop();
        log = ground.startLog();
        String why = untilItWritesOrRefuses(log);
        if (!why.isEmpty()) {
            throw new NotSeen("the log does not take entries any more: " + why);
        }
    }

    private void startTraffic() throws Exception {
        startTraffic(() -> log);
    }

    private void startTraffic(java.util.function.Supplier<LogProcess> to) throws Exception {
        traffic.start(to);
        int enough = 5 + random.nextInt(15);
        await(() -> traffic.stored() >= enough, "entries are stored");
    }

    private void trafficGoesOn(String when) throws Exception {
        int before = traffic.stored();
        await(
                () -> traffic.stored() >= before + 5
                        || log.state().trouble().filter(Rounds::forGood).isPresent(),
                "entries are stored " + when);
        if (traffic.stored() < before + 5) {
            throw new NotSeen("the log takes no entries " + when + ": "
                    + log.state().trouble().orElse(""));
        }
    }

    /** Everything committed is cosigned and published, and nothing is left that the log would write by itself. */
    private void quiet() throws Exception {
        await(
                // In this order: when no link waits for a map head the log's size is its last.
                () -> number("SELECT count(*) FROM trace.ledger_link_tag WHERE index >="
                                        + " (SELECT coalesce(max(size), 0) FROM trace.ledger_map_head)")
                                == 0
                        && number("SELECT size FROM trace.ledger_head") == publishedSize(),
                "all is cosigned and published");
    }

    private long publishedSize() throws Exception {
        return ground.checkpointIn(ground.publicFiles())
                .map(VerifiedCheckpoint::size)
                .orElse(0L);
    }

    private void await(Condition condition, String what) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > until) {
                throw new NotSeen("not within " + PATIENCE_SECONDS + " s: " + what
                        + (traffic.lastTrouble().isEmpty()
                                ? ""
                                : " (clients were told: " + traffic.lastTrouble() + ")"));
            }
            Thread.sleep(5);
        }
    }

    // ---- the checks ----

    private void finish() throws Exception {
        traffic.stop();
        if (!log.alive() || log.state().trouble().isPresent()) {
            restart();
        }
        int open = traffic.settle(log, 200);
        if (open > 0) {
            throw new NotSeen(open + " submissions get no answer: " + traffic.lastTrouble());
        }
        check();
    }

    /** Everything that can be looked at now, against everything that clients know. */
    private void check() throws Exception {
        History history = ground.history;
        LockFile.noteIn(ground.lockFile()).ifPresent(note -> history.seen("the lock file", note, ground.verifier()));
        for (int i = 0; i < Ground.WITNESSES; i++) {
            Optional<String> note = ground.witnessed(i);
            if (note.isPresent()) {
                history.seen("witness " + i, note.get(), ground.verifier());
            }
        }
        for (Path folder : List.of(ground.publicFiles(), ground.mirrorFolder())) {
            Optional<VerifiedCheckpoint> shown = ground.checkpointIn(folder);
            if (shown.isPresent()) {
                history.seen(folder.getFileName().toString(), shown.get().note(), ground.verifier());
            }
        }
        // In this order: the log may grow by a map head while it is looked at.
        History.Told told = history.told();
        StoredLog stored = ground.stored();
        for (String note : stored.checkpoints()) {
            history.seen("a stored checkpoint", note, ground.verifier()).ifPresent(told.seen()::add);
        }
        findings.addAll(Checker.check(told, stored.entries(), stored.identities()));
        VerifiedCheckpoint head = ground.verifier().checkpoint(stored.note());
        audit("the stored log", ground.audit(stored.asFiles(), head));
        Optional<VerifiedCheckpoint> published = ground.checkpointIn(ground.publicFiles());
        if (published.isPresent() && published.get().size() > 0) {
            audit("the published files", ground.audit(Ground.folderFiles(ground.publicFiles()), published.get()));
            enoughCosignatures(published.get());
        }
    }

    private void audit(String what, Ground.Audited audited) {
        audited.wrong().forEach(wrong -> findings.add(Kind.INCONSISTENT, "audit of " + what + ": " + wrong));
    }

    private void enoughCosignatures(VerifiedCheckpoint published) throws Exception {
        Policy policy = Policy.parse(Files.readString(ground.folder.resolve("policy")));
        CosignedCheckpoint read = policy.read(published.note(), ground.verifier());
        if (!policy.judge(read).satisfied()) {
            findings.add(Kind.INCONSISTENT, "the published checkpoint lacks cosignatures of its policy");
        }
    }
}
