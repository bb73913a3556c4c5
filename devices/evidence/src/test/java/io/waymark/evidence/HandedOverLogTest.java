package io.waymark.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.gossip.Comparison;
import io.waymark.evidence.gossip.View;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.witness.Submission;
import io.waymark.evidence.witness.Witness;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log whose key changed, read by those who have one of its keys; and what a thief of the first one can show them. */
class HandedOverLogTest {
    private static final NoteVerifier FIRST = HandedOverLog.key(0);

    @TempDir
    Path folder;

    private int published;

    private record Audited(int exit, JsonNode json) {
        void assertFirst(int exit, String check, String outcome) {
            assertEquals(exit, this.exit, json.toString());
            for (JsonNode one : json.get("checks")) {
                if (!one.get("outcome").asText().equals("pass")) {
                    assertEquals(check, one.get("name").asText(), json.toString());
                    assertEquals(outcome, one.get("outcome").asText(), json.toString());
                    return;
                }
            }
            throw new AssertionError("everything passes: " + json);
        }
    }

    private static Audited audit(Path log, NoteVerifier key, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("audit", log.toString(), "--log-key", key.vkey(), "--json"));
        args.addAll(List.of(more));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        int exit = MainForTests.run(args, new PrintStream(out, true, StandardCharsets.UTF_8), err);
        return new Audited(exit, new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8)));
    }

    private Path fresh() {
        return folder.resolve("log" + published++);
    }

    private static HandedOverLog log() {
        return new HandedOverLog("entry").promise().grow(300);
    }

    private static HandedOverLog handedOver() {
        return log().handOver().grow(5);
    }

    /** It says of itself what it signed, in one page. */
    private static Path listing(HandedOverLog log, Path at) throws IOException {
        Files.writeString(at.resolve("checkpoints?after=0"), log.signed());
        Files.writeString(at.resolve("checkpoints?after=" + log.size()), "");
        return at;
    }

    // ---- audit ----

    @Test
    void anAuditFollowsFromAnyOfTheKeysAndGoesOnFromAStateOfBefore() throws Exception {
        HandedOverLog log = log();
        Path at = fresh();
        String kept = log.checkpoint();
        Path notes = Files.writeString(folder.resolve("kept.notes"), kept);
        String state = folder.resolve("state").toString();
        assertEquals(0, audit(log.publish(at), FIRST, "--from-state", state).exit());

        log.handOver().grow(400);
        log.checkpoint();
        log.handOver().grow(5);
        listing(log, log.publish(at));

        for (int generation = 0; generation <= 2; generation++) {
            Audited audited = audit(at, HandedOverLog.key(generation), "--checkpoints", notes.toString());
            assertEquals(0, audited.exit(), audited.json().toString());
            assertTrue(
                    audited.json().toString().contains("\"name\":\"" + Check.KEY_HAND_OVER + "\",\"lookedAt\":\"2 "),
                    audited.json().toString());
            assertTrue(audited.json().toString().contains("\"name\":\"" + Audit.SIGNED + "\""));
        }
        Audited further = audit(at, FIRST, "--from-state", state);
        assertEquals(0, further.exit(), further.json().toString());
        assertEquals(log.size() - 301, further.json().get("entries").asLong());
        assertEquals(0, audit(at, HandedOverLog.key(2), "--from-state", state).exit(), "written by the first key");
        audit(at, HandedOverLog.key(7)).assertFirst(2, Check.KEY_HAND_OVER, "cannot-tell");
    }

    @Test
    void aSuccessorThatWasNotPromisedIsRefused() throws Exception {
        HandedOverLog thief = log().handOver(1, 7).grow(5);
        audit(thief.publish(fresh()), FIRST).assertFirst(1, Check.KEY_HAND_OVER, "fail");
        HandedOverLog skips = log().handOver(2, 1).grow(5);
        audit(skips.publish(fresh()), FIRST).assertFirst(1, Check.KEY_HAND_OVER, "fail");
        // Not told, by the thief who is known as the log: the entries say it.
        audit(thief.publish(fresh(), thief.checkpoint(), 0), HandedOverLog.key(7))
                .assertFirst(1, Audit.KEYS, "fail");
    }

    @Test
    void aCheckpointByTheKeyBeforeIsRefusedAfterTheHandOver() throws Exception {
        HandedOverLog log = handedOver();
        String stolen = log.checkpoint(HandedOverLog.signer(0));
        audit(log.publish(fresh(), stolen, 1), FIRST).assertFirst(2, Check.CHECKPOINT_SIGNATURE, "cannot-tell");
        // The thief shows no hand-overs; the entries do.
        Audited hidden = audit(log.publish(fresh(), stolen, 0), FIRST);
        hidden.assertFirst(1, Check.KEY_HAND_OVER, "fail");
        assertEquals(301, hidden.json().get("firstBad").get("index").asLong());

        HandedOverLog listed = handedOver();
        listed.checkpoint(HandedOverLog.signer(0));
        listed.grow(3);
        audit(listing(listed, listed.publish(fresh())), FIRST).assertFirst(1, Audit.SIGNED, "fail");
    }

    @Test
    void aChainThatIsCutIsRefused() throws Exception {
        HandedOverLog log = handedOver().handOver().grow(5);
        String newest = log.checkpoint();
        audit(log.publish(fresh(), newest, 0), FIRST).assertFirst(2, Check.CHECKPOINT_SIGNATURE, "cannot-tell");
        audit(log.publish(fresh(), newest, 1), FIRST).assertFirst(2, Check.CHECKPOINT_SIGNATURE, "cannot-tell");
        // Whoever has the newest key can judge the newest checkpoint, and not how it came to it.
        audit(log.publish(fresh(), newest, 0), HandedOverLog.key(2)).assertFirst(2, Check.KEY_HAND_OVER, "cannot-tell");
        audit(log.publish(fresh(), log.checkpoint(HandedOverLog.signer(1)), 1), FIRST)
                .assertFirst(1, Check.KEY_HAND_OVER, "fail");
    }

    @Test
    void aChainOfAnotherTreeIsRefused() throws Exception {
        HandedOverLog log = handedOver();
        HandedOverLog fork =
                new HandedOverLog("other").promise().grow(300).handOver().grow(5);
        Path at = log.publish(fresh());
        Files.write(at.resolve(HandOvers.FILE), fork.handOvers(1));
        audit(at, FIRST).assertFirst(1, Check.KEY_HAND_OVER, "fail");
        Files.write(at.resolve(HandOvers.FILE), new byte[] {1, 2, 3});
        audit(at, FIRST).assertFirst(1, Check.KEY_HAND_OVER, "fail");
    }

    // ---- mirror ----

    private Mirror mirror(Path copy, Path[] at) throws IOException {
        return Mirror.open(copy, FIRST, path -> source(at[0], path));
    }

    private static Optional<byte[]> source(Path at, String path) throws IOException {
        Path file = at.resolve(path);
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    @Test
    void aMirrorGoesOnAcrossHandOversAndItsCopyIsFollowedLikeTheLog() throws Exception {
        HandedOverLog log = log();
        Path[] at = {log.publish(fresh())};
        Path copy = folder.resolve("copy");
        try (Mirror mirror = mirror(copy, at)) {
            assertEquals(Mirror.State.CURRENT, mirror.update().state());
            log.handOver().grow(400);
            at[0] = log.publish(fresh());
            assertEquals(
                    Mirror.State.CURRENT,
                    mirror.update().state(),
                    mirror.status().detail());
            assertEquals(HandedOverLog.key(1).vkey(), mirror.key().vkey());
        }
        log.handOver().grow(5);
        at[0] = log.publish(fresh());
        try (Mirror again = mirror(copy, at)) {
            assertEquals(
                    Mirror.State.CURRENT, again.update().state(), again.status().detail());
            assertEquals(HandedOverLog.key(2).vkey(), again.key().vkey());
            assertEquals(log.size(), again.status().copied());
            assertEquals(List.of(), again.fraud());
        }
        assertEquals(0, audit(copy, FIRST).exit());
    }

    @Test
    void aMirrorTakesNothingOfAHandOverThatDoesNotHold() throws Exception {
        HandedOverLog log = log();
        HandedOverLog next = handedOver();
        HandedOverLog thief = log().handOver(1, 7).grow(5);
        HandedOverLog fork =
                new HandedOverLog("other").promise().grow(300).handOver().grow(5);
        Path ofOtherTree = next.publish(fresh());
        Files.write(ofOtherTree.resolve(HandOvers.FILE), fork.handOvers(1));
        Map<String, Path> wrong = Map.of(
                "promised another key", thief.publish(fresh()),
                "does not show the checkpoint that both",
                        next.publish(fresh(), next.checkpoint(HandedOverLog.signer(0)), 0),
                "in force at", next.publish(fresh(), next.checkpoint(HandedOverLog.signer(0)), 1),
                "no signature by", next.publish(fresh(), next.checkpoint(), 0),
                "not of the tree", ofOtherTree);
        for (Map.Entry<String, Path> one : wrong.entrySet()) {
            Path[] at = {log.publish(fresh())};
            try (Mirror mirror = mirror(folder.resolve("copy of " + one.getKey()), at)) {
                assertEquals(Mirror.State.CURRENT, mirror.update().state());
                at[0] = one.getValue();
                assertEquals(Mirror.State.REFUSED, mirror.update().state(), one.getKey());
                assertTrue(
                        mirror.status().detail().contains(one.getKey()),
                        mirror.status().detail());
                assertEquals(log.size(), mirror.latest().orElseThrow().size());
                at[0] = next.publish(fresh());
                assertEquals(
                        Mirror.State.CURRENT,
                        mirror.update().state(),
                        mirror.status().detail());
            }
        }
    }

    @Test
    void aHandOverInAnotherHistoryIsProvenByWhatTheFirstKeySigned() throws Exception {
        for (int copied : new int[] {1, 400}) {
            HandedOverLog log = log().grow(copied);
            HandedOverLog fork =
                    new HandedOverLog("other").promise().grow(300).handOver().grow(50);
            Path[] at = {log.publish(fresh())};
            Path copy = folder.resolve("copy of " + copied);
            try (Mirror mirror = mirror(copy, at)) {
                assertEquals(Mirror.State.CURRENT, mirror.update().state());
                at[0] = fork.publish(fresh());
                assertEquals(
                        Mirror.State.CONTRADICTION,
                        mirror.update().state(),
                        mirror.status().detail());
                byte[] proof = Files.readAllBytes(
                        copy.resolve("fraud").resolve(mirror.fraud().get(0)));
                assertInstanceOf(
                        FraudProof.Verdict.Proven.class,
                        FraudProof.parse(proof).judge(FIRST),
                        "by the first key alone");
                assertEquals(FIRST.vkey(), mirror.key().vkey());
            }
        }
    }

    // ---- witness ----

    private Witness witness(Path at) throws IOException {
        return Witness.open(at, "w.example/w", Map.of(HandedOverLog.ORIGIN, List.of(FIRST)), false, Clock.systemUTC());
    }

    private static Submission submission(HandedOverLog log, long old, String note) {
        ConsistencyProof proof = old == 0 || old == log.size()
                ? new ConsistencyProof(List.of())
                : ConsistencyProof.of(old, log.size(), log);
        return new Submission(old, proof, note);
    }

    private static Witness.Answer add(Witness witness, HandedOverLog log, long old, String note) throws IOException {
        return witness.add(submission(log, old, note).encode());
    }

    @Test
    void aWitnessFollowsWhereItIsToldThatTheLogIs() throws Exception {
        HandedOverLog log = log();
        Path at = folder.resolve("w");
        List<String> looked = new ArrayList<>();
        int before = log.size();
        try (Witness witness = witness(at)) {
            witness.onUnknownKey(looked::add);
            assertInstanceOf(Witness.Answer.Cosigned.class, add(witness, log, 0, log.checkpoint()));
            log.handOver().grow(5);
            assertInstanceOf(Witness.Answer.NotSigned.class, add(witness, log, before, log.checkpoint()));
            assertEquals(List.of(HandedOverLog.ORIGIN), looked);

            // A log of its first key's thief, from before it was retired: its promise is of another tree than was
            // cosigned.
            HandedOverLog fork =
                    new HandedOverLog("other").promise().grow(300).handOver().grow(5);
            Path other = fork.publish(fresh());
            assertThrows(
                    IOException.class, () -> witness.follow(HandedOverLog.ORIGIN, LogPlace.of(other.toString())::get));
            assertInstanceOf(Witness.Answer.NotSigned.class, add(witness, log, before, log.checkpoint()));

            Path place = log.publish(fresh());
            assertEquals(
                    HandedOverLog.key(1).vkey(),
                    witness.follow(HandedOverLog.ORIGIN, LogPlace.of(place.toString())::get)
                            .orElseThrow()
                            .vkey());
            assertInstanceOf(Witness.Answer.Cosigned.class, add(witness, log, before, log.checkpoint()));
        }
        int size = log.size();
        try (Witness again = witness(at)) {
            log.grow(3);
            String stolen = log.checkpoint(HandedOverLog.signer(0));
            assertInstanceOf(Witness.Answer.NotSigned.class, add(again, log, size, stolen));
            assertInstanceOf(Witness.Answer.Cosigned.class, add(again, log, size, log.checkpoint()));
            assertEquals(1, again.fraud().size());
        }
    }

    /** The command: it refuses at first, looks, and cosigns when it is asked again. */
    @Test
    void theCommandLooksWhereItsTilesAre() throws Exception {
        HandedOverLog log = log();
        int before = log.size();
        try (ServedLog served = new ServedLog();
                CommandProcess witness = CommandProcess.start(List.of(
                        "witness",
                        "--name",
                        "w.example/w",
                        "--folder",
                        folder.resolve("w").toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--log",
                        FIRST.vkey(),
                        "--tiles",
                        served.url()))) {
            assertEquals(200, post(witness, log, 0));
            log.handOver().grow(5);
            assertEquals(403, post(witness, log, before), "nobody tells of a hand-over");
            Path at = log.publish(fresh());
            try (Stream<Path> files = Files.walk(at)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    served.files.put(at.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
            int status = 403;
            for (long end = System.nanoTime() + Duration.ofSeconds(120).toNanos();
                    status == 403 && System.nanoTime() < end; ) {
                Thread.sleep(50);
                status = post(witness, log, before);
            }
            assertEquals(200, status);
        }
    }

    private static int post(CommandProcess witness, HandedOverLog log, long old) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(witness.address().resolve("/add-checkpoint"))
                                .timeout(Duration.ofSeconds(60))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(
                                        submission(log, old, log.checkpoint()).encode()))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    // ---- gossip ----

    /** A witness that has the first key alone, and what a mirror shows that has followed; and the other way round. */
    @Test
    void aHandOverIsNoSplitView() throws Exception {
        HandedOverLog log = log();
        String old = log.checkpoint();
        log.handOver().grow(5);
        Path newer = log.publish(fresh());
        Path copy = folder.resolve("copy");
        Path witnessed = Files.createDirectories(folder.resolve("witnessed"));
        Files.writeString(witnessed.resolve("checkpoint"), old);
        try (Mirror mirror = mirror(copy, new Path[] {newer});
                OwnedFolder own = OwnedFolder.open(folder.resolve("own"))) {
            assertEquals(Mirror.State.CURRENT, mirror.update().state());

            Seen behind = new Seen(FIRST, FIRST.checkpoint(old), own);
            assertEquals(Comparison.State.NOT_SIGNED, compared(behind, copy).state());
            Seen followed = new Seen(mirror.key(), FIRST.checkpoint(old), own);
            assertEquals(Comparison.State.AGREES, compared(followed, copy).state());
            Seen ahead = new Seen(mirror.key(), mirror.latest().orElseThrow(), own) {
                @Override
                public Optional<Mirror.Source> files(String origin) {
                    return Optional.of(mirror::file);
                }
            };
            assertEquals(Comparison.State.AGREES, compared(ahead, witnessed).state());
            assertFalse(behind.contradicted || followed.contradicted || ahead.contradicted);

            HandedOverLog fork = new HandedOverLog("other").promise().grow(300);
            Files.writeString(witnessed.resolve("checkpoint"), fork.checkpoint());
            assertEquals(
                    Comparison.State.CONTRADICTS, compared(ahead, witnessed).state(), "of two keys of the log");
            assertTrue(ahead.contradicted);
        }
    }

    private static Comparison.Standing compared(View own, Path peer) throws Exception {
        Comparison comparison =
                new Comparison("peer", LogPlace.of(peer.toString())::get, List.of(), own, Clock.systemUTC());
        comparison.compare();
        return comparison.standings().get(HandedOverLog.ORIGIN);
    }

    private static class Seen implements View {
        private final NoteVerifier key;
        private final VerifiedCheckpoint latest;
        private final OwnedFolder folder;
        boolean contradicted;

        Seen(NoteVerifier key, VerifiedCheckpoint latest, OwnedFolder folder) {
            this.key = key;
            this.latest = latest;
            this.folder = folder;
        }

        @Override
        public Map<String, List<NoteVerifier>> logs() {
            return Map.of(HandedOverLog.ORIGIN, List.of(key));
        }

        @Override
        public Optional<VerifiedCheckpoint> latest(String origin) {
            return Optional.of(latest);
        }

        @Override
        public Optional<Mirror.Source> files(String origin) {
            return Optional.empty();
        }

        @Override
        public void contradiction(FraudProof proof, VerifiedCheckpoint seen) {
            contradicted = proof.judge(key) instanceof FraudProof.Verdict.Proven;
        }

        @Override
        public OwnedFolder folder() {
            return folder;
        }
    }
}
