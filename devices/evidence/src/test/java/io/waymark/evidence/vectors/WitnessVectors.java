package io.waymark.evidence.vectors;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.Cosignature.Type;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiConsumer;

/** Vectors of cosignatures, witness policies and fraud proofs. */
final class WitnessVectors {
    private static final String ORIGIN = "trace.example/log";
    private static final long TIME = 1_790_000_000L;

    private final BiConsumer<String, VectorFile> put;
    private final NoteSigner log = new NoteSigner(ORIGIN, Seeds.key("log"));
    private final NoteSigner otherLog = new NoteSigner("other.example/log", Seeds.key("other log"));
    private final String text = new Checkpoint(ORIGIN, 1010, Seeds.bytes("root", 32)).text();
    private final String note = log.sign(text);
    private final Cosigner one = cosigner("one.example/w", Type.ED25519);
    private final Cosigner two = cosigner("two.example/w", Type.ED25519);
    private final Cosigner three = cosigner("three.example/w", Type.ED25519);
    private final Cosigner pq = cosigner("one.example/pq", Type.ML_DSA_44);

    WitnessVectors(BiConsumer<String, VectorFile> put) {
        this.put = put;
    }

    void all() throws InvalidNoteException {
        cosignatures();
        policies();
        fraud();
    }

    private static Cosigner cosigner(String name, Type type) {
        return Cosigner.of(name, type, Seeds.bytes("witness " + name, 32));
    }

    private static String line(Cosigner cosigner, String note, long time) throws InvalidNoteException {
        NoteSigner any = new NoteSigner(ORIGIN, Seeds.key("log"));
        return cosigner.cosign(any.verifier().checkpoint(note), time).line();
    }

    // ---- cosignatures

    private void cosignatures() throws InvalidNoteException {
        String ed = line(one, note, TIME);
        String second = line(two, note, TIME + 7);
        String mlDsa = line(pq, note, TIME + 1);
        good("ed25519", note + ed, List.of(one), "one.example/w 1790000000 ED25519");
        good("ml-dsa-44", note + mlDsa, List.of(pq), "one.example/pq 1790000001 ML_DSA_44");
        good(
                "several",
                note + second + mlDsa + ed,
                List.of(one, two, pq),
                "one.example/w 1790000000 ED25519",
                "two.example/w 1790000007 ED25519",
                "one.example/pq 1790000001 ML_DSA_44");
        good("none-by-a-known-witness", note + ed, List.of(two));
        good(
                "newest-of-one-key",
                note + line(one, note, TIME + 60) + ed,
                List.of(one),
                "one.example/w 1790000060 ED25519");
        String extended = log.sign(text + "an extension line\n");
        good("with-extension", extended + line(one, extended, TIME), List.of(one), "one.example/w 1790000000 ED25519");
        String older = log.sign(new Checkpoint(ORIGIN, 1009, Seeds.bytes("root", 32)).text());
        broken("of-another-size", note + line(one, older, TIME), List.of(one), "the cosignature does not fit");
        broken("of-another-size-ml-dsa", note + line(pq, older, TIME), List.of(pq), "the cosignature does not fit");
        broken("time-altered", note + altered(ed, 4 + 7), List.of(one), "the time is not the one that was signed");
        broken(
                "time-altered-ml-dsa",
                note + altered(mlDsa, 4 + 7),
                List.of(pq),
                "the time is not the one that was signed");
        broken("signature-altered", note + altered(ed, 40), List.of(one), "the cosignature does not fit");
        broken("signature-altered-ml-dsa", note + altered(mlDsa, 400), List.of(pq), "the cosignature does not fit");
        broken(
                "one-good-one-bad",
                note + ed + altered(second, 40),
                List.of(one, two),
                "a known witness's line does not fit");
        broken("without-time", note + raw(one, 64), List.of(one), "no time before the signature");
        broken("time-zero", note + signed(one, 0), List.of(one), "time zero");
        broken("time-beyond-int64", note + signed(one, Long.MIN_VALUE + 5), List.of(one), "time beyond 2^63 - 1");
        broken("key-of-type-1", note + ed, List.of(), log.verifier().vkey(), "a log's key is no witness's");
        broken(
                "key-id-of-type-1",
                note + ed,
                List.of(),
                one.verifier().vkey().replaceFirst("\\+[0-9a-f]{8}\\+", "+00000000+"),
                "the key id does not fit");
        broken(
                "key-without-padding",
                note + mlDsa,
                List.of(),
                pq.verifier().vkey().replaceFirst("=+$", ""),
                "a key's base64 has one form");
        broken("unsigned-by-the-log", text + "\n" + ed, List.of(one), "no signature of the log");
    }

    private VectorFile file(String withLines, List<Cosigner> known) {
        VectorFile file = VectorFile.of("cosignature")
                .text("vkey", log.verifier().vkey())
                .hex("note", withLines.getBytes(StandardCharsets.UTF_8));
        known.forEach(cosigner -> file.text("witness", cosigner.verifier().vkey()));
        return file;
    }

    private void good(String name, String withLines, List<Cosigner> known, String... cosigned) {
        VectorFile file = file(withLines, known);
        List.of(cosigned).forEach(c -> file.text("cosigned", c));
        put.accept("good-cosignature-" + name, file);
    }

    private void broken(String name, String withLines, List<Cosigner> known, String reason) {
        put.accept("broken-cosignature-" + name, file(withLines, known).text("reason", reason));
    }

    private void broken(String name, String withLines, List<Cosigner> known, String vkey, String reason) {
        put.accept(
                "broken-cosignature-" + name,
                file(withLines, known).text("witness", vkey).text("reason", reason));
    }

    private static String altered(String line, int at) {
        int space = line.lastIndexOf(' ') + 1;
        byte[] raw = Base64.getDecoder().decode(line.substring(space).strip());
        raw[at] ^= 1;
        return line.substring(0, space) + Base64.getEncoder().encodeToString(raw) + "\n";
    }

    private static String raw(Cosigner by, int length) {
        byte[] id = HexFormat.of().parseHex(by.verifier().vkey().split("\\+")[1]);
        return "\u2014 " + by.verifier().name() + " "
                + Base64.getEncoder().encodeToString(RawMessage.concat(id, new byte[length])) + "\n";
    }

    /** A time that {@link Cosigner} refuses to write. */
    private String signed(Cosigner by, long time) {
        byte[] id = HexFormat.of().parseHex(by.verifier().vkey().split("\\+")[1]);
        byte[] message =
                ("cosignature/v1\ntime " + Long.toUnsignedString(time) + "\n" + text).getBytes(StandardCharsets.UTF_8);
        byte[] signature = io.waymark.evidence.key.SigningKey.ofSeed(
                        Seeds.bytes("witness " + by.verifier().name(), 32))
                .sign(message);
        return "\u2014 " + by.verifier().name() + " "
                + Base64.getEncoder().encodeToString(RawMessage.concat(id, Sha256.u64(time), signature)) + "\n";
    }

    // ---- policies

    private void policies() throws InvalidNoteException {
        String logLine = "log " + log.verifier().vkey() + " https://trace.example/ledger\n";
        String w1 = "witness one " + one.verifier().vkey() + " https://one.example/\n";
        String w1pq = "witness one-pq " + pq.verifier().vkey() + "\n";
        String w2 = "witness two " + two.verifier().vkey() + "\n";
        String w3 = "witness three\t" + three.verifier().vkey() + "  https://three.example/w\n";
        String cosigned = note + line(one, note, TIME) + line(two, note, TIME);
        String by2 = note + line(two, note, TIME);
        String all3 = w1 + w2 + w3;
        goodPolicy(
                "two-of-three", logLine + all3 + "group q 2 one two three\nquorum q\n", 2, 0, cosigned, true, "three");
        goodPolicy("too-few", logLine + all3 + "group q 2 one two three\nquorum q\n", 2, 0, by2, false, "one", "three");
        goodPolicy("single-witness", logLine + w1 + "quorum one\n", 1, 0, cosigned, true);
        goodPolicy("none", logLine + "quorum none\n", 0, 0, note, true);
        goodPolicy(
                "entity-with-two-keys",
                logLine + w1 + w1pq + w2 + "group first any one one-pq\ngroup q all first two\nquorum q\n",
                2,
                0,
                note + line(pq, note, TIME) + line(two, note, TIME),
                true);
        goodPolicy(
                "entity-needs-both-keys",
                logLine + w1 + w1pq + w2 + "group first all one one-pq\ngroup q all first two\nquorum q\n",
                2,
                0,
                cosigned,
                false,
                "first");
        goodPolicy(
                "survives-one",
                "# one of four may lie\n\n  \t" + logLine + "waymark-survives 1\n" + all3 + four()
                        + "group q 3 one two three four\nquorum q",
                3,
                1,
                cosigned,
                false,
                "three",
                "four");
        String q = "quorum q\n";
        brokenPolicy(
                "survives-too-many", all3 + "group q 2 one two three\n" + q + "waymark-survives 1\n", "2k - n > f");
        brokenPolicy(
                "all-survive-one", all3 + "group q all one two three\n" + q + "waymark-survives 1\n", "k <= n - f");
        brokenPolicy("half", w1 + w2 + "group q any one two\n" + q, "2k - n > 0");
        brokenPolicy("no-quorum", w1, "no quorum");
        brokenPolicy("two-quorums", w1 + w2 + "quorum one\nquorum two\n", "a second quorum");
        brokenPolicy("quorum-before-definition", "quorum one\n" + w1, "not defined above");
        brokenPolicy("unknown-line", w1 + "quorum one\nwaymark-trusts everybody\n", "an unknown line");
        brokenPolicy("unknown-member", w1 + "group q all one two\n" + q, "not defined above");
        brokenPolicy("member-twice", w1 + w2 + "group a any one\ngroup q all a one two\n" + q, "a member twice");
        brokenPolicy("group-of-nobody", w1 + "group q all\n" + q, "no member");
        brokenPolicy("k-zero", w1 + "group q 0 one\n" + q, "k from 1");
        brokenPolicy("k-larger-than-n", w1 + "group q 2 one\n" + q, "k up to n");
        brokenPolicy("k-leading-zero", w1 + "group q 01 one\n" + q, "decimal");
        brokenPolicy("same-name", w1 + w2.replace("witness two", "witness one") + "quorum one\n", "a name twice");
        brokenPolicy("called-none", w1.replace("witness one", "witness none") + "quorum none\n", "none is predefined");
        brokenPolicy(
                "same-key",
                w1 + "witness again "
                        + Cosigner.of("again.example", Type.ED25519, Seeds.bytes("witness one.example/w", 32))
                                .verifier()
                                .vkey()
                        + "\nquorum one\n",
                "one key under two names");
        brokenPolicy("same-log-key", logLine + logLine + w1 + "quorum one\n", "one log key twice");
        brokenPolicy("log-key-as-witness", "witness one " + log.verifier().vkey() + "\nquorum one\n", "type 1");
        brokenPolicy("witness-key-as-log", "log " + one.verifier().vkey() + "\nquorum none\n", "type 4");
        brokenPolicy(
                "two-entities-of-one-host", w1 + w1pq + w2 + "group q all one one-pq two\n" + q, "not independent");
        brokenPolicy(
                "witness-of-the-log",
                logLine + "witness own "
                        + cosigner("TRACE.example/w", Type.ED25519).verifier().vkey() + "\nquorum own\n",
                "not independent");
        brokenPolicy("survives-twice", w1 + "quorum one\nwaymark-survives 0\nwaymark-survives 0\n", "twice");
        brokenPolicy("none-survives-one", "quorum none\nwaymark-survives 1\n", "without witnesses");
        brokenPolicy("carriage-returns", (w1 + "quorum one\n").replace("\n", "\r\n"), "a control character");
        brokenPolicy("too-many-words", w1 + "quorum one two\n", "words");
    }

    private static String four() {
        return "witness four "
                + cosigner("four.example/w", Type.ED25519).verifier().vkey() + "\n";
    }

    private void goodPolicy(
            String name,
            String policy,
            int needed,
            int survives,
            String cosigned,
            boolean satisfied,
            String... missing) {
        VectorFile file = VectorFile.of("policy")
                .hex("policy", policy.getBytes(StandardCharsets.UTF_8))
                .number("needed", needed)
                .number("survives", survives)
                .hex("note", cosigned.getBytes(StandardCharsets.UTF_8))
                .text("judgement", satisfied ? "satisfied" : "not-satisfied");
        List.of(missing).forEach(m -> file.text("missing", m));
        put.accept("good-policy-" + name, file);
    }

    private void brokenPolicy(String name, String policy, String reason) {
        put.accept(
                "broken-policy-" + name,
                VectorFile.of("policy")
                        .hex("policy", policy.getBytes(StandardCharsets.UTF_8))
                        .text("reason", reason));
    }

    // ---- fraud proofs

    private static HashSource tree(String word) {
        return new HashSource() {
            @Override
            public byte[] hash(int level, long index) {
                return level == 0
                        ? MerkleHash.leaf((word + " " + index).getBytes(StandardCharsets.UTF_8))
                        : MerkleHash.node(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
            }
        };
    }

    private VerifiedCheckpoint checkpoint(NoteSigner by, String word, long size) throws InvalidNoteException {
        List<byte[]> edge = new ArrayList<>();
        long from = 0;
        for (int level = 62; level >= 0; level--) {
            if ((size >>> level & 1) == 1) {
                edge.add(tree(word).hash(level, from >>> level));
                from += 1L << level;
            }
        }
        byte[] root = new io.waymark.evidence.log.CompactTree(size, edge).root();
        return by.verifier().checkpoint(by.sign(new Checkpoint(by.verifier().name(), size, root).text()));
    }

    private void fraud() throws InvalidNoteException {
        VerifiedCheckpoint six = checkpoint(log, "entry", 6);
        VerifiedCheckpoint eight = checkpoint(log, "entry", 8);
        VerifiedCheckpoint fork6 = checkpoint(log, "other", 6);
        VerifiedCheckpoint fork11 = checkpoint(log, "other", 11);
        goodFraud("same-size", FraudProof.ofFork(six, fork6).orElseThrow());
        FraudProof grown = FraudProof.ofTree(six, fork11, tree("other")).orElseThrow();
        goodFraud("larger", grown);
        goodFraud(
                "larger-than-a-power-of-two",
                FraudProof.ofTree(eight, fork11, tree("other")).orElseThrow());
        brokenFraud("same-checkpoint", new FraudProof(six.note(), six.note(), List.of()), "both can be true");
        List<byte[]> honest = List.of(
                tree("entry").hash(1, 2),
                tree("entry").hash(1, 3),
                tree("entry").hash(2, 0));
        brokenFraud("consistent", new FraudProof(six.note(), eight.note(), honest), "both can be true");
        brokenFraud(
                "path-of-another-tree",
                new FraudProof(
                        six.note(),
                        fork11.note(),
                        FraudProof.ofTree(fork6, checkpoint(log, "entry", 11), tree("entry"))
                                .orElseThrow()
                                .path()),
                "the path does not lead to the later root");
        brokenFraud("no-path", new FraudProof(six.note(), fork11.note(), List.of()), "nothing is shown");
        brokenFraud(
                "other-way-round",
                new FraudProof(grown.later(), grown.earlier(), grown.path()),
                "larger before smaller");
        VerifiedCheckpoint other6 = checkpoint(otherLog, "other", 6);
        brokenFraud("other-log", new FraudProof(six.note(), other6.note(), List.of()), "not signed by the log");
        brokenFraud(
                "signature-altered",
                new FraudProof(six.note(), fork6.note().replace("\n6\n", "\n7\n"), List.of()),
                "the signature does not fit");
        VectorFile trailing = fraudFile(RawMessage.concat(grown.encode(), new byte[1]));
        put.accept("broken-fraud-trailing-byte", trailing.text("reason", "TRAILING_BYTES"));
    }

    private VectorFile fraudFile(byte[] file) {
        return VectorFile.of("fraud").text("vkey", log.verifier().vkey()).hex("file", file);
    }

    private void goodFraud(String name, FraudProof proof) {
        put.accept("good-fraud-" + name, fraudFile(proof.encode()));
    }

    private void brokenFraud(String name, FraudProof proof, String reason) {
        put.accept("broken-fraud-" + name, fraudFile(proof.encode()).text("reason", reason));
    }
}
