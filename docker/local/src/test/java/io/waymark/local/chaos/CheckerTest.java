package io.waymark.local.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.local.chaos.Findings.Kind;
import io.waymark.trace.ledger.Submission;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Histories made by hand, each with one thing wrong: the checks that judge the ledger must not be blind themselves. */
class CheckerTest {
    private static final String ORIGIN = "checker.example/log";

    private final NoteSigner log = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));
    private final History history = new History(new StringWriter());
    private final List<byte[]> entries = new ArrayList<>();
    private final Map<ByteBuffer, Long> identities = new HashMap<>();

    @Test
    void aLogThatKeptItsWordHasNothing() throws Exception {
        store("a", "b", "c");
        sign(2, "an answer");
        sign(3, "the lock file");
        sign(3, "a witness");
        entries.add(new MapHead(3, 0, new byte[32], 1).entry());

        assertEquals(Map.of(), found());
        assertEquals(0, check().forks());
    }

    @Test
    void anAcknowledgedEntryBeyondTheEndIsLost() throws Exception {
        store("a", "b");
        entries.remove(1);
        identities.remove(name("b"));

        assertEquals(Map.of(Kind.LOST, 1L), found());
    }

    @Test
    void anotherEntryAtTheAcknowledgedIndexIsALossToo() throws Exception {
        store("a", "b");
        history.sent(submission("z"));
        entries.set(1, bytes("z"));
        identities.remove(name("b"));
        identities.put(name("z"), 1L);

        assertEquals(Map.of(Kind.LOST, 1L), found());
    }

    @Test
    void anEntryRefusedForGoodThoughItsNameWasFreeIsLost() throws Exception {
        store("a");
        history.sent(submission("b"));
        history.wronglyRefused(submission("b"), "its identity is taken by another entry");

        assertEquals(Map.of(Kind.LOST, 1L), found());
    }

    @Test
    void oneIdentityAtTwoIndexesIsADuplicate() throws Exception {
        store("a", "b");
        entries.add(bytes("a"));

        assertEquals(Map.of(Kind.DUPLICATE, 1L), found());
    }

    @Test
    void twoEntriesUnderOneIdentityAreADuplicate() throws Exception {
        store("a", "b");
        byte[] forged = Entries.statement(identity("a"), identity("another digest"));
        history.sent(Submission.of(forged));
        entries.add(forged);

        assertEquals(Map.of(Kind.DUPLICATE, 1L), found());
    }

    @Test
    void whatNobodySentIsInvented() throws Exception {
        store("a");
        entries.add(bytes("from nowhere"));

        assertEquals(Map.of(Kind.INVENTED, 1L), found());
    }

    @Test
    void aMapHeadOfAnotherIndexIsInvented() throws Exception {
        store("a");
        entries.add(new MapHead(7, 0, new byte[32], 1).entry());

        assertEquals(Map.of(Kind.INVENTED, 1L), found());
    }

    @Test
    void whatWasSentAndNeverAnsweredMayBeThereOrNot() throws Exception {
        store("a");
        history.sent(submission("stored, not answered"));
        entries.add(bytes("stored, not answered"));
        identities.put(name("stored, not answered"), 1L);
        history.sent(submission("never arrived"));

        assertEquals(Map.of(), found());
    }

    @Test
    void twoRootsOfOneSizeAreAFork() throws Exception {
        store("a", "b");
        sign(2, "an answer");
        sign(2, new byte[32], "a witness");

        Findings findings = check();
        assertTrue(findings.count(Kind.INCONSISTENT) > 0);
        assertTrue(findings.forks() > 0);
    }

    @Test
    void aRootThatTheEntriesDoNotGiveIsAForkAlsoWhenItIsTheOnlyOneOfItsSize() throws Exception {
        store("a", "b", "c");
        sign(3, "an answer");
        entries.set(0, bytes("other"));
        history.sent(submission("other"));
        identities.put(name("other"), 0L);

        Findings findings = check();
        assertEquals(1, findings.count(Kind.LOST));
        assertEquals(1, findings.forks());
    }

    @Test
    void aSignatureOverMoreThanIsStoredIsInconsistent() throws Exception {
        store("a", "b");
        sign(2, "the published files");
        history.acknowledged(submission("a"), 0);
        entries.remove(1);

        assertEquals(1, check().count(Kind.INCONSISTENT));
    }

    @Test
    void aNoteThatTheLogDidNotSignIsInconsistent() throws Exception {
        store("a");
        NoteSigner stranger = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));
        history.seen("a mirror", stranger.sign(new Checkpoint(ORIGIN, 1, root(1)).text()), log.verifier());

        assertEquals(Map.of(Kind.INCONSISTENT, 1L), found());
    }

    @Test
    void anIndexOfIdentitiesThatLiesIsInconsistent() throws Exception {
        store("a", "b");
        identities.put(name("b"), 0L);
        assertEquals(Map.of(Kind.INCONSISTENT, 1L), found());

        identities.remove(name("b"));
        assertEquals(Map.of(Kind.INCONSISTENT, 1L), found());
    }

    // ---- helpers ----

    private void store(String... texts) {
        for (String text : texts) {
            history.sent(submission(text));
            history.acknowledged(submission(text), entries.size());
            identities.put(name(text), (long) entries.size());
            entries.add(bytes(text));
        }
    }

    private void sign(int size, String where) {
        sign(size, root(size), where);
    }

    private void sign(int size, byte[] root, String where) {
        history.seen(where, log.sign(new Checkpoint(ORIGIN, size, root).text()), log.verifier());
    }

    private byte[] root(int size) {
        CompactTree tree = new CompactTree();
        entries.subList(0, size).forEach(entry -> tree.append(MerkleHash.leaf(entry)));
        return tree.root();
    }

    private Findings check() {
        return Checker.check(history.told(), entries, identities);
    }

    private Map<Kind, Long> found() {
        return check().list().stream().collect(Collectors.groupingBy(Findings.Finding::kind, Collectors.counting()));
    }

    private static Submission submission(String text) {
        return Submission.of(bytes(text));
    }

    private static byte[] identity(String text) {
        return MerkleHash.sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuffer name(String text) {
        return ByteBuffer.wrap(Arrays.copyOf(identity(text), 16));
    }

    private static byte[] bytes(String text) {
        return Entries.statement(identity(text), identity(text));
    }
}
