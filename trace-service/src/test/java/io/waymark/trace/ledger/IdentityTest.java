package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.Revocation;
import io.waymark.trace.PostgresResource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Under which name an entry exists once, and that old databases come to the same names. */
class IdentityTest {
    private static final byte[] SECRET = MerkleHash.sha256(bytes("secret"));

    @TempDir
    Path directory;

    @Test
    void theNameFollowsFromTheEntryAlone() {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        byte[] id = new byte[16];
        byte[] kid = key.verificationKey().kid();
        KeyBinding binding = binding(id, key, "label");
        assertArrayEquals(
                Arrays.copyOfRange(statement(3).entry(), 1, 33), statement(3).identity());
        assertArrayEquals(
                Entries.linkTag(SECRET, 9),
                Submission.of(Entries.link(SECRET, 9, new byte[32])).identity());
        assertArrayEquals(
                Submission.of(binding.entry()).identity(),
                Submission.of(binding(id, key, "another label").entry()).identity());
        assertArrayEquals(
                Submission.of(new Revocation(id, kid, "lost", null).entry()).identity(),
                Submission.of(new Revocation(id, kid, "superseded", null).entry())
                        .identity());
        assertFalse(
                Arrays.equals(
                        Submission.of(Revocation.compromised(id, kid, 4).entry())
                                .identity(),
                        Submission.of(Revocation.compromised(id, kid, 3).entry())
                                .identity()),
                "a key may turn out to be suspect from further back");
        assertFalse(Arrays.equals(
                Submission.of(binding.entry()).identity(),
                Submission.of(new Revocation(id, kid, "lost", null).entry()).identity()));
        assertArrayEquals(
                Submission.of(new MapHead(7, 1, new byte[32], 5).entry()).identity(),
                Submission.of(new MapHead(7, 1, new byte[32], 6).entry()).identity());
        // What this version does not know, and what is no proper form of what it knows: all bytes count.
        for (byte[] entry :
                List.of(new byte[] {2, (byte) 0xa1, 0, 24, 99}, new byte[] {2, 1}, new byte[] {1, 5}, new byte[] {9})) {
            byte[] longer = Arrays.copyOf(entry, entry.length + 1);
            assertArrayEquals(
                    Submission.of(entry).identity(),
                    Submission.of(entry.clone()).identity());
            assertFalse(Arrays.equals(
                    Submission.of(entry).identity(), Submission.of(longer).identity()));
        }
        assertThrows(IllegalArgumentException.class, () -> Submission.of(new byte[0]));
        assertThrows(IllegalArgumentException.class, () -> Submission.of(new byte[65_536]));
    }

    /** The names of before were hashes of numbers that the log does not hold. */
    @Test
    void aDatabaseOfBeforeFindsWhatIsSentAgain() throws Exception {
        String url = PostgresResource.freshDatabase();
        flyway(url);
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        Submission binding = Submission.of(binding(new byte[16], key, "label").entry());
        List<Submission> entries = new ArrayList<>(List.of(binding));
        for (int i = 0; i < 700; i++) {
            entries.add(statement(i));
        }
        entries.add(Submission.of(Entries.link(SECRET, 0, new byte[32])));
        entries.add(Submission.of(bytes("of a kind of its own")));
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = start(database);
            ledger.append(entries, CommitWork.NONE);
            ledger.stop();
        }
        sql(
                url,
                "UPDATE trace.ledger_identity SET identity = substring(sha256(identity) FROM 1 FOR 16) WHERE index BETWEEN 1 AND 700");
        long before = count(url, "SELECT count(*) FROM trace.ledger_identity");

        // As the first start of this version runs it; what comes after does not touch these tables.
        sql(url, "SET search_path TO trace; " + script("/db/trace/V032__ledger_identity_of_entry.sql"));

        assertEquals(before, count(url, "SELECT count(*) FROM trace.ledger_identity"));
        assertEquals(0, count(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'ledger_renamed'"));
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = start(database);
            long size = ledger.checkpoint().size();
            List<Long> again = ledger.append(entries, CommitWork.NONE);
            for (int i = 0; i < entries.size(); i++) {
                assertEquals(i, again.get(i));
            }
            assertThrows(
                    ConflictException.class,
                    () -> ledger.append(
                            List.of(Submission.of(Entries.statement(SECRET, 0, 500, new byte[32]))), CommitWork.NONE));
            assertThrows(
                    ConflictException.class,
                    () -> ledger.append(
                            List.of(Submission.of(
                                    binding(new byte[16], key, "other").entry())),
                            CommitWork.NONE));
            ledger.stop();
            assertEquals(entries.size(), size - mapHeads(url));
        }
    }

    /** Two streams under one secret had equal tags, and both are in the log: the first keeps the name. */
    @Test
    void equalTagsInADatabaseOfBeforeDoNotStopTheMigration() throws Exception {
        String url = PostgresResource.freshDatabase();
        flyway(url);
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = start(database);
            ledger.append(List.of(statement(0)), CommitWork.NONE);
            sql(url, "UPDATE trace.ledger_identity SET identity = substring(sha256(identity) FROM 1 FOR 16)");
            ledger.append(List.of(Submission.of(Entries.statement(SECRET, 0, 0, new byte[32]))), CommitWork.NONE);
            ledger.stop();
        }

        // As the first start of this version runs it; what comes after does not touch these tables.
        sql(url, "SET search_path TO trace; " + script("/db/trace/V032__ledger_identity_of_entry.sql"));

        assertEquals(0, count(url, "SELECT index FROM trace.ledger_identity"));
        assertEquals(1, count(url, "SELECT count(*) FROM trace.ledger_identity"));
    }

    // ---- helpers ----

    private static long mapHeads(String url) throws Exception {
        return count(url, "SELECT count(*) FROM trace.ledger_map_head");
    }

    private static KeyBinding binding(byte[] id, SigningKey key, String label) {
        return new KeyBinding(
                id,
                key.verificationKey(),
                KeyBinding.DEVICE,
                "device",
                Entries.streamCommitment(id, SECRET),
                "acme.example",
                "self-declared",
                0,
                label);
    }

    private static Submission statement(long seq) {
        return Submission.of(Entries.statement(SECRET, 0, seq, MerkleHash.sha256(bytes("message " + seq))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Ledger start(AgroalDataSource database) throws InterruptedException {
        Ledger ledger = new Ledger(
                database,
                "test.waymark.localhost/ledger",
                directory.resolve("key"),
                directory.resolve("lock"),
                Optional.empty(),
                Optional.empty());
        ledger.start();
        for (int i = 0; i < 3000 && ledger.trouble().isPresent(); i++) {
            Thread.sleep(20);
        }
        return ledger;
    }

    private static String script(String name) throws IOException {
        try (InputStream in = IdentityTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void flyway(String url) {
        Flyway.configure()
                .dataSource(url, "trace_owner", PostgresResource.PASSWORD)
                .locations("db/trace")
                .defaultSchema("trace")
                .createSchemas(false)
                .load()
                .migrate();
    }

    private static void sql(String url, String text) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "trace_owner", PostgresResource.PASSWORD);
                Statement s = c.createStatement()) {
            s.execute(text);
        }
    }

    private static long count(String url, String query) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "trace_owner", PostgresResource.PASSWORD);
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
