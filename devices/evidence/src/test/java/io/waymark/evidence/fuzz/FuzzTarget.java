package io.waymark.evidence.fuzz;

import com.sun.management.ThreadMXBean;
import io.waymark.evidence.HandedOverLog;
import io.waymark.evidence.LogForTests;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.InvalidPolicyException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.ReceiptKeys;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.RootsForTests;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.TlogProof;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.message.Envelope;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import io.waymark.evidence.vectors.VectorFile;
import io.waymark.evidence.witness.Submission;
import io.waymark.evidence.witness.Submission.MalformedSubmissionException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A parser, what must hold for whatever bytes it is given, and how much of it fuzzing has to reach.
 *
 * @param branches percent of the branches of {@code parsers} that seeds and altered seeds must reach, or the run fails. A few below what
 *                 was measured when it was set: raise it with new seeds, never lower it to get a run through
 * @param parsers  {@code class:method,method}, or a class with all it has, below {@code io.waymark.evidence}; classes nested in it are meant too
 * @param parser   refuses only by the exceptions in {@link #REFUSALS}
 * @param property throws AssertionError when what was accepted is not what it should be
 */
record FuzzTarget<T>(
        String name,
        int branches,
        List<String> parsers,
        Supplier<List<byte[]>> seeds,
        Parser<T> parser,
        Property<T> property) {
    interface Parser<T> {
        T parse(byte[] input) throws Exception;
    }

    interface Property<T> {
        void check(byte[] input, T accepted) throws Exception;
    }

    /** Every documented way to say no. An IllegalArgumentException is one for verifier keys only, which are configuration. */
    private static final Set<Class<?>> REFUSALS = Set.of(
            MalformedException.class,
            InvalidNoteException.class,
            InvalidPolicyException.class,
            MalformedSubmissionException.class);

    // A parser may copy its input some times over, and text takes two bytes a character; it may not allocate by what
    // the
    // input merely claims. The constant is for what it takes anyway: some 100 KiB for a signature.
    private static final long BYTES_PER_BYTE = 400;
    private static final long BYTES_ANYWAY = 1 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** @throws AssertionError when a property does not hold; the message says which */
    void take(byte[] input) {
        T accepted = null;
        long allowed = BYTES_ANYWAY + BYTES_PER_BYTE * input.length;
        long allocated = Long.MAX_VALUE;
        // Again when it was too much: the first time may have loaded classes, which Jazzer then writes anew.
        for (int times = 0; times < 3 && allocated > allowed; times++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                accepted = parser.parse(input.clone());
            } catch (Exception e) {
                if (!REFUSALS.contains(e.getClass())) {
                    throw new AssertionError("not a documented refusal: " + e, e);
                }
                accepted = null;
            }
            allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        claim(allocated <= allowed, "allocates " + allocated + " bytes");
        if (accepted != null) {
            try {
                property.check(input, accepted);
            } catch (Exception e) {
                throw new AssertionError("what was accepted cannot be used: " + e, e);
            }
        }
    }

    /** Reads what the properties compare with, which would otherwise be read with the first input. */
    void prepare() {
        claim(
                !Known.SIGNED.isEmpty() && !Known.TEXTS.isEmpty() && !Known.STORIES.isEmpty(),
                "nothing is known to be signed");
    }

    static FuzzTarget<?> named(String name) {
        FuzzTarget<?> target = ALL.get(name);
        if (target == null) {
            throw new IllegalArgumentException("no target " + name + " among " + ALL.keySet());
        }
        return target;
    }

    static Collection<FuzzTarget<?>> all() {
        return ALL.values();
    }

    private static final Map<String, FuzzTarget<?>> ALL = new TreeMap<>();

    private static <T> void target(
            String name,
            int branches,
            List<String> parsers,
            Supplier<List<byte[]>> seeds,
            Parser<T> parser,
            Property<T> property) {
        ALL.put(name, new FuzzTarget<>(name, branches, parsers, seeds, parser, property));
    }

    static {
        bytes();
        messages();
        notes();
        trees();
        files();
    }

    // CBOR, keys and signatures

    private static void bytes() {
        target(
                "cbor",
                92,
                List.of(
                        "cbor.CborReader:skip,peek,open,finish,requireAscending,count,argument,utf8,end,text,integer,map"),
                () -> Corpus.bytes("cbor", "bytes"),
                input -> {
                    CborReader in = new CborReader(input);
                    in.skip();
                    in.end();
                    return true;
                },
                (input, accepted) -> oneEncoding(input));
        // What is asked for where something else stands: the first byte says what.
        target(
                "cbor-asked",
                86,
                List.of("cbor.CborReader"),
                () -> {
                    List<byte[]> seeds = new ArrayList<>();
                    for (byte[] item : Corpus.bytes("cbor", "bytes")) {
                        for (int asked = 0; asked < 10; asked++) {
                            seeds.add(joined(new byte[] {(byte) asked}, item));
                        }
                    }
                    seeds.add(joined(new byte[] {9}, HexFormat.of().parseHex("d280")));
                    return seeds;
                },
                input -> {
                    CborReader in = new CborReader(Arrays.copyOfRange(input, Math.min(1, input.length), input.length));
                    switch (input.length == 0 ? 0 : input[0]) {
                        case 0 -> in.array();
                        case 1 -> in.array(2);
                        case 2 -> in.map();
                        case 3 -> in.unsigned();
                        case 4 -> in.integer();
                        case 5 -> in.bytes(2);
                        case 6 -> in.text();
                        case 7 -> in.bool();
                        case 8 -> in.nul();
                        case 9 -> in.tag();
                        default -> in.rawItem();
                    }
                    claim(in.offset() > 0 && in.offset() <= input.length - 1, "reads beyond its input");
                    while (in.offset() < input.length - 1) {
                        if (in.isNull()) {
                            in.nul();
                        } else {
                            in.skip();
                        }
                    }
                    in.end();
                    return true;
                },
                (input, accepted) -> {});
        target(
                "cose-key",
                82,
                List.of("key.VerificationKey:ofCose,ofEd25519,ofP256"),
                () -> Corpus.bytes("key", "cose-key"),
                VerificationKey::ofCose,
                (input, key) -> {
                    same(input, key.coseKey());
                    claim(!key.verifies(input, new byte[64]), "a signature of zeros holds");
                });
        target(
                "cose-sign1",
                95,
                List.of("key.CoseSign1:parse,label,verifies"),
                () -> concat(Corpus.bytes("receipt", "receipt"), envelopes()),
                CoseSign1::parse,
                (input, cose) -> {
                    oneEncoding(input);
                    same(input, cose.encoded());
                    for (VerificationKey key : Known.KEYS) {
                        claim(!cose.verifies(key) || Known.SIGNED.contains(hex(cose.digest())), "a forged signature");
                    }
                });
    }

    // Signed messages and receipts

    private static void messages() {
        target(
                "signed-message",
                84,
                List.of(
                        "message.SignedMessage:parse,limit,checkGroups",
                        "message.Head$Parsed:of,key,nullable32",
                        "message.Group:parse,parsedKey",
                        "message.Envelope:parse",
                        "message.Rekey:provedKey"),
                () -> Corpus.bytes("signed-message", "wire"),
                SignedMessage::parse,
                (input, message) -> {
                    oneEncoding(input);
                    same(input, message.wire());
                    for (VerificationKey key : Known.KEYS) {
                        claim(
                                !message.verifies(key) || Known.SIGNED.contains(hex(message.digest())),
                                "a forged message");
                    }
                    for (boolean all : new boolean[] {true, false}) {
                        Disclosure told = Disclosure.parse(message.disclosure(key -> all));
                        claim(told.matches(message.envelope().fieldsRoot()), "its own disclosure does not match");
                        claim(told.groups().size() == (all ? message.groups().size() : 0), "groups are lost");
                    }
                    Reading.measurements(message);
                    Reading.series(message);
                    Reading.position(message);
                    Reading.associations(message);
                    Reading.images(message);
                    CustodyStep.summary(message);
                    Rekey.provedKey(message);
                });
        target(
                "envelope",
                88,
                List.of("message.Envelope:parse", "message.Head$Parsed:of,key,nullable32", "key.CoseSign1:parse,label"),
                FuzzTarget::envelopes,
                Envelope::parse,
                (input, envelope) -> {
                    oneEncoding(input);
                    same(input, envelope.cose());
                    for (VerificationKey key : Known.KEYS) {
                        claim(
                                !envelope.verifies(key) || Known.SIGNED.contains(hex(envelope.digest())),
                                "a forged message");
                    }
                });
        target(
                "group",
                75,
                List.of(
                        "message.Group:parse,parsedKey",
                        "message.GroupShape:check,chunkDigests,statement,gaps",
                        "message.Reading:decodePosition,decodeAssociations,decodeMeasurements,decodeSeries,decodeImages,nonEmpty,uint31",
                        "message.CustodyStep:decodeObjects,decodeSummary"),
                () -> {
                    List<byte[]> groups = new ArrayList<>(oneOfEachGroup());
                    for (byte[] wire : Corpus.bytes("signed-message", "wire")) {
                        groups.addAll(groups(wire));
                    }
                    return groups;
                },
                input -> {
                    // As a disclosure of this group alone: that is where a group comes from outside.
                    byte[] alone = new CborWriter()
                            .array(1)
                            .array(2)
                            .bytes(new byte[16])
                            .bytes(input)
                            .toBytes();
                    return Disclosure.parse(alone);
                },
                (input, disclosure) -> {
                    oneEncoding(input);
                    same(input, disclosure.groups().get(0).encoded());
                    use(disclosure);
                });
        target(
                "disclosure",
                95,
                List.of("message.Disclosure:parse,matches"),
                () -> Corpus.bytes("disclosure", "disclosure"),
                Disclosure::parse,
                (input, disclosure) -> {
                    oneEncoding(input);
                    Known.GROUPS.forEach((root, groups) -> {
                        if (disclosure.matches(HexFormat.of().parseHex(root))) {
                            disclosure
                                    .groups()
                                    .forEach(group -> claim(
                                            groups.contains(hex(group.encoded())), "a group that was not signed"));
                        }
                    });
                    use(disclosure);
                });
        target(
                "receipt",
                78,
                List.of("receipt.Receipt:parse,ranges,key"),
                () -> Corpus.bytes("receipt", "receipt"),
                Receipt::parse,
                (input, receipt) -> {
                    oneEncoding(input);
                    same(input, receipt.bytes());
                    oneEncoding(CoseSign1.parse(input).payload());
                    for (VerificationKey key : Known.KEYS) {
                        claim(
                                !receipt.verifies(key)
                                        || Known.SIGNED.contains(
                                                hex(CoseSign1.parse(input).digest())),
                                "a forged receipt");
                    }
                    receipt.receipt()
                            .ranges()
                            .forEach(range -> claim(
                                    receipt.receipt().covers(range.epoch(), range.to()),
                                    "does not cover its own range"));
                });
        target(
                "resend-command",
                75,
                List.of("receipt.ResendCommand:parse,key"),
                () -> List.of(
                        resendCommand(new ResendCommand.Range(0, 3, 9)),
                        resendCommand(
                                new ResendCommand.Range(0, 0, 0),
                                new ResendCommand.Range(1, 4, 1L << 40),
                                new ResendCommand.Range(70_000, 24, 255))),
                ResendCommand::parse,
                (input, command) -> {
                    oneEncoding(input);
                    same(input, command.bytes());
                    oneEncoding(CoseSign1.parse(input).payload());
                    claim(
                            command.command().ranges().size() <= ResendCommand.MAX_RANGES,
                            "asks for more than a command may");
                    for (VerificationKey key : Known.KEYS) {
                        claim(
                                !command.verifies(key)
                                        || Known.SIGNED.contains(
                                                hex(CoseSign1.parse(input).digest())),
                                "a forged command");
                    }
                });
    }

    private static byte[] resendCommand(ResendCommand.Range... ranges) {
        return new ResendCommand(new byte[16], List.of(ranges), 1_790_000_000_000L)
                .sign(SigningKey.ofSeed(Sha256.of(new byte[] {65})));
    }

    /** Of the keys of FORMAT.md §5, which the vectors do not all have. */
    private static List<byte[]> oneOfEachGroup() {
        byte[] digest = Sha256.of();
        List<Group> groups = List.of(
                Group.of(7, v -> v.array(5)
                        .integer(525_000_000)
                        .integer(-134_000_000)
                        .unsigned(5)
                        .unsigned(1)
                        .integer(-20)),
                Group.of(7, v -> v.array(4).integer(0).integer(0).nul().unsigned(4)),
                Group.of(8, v -> v.array(7)
                        .array(2)
                        .unsigned(1)
                        .unsigned(340123450000000018L)
                        .array(2)
                        .unsigned(2)
                        .text("/01/09521234543213/21/A1")
                        .array(2)
                        .unsigned(3)
                        .text("/01/09521234543213/10/L1")
                        .array(2)
                        .unsigned(4)
                        .text("9521234543213")
                        .array(2)
                        .unsigned(5)
                        .text("9521234A")
                        .array(2)
                        .unsigned(6)
                        .text("9521234000007")
                        .array(2)
                        .unsigned(7)
                        .bytes(new byte[] {1})),
                Group.of(9, v -> v.array(2)
                        .array(2)
                        .unsigned(1)
                        .integer(412)
                        .array(5)
                        .unsigned(7)
                        .integer(3300)
                        .integer(0)
                        .unsigned(1)
                        .unsigned(2)),
                Group.of(10, v -> v.array(1)
                        .array(6)
                        .unsigned(1)
                        .unsigned(60)
                        .unsigned(10)
                        .array(3)
                        .integer(412)
                        .integer(-1)
                        .integer(1)
                        .integer(-2)
                        .unsigned(1)),
                Group.of(12, v -> v.array(1).bytes(digest)),
                Group.of(13, v -> v.bytes(digest)),
                Group.of(14, v -> v.nul()),
                Group.of(16, v -> v.bytes(Corpus.utf8("{}"))),
                Group.of(17, v -> v.array(2).unsigned(10_000).bytes(digest)),
                Group.of(18, v -> v.map(9)
                        .unsigned(1)
                        .text("shipping")
                        .unsigned(2)
                        .unsigned(1_790_000_000_000L)
                        .unsigned(3)
                        .text("Crab Ltd")
                        .unsigned(4)
                        .text("Dingle")
                        .unsigned(5)
                        .array(2)
                        .integer(52)
                        .integer(-10)
                        .unsigned(6)
                        .unsigned(12)
                        .unsigned(7)
                        .text("on ice")
                        .unsigned(8)
                        .text("in_transit")
                        .unsigned(9)
                        .text("340123450000000018")),
                Group.of(19, v -> v.map(1).unsigned(1).bool(true)),
                Group.of(20, v -> v.bytes(digest)),
                Group.of(21, v -> v.unsigned(70_000)),
                Group.of(22, v -> v.text("image/jpeg")),
                Group.of(24, v -> v.bytes(new byte[64])),
                Group.of(25, v -> v.array(2).unsigned(640).unsigned(480)),
                Group.of(
                        28,
                        v -> v.array(3).text("photo").bytes(digest).text("https://id.gs1.org/01/09521234543213/21/A1")),
                Group.of(28, v -> v.array(2).text("rule").bytes(digest)),
                Group.of(41, v -> v.bytes(new byte[64])),
                Group.of(50, v -> v.array(2)
                        .array(3)
                        .unsigned(1)
                        .unsigned(4)
                        .unsigned(0)
                        .array(2)
                        .unsigned(9)
                        .unsigned(9)),
                Group.of(60, v -> v.bytes(new byte[16])),
                Group.of(62, v -> v.integer(-1)));
        return groups.stream().map(Group::encoded).toList();
    }

    private static void use(Disclosure disclosure) {
        Reading.measurements(disclosure);
        Reading.series(disclosure);
        Reading.position(disclosure);
        Reading.associations(disclosure);
        CustodyStep.summary(disclosure);
    }

    // Notes

    private static void notes() {
        NoteVerifier log = Known.LOG;
        target(
                "note",
                86,
                List.of("log.Note:parse,line,isOf", "log.NoteVerifier:verify"),
                FuzzTarget::notesAsBytes,
                input -> {
                    String note = Corpus.utf8(input);
                    claim(RootsForTests.rewritten(note).equals(note), "a note with two encodings");
                    return log.verify(note);
                },
                (input, text) -> claim(Known.TEXTS.contains(text), "a forged note"));
        target(
                "checkpoint",
                95,
                List.of("log.Checkpoint:parse"),
                () -> notesAsBytes().stream()
                        .map(note -> {
                            String text = Corpus.utf8(note);
                            int end = text.lastIndexOf("\n\n");
                            return Corpus.utf8(end < 0 ? text : text.substring(0, end + 1));
                        })
                        .toList(),
                input -> Checkpoint.parse(Corpus.utf8(input)),
                (input, checkpoint) -> {
                    String text = Corpus.utf8(input);
                    claim(text.startsWith(checkpoint.text()), "a checkpoint with two encodings");
                    String more = text.substring(checkpoint.text().length());
                    claim(more.isEmpty() || !more.startsWith("\n") && more.endsWith("\n"), "lines that are none");
                });
        target(
                "cosigned-checkpoint",
                85,
                List.of("log.CosignatureVerifier:find,verified", "log.CosignedCheckpoint:read,cosignatures"),
                () -> Corpus.bytes("cosignature", "note"),
                input -> CosignedCheckpoint.read(Corpus.utf8(input), log, Known.WITNESSES),
                (input, cosigned) -> {
                    String text = cosigned.checkpoint().text();
                    claim(Known.TEXTS.contains(text), "a forged checkpoint");
                    cosigned.cosignatures()
                            .forEach(one -> claim(
                                    Known.COSIGNED.contains(one.name() + " " + one.seconds() + " " + one.type()),
                                    "a forged cosignature"));
                });
        target(
                "verifier-key",
                80,
                List.of("log.Vkey:parse,<init>", "log.NoteVerifier:ofVkey", "log.CosignatureVerifier:of,ofVkey"),
                () -> Corpus.texts(Corpus.distinct(Stream.of("note", "checkpoint", "cosignature")
                        .flatMap(kind -> Corpus.vectors(kind, "").stream())
                        // With and without its padding.
                        .flatMap(v -> Stream.concat(v.texts("vkey").stream(), v.texts("witness").stream()))
                        .flatMap(vkey ->
                                Stream.of(vkey, vkey.replaceAll("=+$", ""), vkey.replaceFirst("^[^+]*", "a b"))))),
                input -> {
                    String text = Corpus.utf8(input);
                    String again = null;
                    try {
                        again = NoteVerifier.ofVkey(text).vkey();
                    } catch (IllegalArgumentException e) {
                        // documented
                    }
                    try {
                        again = CosignatureVerifier.ofVkey(text).vkey();
                    } catch (IllegalArgumentException e) {
                        // documented
                    }
                    return again;
                },
                (input, vkey) -> claim(Corpus.utf8(input).strip().equals(vkey), "a verifier key with two encodings"));
        target(
                "policy",
                80,
                List.of("log.Policy"),
                () -> concat(Corpus.bytes("policy", "policy"), List.of(Corpus.utf8("\n#".repeat(2000)))),
                input -> Policy.parse(Corpus.utf8(input)),
                (input, policy) -> {
                    int n = policy.entities().size();
                    int k = policy.needed();
                    int f = policy.survives();
                    claim(n == 0 ? k == 0 && f == 0 : k >= 1 && k <= n - f && 2 * k - n > f, "not a safe policy");
                    Set<String> keys = new HashSet<>();
                    policy.witnesses().forEach(w -> claim(keys.add(w.key().vkey()), "one key under two names"));
                    CosignedCheckpoint nobody;
                    try {
                        nobody = policy.read(Known.NOTE, log);
                    } catch (InvalidNoteException e) {
                        return;
                    }
                    Policy.Judgement judgement = policy.judge(nobody);
                    claim(judgement.witnessed().size() + judgement.missing().size() == n, "an entity is lost");
                    claim(judgement.satisfied() == judgement.witnessed().size() >= k, "a quorum that is none");
                });
        target(
                "witness-body",
                80,
                List.of("witness.Submission:parse"),
                () -> List.of(
                        new Submission(0, new ConsistencyProof(List.of()), Known.NOTE).encode(),
                        new Submission(6, new ConsistencyProof(List.of(new byte[32], Sha256.of())), Known.NOTE)
                                .encode(),
                        new Submission(
                                        1L << 40,
                                        new ConsistencyProof(
                                                Known.TREE.between(5, 64).path()),
                                        Known.NOTE)
                                .encode(),
                        Corpus.utf8("old 1\n\n"),
                        Corpus.utf8("old 1\nAA\n\nnote"),
                        Corpus.utf8("old 9223372036854775808\n\nnote"),
                        // Just beyond the limit; larger seeds would slow everything else down.
                        Arrays.copyOf(Corpus.utf8("old 1\n\n"), Submission.MAX_BYTES + 1)),
                Submission::parse,
                (input, submission) -> same(input, submission.encode()));
    }

    private static List<byte[]> notesAsBytes() {
        return Stream.of("note", "checkpoint", "cosignature")
                .flatMap(kind -> Corpus.bytes(kind, "note").stream())
                .toList();
    }

    // Trees and the map

    private static void trees() {
        // index(8) ‖ size(8) ‖ leaf hash(32) ‖ path
        target(
                "inclusion",
                85,
                List.of("log.MerkleHash:rootFrom"),
                () -> {
                    List<byte[]> seeds = new ArrayList<>();
                    for (int size : new int[] {1, 2, 3, 7, 8, 33, 64}) {
                        for (int index : new int[] {0, size / 2, size - 1}) {
                            seeds.add(joined(
                                    Sha256.u64(index),
                                    Sha256.u64(size),
                                    Known.TREE.hash(0, index),
                                    path(InclusionProof.of(index, size, Known.TREE)
                                            .path())));
                        }
                    }
                    return seeds;
                },
                input -> {
                    ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(input, Math.max(input.length, 48)));
                    long index = in.getLong();
                    long size = in.getLong();
                    byte[] leaf = take(in, 32);
                    List<byte[]> path = hashes(in);
                    byte[] root = MerkleHash.rootFrom(leaf, index, size, path);
                    if (root == null || size > Known.SIZES || !Arrays.equals(root, Known.ROOTS[(int) size])) {
                        return false;
                    }
                    claim(index >= 0 && index < size, "an index outside the tree");
                    same(Known.TREE.hash(0, index), leaf);
                    same(path(InclusionProof.of(index, size, Known.TREE).path()), path(path));
                    return true;
                },
                (input, placed) -> {});
        // old size(8) ‖ size(8) ‖ old root(32) ‖ path
        target(
                "consistency",
                80,
                List.of("log.ConsistencyProof:extends_,connects,roots"),
                () -> {
                    List<byte[]> seeds = new ArrayList<>();
                    for (int[] sizes : new int[][] {
                        {0, 0}, {0, 5}, {1, 1}, {1, 2}, {2, 3}, {3, 7}, {4, 8}, {6, 8}, {31, 64}, {33, 64}
                    }) {
                        seeds.add(joined(
                                Sha256.u64(sizes[0]),
                                Sha256.u64(sizes[1]),
                                Known.ROOTS[sizes[0]],
                                path(ConsistencyProof.of(sizes[0], sizes[1], Known.TREE)
                                        .path())));
                    }
                    return seeds;
                },
                input -> {
                    ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(input, Math.max(input.length, 48)));
                    long old = in.getLong();
                    long size = in.getLong();
                    byte[] oldRoot = take(in, 32);
                    List<byte[]> path = hashes(in);
                    byte[] root = size >= 0 && size <= Known.SIZES ? Known.ROOTS[(int) size] : new byte[32];
                    if (!RootsForTests.extendsFrom(old, oldRoot, size, root, path)) {
                        return false;
                    }
                    if (old == 0) {
                        // Nothing is the beginning of every tree.
                        claim(
                                path.isEmpty() && Arrays.equals(Known.ROOTS[0], oldRoot),
                                "a beginning that was not nothing");
                        return true;
                    }
                    if (old == size) {
                        // One tree, of whatever size: only the two roots can be compared.
                        claim(path.isEmpty() && Arrays.equals(root, oldRoot), "one size and two roots");
                        return true;
                    }
                    claim(old > 0 && old <= size && size <= Known.SIZES, "a tree that shrank");
                    same(Known.ROOTS[(int) old], oldRoot);
                    same(path(ConsistencyProof.of(old, size, Known.TREE).path()), path(path));
                    return true;
                },
                (input, grown) -> {});
        // tag(32) ‖ 0, or 1 and the terminal(32) ‖ siblings
        target(
                "map-proof",
                85,
                List.of("map.MapProof:find,sharesPrefix"),
                () -> {
                    List<byte[]> seeds = new ArrayList<>();
                    for (int i = 0; i < 40; i += 3) {
                        byte[] tag = Arrays.copyOfRange(Known.TAGS, 32 * (i / 2), 32 * (i / 2) + 32);
                        tag[i % 32] ^= (byte) (i % 4);
                        seeds.add(mapProof(tag, TagMap.proof(Known.TAGS, 0, tag)));
                    }
                    return seeds;
                },
                input -> {
                    ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(input, Math.max(input.length, 33)));
                    byte[] tag = take(in, 32);
                    boolean some = in.get() == 1 && in.remaining() >= 32;
                    MapProof proof = new MapProof(some ? hashes(in, 1) : List.of(), null);
                    proof = new MapProof(hashes(in), some ? proof.siblings().get(0) : null);
                    MapProof.Finding found = proof.find(tag, Known.MAP_ROOT);
                    if (found == MapProof.Finding.NOTHING) {
                        return false;
                    }
                    claim((found == MapProof.Finding.PRESENT) == Known.TAG_SET.contains(hex(tag)), "shows " + found);
                    same(mapProof(tag, TagMap.proof(Known.TAGS, 0, tag)), mapProof(tag, proof));
                    return true;
                },
                (input, shown) -> {});
    }

    private static byte[] mapProof(byte[] tag, MapProof proof) {
        byte[] terminal = proof.terminal();
        return terminal == null
                ? joined(tag, new byte[1], path(proof.siblings()))
                : joined(tag, new byte[] {1}, terminal, path(proof.siblings()));
    }

    // Entries and files

    private static void files() {
        target(
                "public-entry",
                82,
                List.of(
                        "log.PublicEntry:parse",
                        "log.PublicFields:is,open,unknown,reader,key,oneOf",
                        "log.KeyBinding:parse,is",
                        "log.Revocation:parse,is",
                        "log.LogKey:parse,is",
                        "log.MapHead:parse,is,inRange"),
                () -> Stream.of("key-binding", "revocation", "log-key", "map-head")
                        .flatMap(kind -> Corpus.bytes(kind, "entry").stream())
                        .toList(),
                input -> {
                    PublicEntry entry = PublicEntry.parse(input);
                    oneEncoding(Arrays.copyOfRange(input, 1, input.length));
                    return entry;
                },
                (input, entry) -> same(input, entry.entry()));
        target(
                "bundle",
                95,
                List.of("log.Tiles:entries"),
                () -> Corpus.bytes("tile", "bundle"),
                Tiles::entries,
                (input, entries) -> same(input, Tiles.bundle(entries)));
        target(
                "tile-path",
                50,
                List.of("log.Tiles:isPath,name"),
                () -> Corpus.texts(
                        Corpus.distinct(Corpus.vectors("tile-path", "").stream().map(v -> v.text("path")))),
                input -> Tiles.isPath(Corpus.utf8(input)),
                (input, accepted) -> {
                    if (accepted) {
                        String path = Corpus.utf8(input);
                        String[] parts = path.split("/", 3);
                        String[] name = parts[2].split("\\.p/", 2);
                        long index = Long.parseLong(name[0].replaceAll("[x/]", ""));
                        int width = name.length == 2 ? Integer.parseInt(name[1]) : Tiles.WIDTH;
                        String again = parts[1].equals("entries")
                                ? Tiles.entriesPath(index, width)
                                : Tiles.path(Integer.parseInt(parts[1]), index, width);
                        claim(path.equals(again), "a tile with two paths");
                    }
                });
        target(
                "tlog-proof",
                88,
                List.of("log.TlogProof:parse,hash"),
                () -> {
                    String whole = new TlogProof(InclusionProof.of(7, 33, Known.TREE), Known.NOTE).text();
                    return Corpus.texts(List.of(
                            whole,
                            whole.replace("index", "extra AAAA\nindex"),
                            TlogProof.FIRST_LINE + "index 0\n\n" + Known.NOTE,
                            TlogProof.FIRST_LINE + "index 01\nAA\n\n"));
                },
                input -> TlogProof.parse(Corpus.utf8(input)),
                (input, proof) -> {
                    String text = Corpus.utf8(input);
                    int extra = text.indexOf("\nextra ");
                    boolean some = extra == TlogProof.FIRST_LINE.length() - 1;
                    String without =
                            some ? TlogProof.FIRST_LINE + text.substring(text.indexOf('\n', extra + 1) + 1) : text;
                    claim(without.equals(proof.text()), "a tlog-proof with two encodings");
                });
        target(
                "proof-file",
                84,
                List.of("proof.ProofFile:parse,terminal,place,path,key", "log.HandOvers:read"),
                () -> Corpus.bytes("proof", "file"),
                ProofFile::parse,
                (input, file) -> {
                    same(input, file.encode());
                    if (Check.summary(ProofVerification.verify(file, Known.LOG)) == Outcome.PASS) {
                        claim(Known.STORIES.contains(Known.story(file)), "a story that nobody signed");
                        for (ProofFile.Message message : file.messages()) {
                            String digest = hex(Envelope.parse(message.cose()).digest());
                            claim(Known.STORY_MESSAGES.contains(digest), "a message that is not in the log");
                        }
                    }
                });
        target(
                "hand-overs",
                62,
                List.of("log.HandOvers:parse,read,placed,path,logKey", "log.FollowedKey:of"),
                () -> {
                    HandedOverLog log = new HandedOverLog("entry")
                            .promise()
                            .grow(9)
                            .handOver()
                            .grow(3)
                            .handOver();
                    return List.of(log.handOvers(1), log.handOvers(2));
                },
                HandOvers::parse,
                (input, told) -> {
                    same(input, told.encode());
                    try {
                        NoteVerifier followed = FollowedKey.of(HandedOverLog.key(0), Optional.of(input))
                                .log();
                        claim(
                                List.of(
                                                HandedOverLog.key(1).vkey(),
                                                HandedOverLog.key(2).vkey())
                                        .contains(followed.vkey()),
                                "a key that was never handed over to");
                    } catch (InvalidNoteException refused) {
                        // What it tells does not hold.
                    }
                });
        SigningKey ended = SigningKey.ofSeed(new byte[32]);
        SigningKey next = SigningKey.ofSeed(Sha256.of(new byte[32]));
        target(
                "receipt-keys",
                76,
                List.of("log.ReceiptKeys:parse,readHandOvers,follow,parsed", "log.HandOvers:read,placed,path"),
                () -> {
                    HandedOverLog log = new HandedOverLog("entry").promise().add(HandedOverLog.receiptKey(ended));
                    byte[] first = receiptKeys(log, null, HandedOverLog.receiptKey(ended));
                    log.handOver();
                    int size = log.size();
                    byte[] revocation = Revocation.plain(
                                    HandedOverLog.receiptStream(ended),
                                    ended.verificationKey().kid(),
                                    Revocation.SUPERSEDED)
                            .entry();
                    log.grow(2)
                            .add(HandedOverLog.receiptKey(next))
                            .add(revocation)
                            .grow(1);
                    try {
                        HandOvers told = HandOvers.parse(log.handOvers(1));
                        HandOvers.HandOver only = told.handOvers().get(0);
                        HandOvers toTheEnd = new HandOvers(
                                told.first(),
                                List.of(new HandOvers.HandOver(
                                        only.note(), only.taken(), ConsistencyProof.of(size, log.size(), log))));
                        return List.of(
                                first,
                                receiptKeys(
                                        log,
                                        toTheEnd,
                                        HandedOverLog.receiptKey(ended),
                                        HandedOverLog.receiptKey(next),
                                        revocation),
                                receiptKeys(log, null, revocation));
                    } catch (MalformedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                ReceiptKeys::parse,
                (input, told) -> {
                    same(input, told.encode());
                    try {
                        ReceiptKeys.Known known = told.follow(HandedOverLog.key(0));
                        List<VerificationKey> bound = List.of(ended.verificationKey(), next.verificationKey());
                        claim(
                                bound.containsAll(known.inForce()) && bound.containsAll(known.revoked()),
                                "a receipt key that the log never bound");
                        claim(!known.revoked().contains(next.verificationKey()), "a key is revoked by nobody's word");
                    } catch (InvalidNoteException refused) {
                        // What it tells does not hold.
                    }
                });
        target(
                "fraud-proof",
                78,
                List.of("log.FraudProof:parse,judge,signed,contradicts"),
                () -> Corpus.bytes("fraud", "file"),
                FraudProof::parse,
                (input, proof) -> {
                    same(input, proof.encode());
                    if (proof.judge(Known.LOG) instanceof FraudProof.Verdict.Proven) {
                        for (String note : List.of(proof.earlier(), proof.later())) {
                            claim(
                                    Known.TEXTS.contains(Known.LOG.verify(note)),
                                    "fraud by a checkpoint that was not signed");
                        }
                    }
                    // The log of one history: nothing anybody writes may accuse it.
                    claim(
                            !(proof.judge(Known.TREE.key()) instanceof FraudProof.Verdict.Proven),
                            "an honest log is accused");
                });
    }

    /** What the vectors say was signed, and a tree and a map whose every hash is known. */
    private static final class Known {
        static final NoteVerifier LOG = NoteVerifier.ofVkey(
                Corpus.vectors("cosignature", "good-").get(0).text("vkey"));
        static final String NOTE =
                Corpus.utf8(Corpus.vectors("checkpoint", "good-").get(0).hex("note"));
        static final List<CosignatureVerifier> WITNESSES = Corpus.distinct(
                        Corpus.vectors("cosignature", "good-").stream().flatMap(v -> v.texts("witness").stream()))
                .stream()
                .map(CosignatureVerifier::ofVkey)
                .toList();
        static final Set<String> COSIGNED = Corpus.distinct(
                Corpus.vectors("cosignature", "good-").stream().flatMap(v -> v.texts("cosigned").stream()));

        /** Texts that the log of the vectors signed. */
        static final Set<String> TEXTS = new HashSet<>();

        static final Set<VerificationKey> KEYS = new HashSet<>();

        /** Digests of what these keys signed. */
        static final Set<String> SIGNED = new HashSet<>();

        /** Fields-root to the groups under it. */
        static final Map<String, Set<String>> GROUPS = new TreeMap<>();

        static final Set<String> STORIES = new HashSet<>();
        static final Set<String> STORY_MESSAGES = new HashSet<>();

        static {
            try {
                for (String kind : List.of("note", "checkpoint", "cosignature", "policy", "fraud", "proof")) {
                    for (VectorFile v : Corpus.vectors(kind, "")) {
                        signed(v);
                    }
                }
                for (VectorFile v : Corpus.vectors("signed-message", "good-")) {
                    KEYS.add(VerificationKey.ofCose(v.hex("key")));
                    SIGNED.add(v.text("digest"));
                }
                for (VectorFile v : Corpus.vectors("receipt", "good-")) {
                    KEYS.add(VerificationKey.ofCose(v.hex("key")));
                    SIGNED.add(hex(CoseSign1.parse(v.hex("receipt")).digest()));
                }
                // Vectors of other kinds are broken in other ways than by a wrong signature.
                for (byte[] cose : concat(Corpus.bytes("receipt", "receipt"), envelopes())) {
                    try {
                        CoseSign1 one = CoseSign1.parse(cose);
                        if (KEYS.stream().anyMatch(one::verifies)) {
                            SIGNED.add(hex(one.digest()));
                        }
                    } catch (MalformedException e) {
                        // one of the broken ones
                    }
                }
                for (VectorFile v : Corpus.vectors("disclosure", "good-")) {
                    Set<String> groups = GROUPS.computeIfAbsent(v.text("fields-root"), r -> new HashSet<>());
                    Disclosure.parse(v.hex("disclosure")).groups().forEach(g -> groups.add(hex(g.encoded())));
                }
                for (VectorFile v : Corpus.vectors("proof", "good-")) {
                    ProofFile file = ProofFile.parse(v.hex("file"));
                    STORIES.add(story(file));
                    for (ProofFile.Message message : file.messages()) {
                        STORY_MESSAGES.add(hex(Envelope.parse(message.cose()).digest()));
                    }
                }
            } catch (MalformedException e) {
                throw new AssertionError(e);
            }
        }

        private static void signed(VectorFile v) throws MalformedException {
            List<String> notes = new ArrayList<>();
            if (v.has("note")) {
                notes.add(Corpus.utf8(v.hex("note")));
            }
            if (v.has("file")) {
                try {
                    if (v.text("kind").equals("fraud")) {
                        FraudProof fraud = FraudProof.parse(v.hex("file"));
                        notes.addAll(List.of(fraud.earlier(), fraud.later()));
                    } else {
                        notes.add(ProofFile.parse(v.hex("file")).checkpointNote());
                    }
                } catch (MalformedException e) {
                    return;
                }
            }
            for (String note : notes) {
                try {
                    TEXTS.add(LOG.verify(note));
                } catch (InvalidNoteException e) {
                    // not the log's
                }
            }
        }

        /** What a proof tells, without what it may leave out. */
        static String story(ProofFile file) throws MalformedException {
            StringBuilder story = new StringBuilder(file.objectUri()).append(hex(file.objectSecret()));
            for (ProofFile.Step step : file.steps()) {
                story.append(' ').append(hex(Envelope.parse(step.cose()).digest()));
            }
            return story.toString();
        }

        static final int SIZES = 64;
        static final LogForTests TREE = new LogForTests(
                new io.waymark.evidence.log.NoteSigner("honest.example/log", SigningKey.ofSeed(new byte[32])),
                Long.MAX_VALUE,
                "");
        static final byte[][] ROOTS = new byte[SIZES + 1][];

        static {
            for (int size = 0; size <= SIZES; size++) {
                ROOTS[size] = TREE.root(size);
            }
        }

        /** 40 tags, some of which share many bits. */
        static final byte[] TAGS;

        static final Set<String> TAG_SET = new java.util.TreeSet<>();
        static final byte[] MAP_ROOT;

        static {
            for (int i = 0; i < 40; i++) {
                byte[] tag = Sha256.of(new byte[] {(byte) (i / 4)});
                tag[(7 * i) % 32] ^= (byte) (i % 4);
                TAG_SET.add(hex(tag));
            }
            TAGS = HexFormat.of().parseHex(String.join("", TAG_SET));
            MAP_ROOT = TagMap.root(TAGS, 0);
        }
    }

    private static List<byte[]> envelopes() {
        List<byte[]> envelopes = new ArrayList<>();
        for (byte[] wire : Corpus.bytes("signed-message", "wire")) {
            try {
                CborReader in = new CborReader(wire);
                in.array();
                envelopes.add(in.bytes());
            } catch (MalformedException e) {
                // one of the broken ones
            }
        }
        return envelopes;
    }

    private static List<byte[]> groups(byte[] wire) {
        List<byte[]> groups = new ArrayList<>();
        try {
            CborReader in = new CborReader(wire);
            in.array(3);
            in.skip();
            in.skip();
            for (int left = in.array(); left > 0; left--) {
                groups.add(in.bytes());
            }
        } catch (MalformedException e) {
            // one of the broken ones: what came before is still good
        }
        return groups;
    }

    /** Read item by item and written anew it is the same; a tag may stand first. */
    private static void oneEncoding(byte[] input) throws MalformedException {
        CborReader in = new CborReader(input);
        CborWriter out = new CborWriter();
        if (in.peek() == CborReader.Kind.TAG) {
            out.tag(in.tag());
        }
        copy(in, out);
        in.end();
        same(input, out.toBytes());
    }

    private static void copy(CborReader in, CborWriter out) throws MalformedException {
        switch (in.peek()) {
            case UNSIGNED -> out.unsigned(in.unsigned());
            case NEGATIVE -> out.integer(in.integer());
            case BYTES -> out.bytes(in.bytes());
            case TEXT -> out.text(in.text());
            case BOOL -> out.bool(in.bool());
            case NULL -> {
                in.nul();
                out.nul();
            }
            case TAG -> throw new AssertionError("a tag inside");
            case ARRAY -> {
                int n = in.array();
                out.array(n);
                for (int i = 0; i < n; i++) {
                    copy(in, out);
                }
            }
            case MAP -> {
                int n = in.map();
                out.map(n);
                for (int i = 0; i < 2 * n; i++) {
                    copy(in, out);
                }
            }
        }
    }

    private static void claim(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private static void same(byte[] expected, byte[] actual) {
        if (!Arrays.equals(expected, actual)) {
            throw new AssertionError("not the same bytes: " + hex(expected) + " and " + hex(actual));
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] joined(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer out = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.array();
    }

    private static byte[] path(List<byte[]> path) {
        return joined(path.toArray(byte[][]::new));
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static List<byte[]> hashes(ByteBuffer in) {
        return hashes(in, Integer.MAX_VALUE);
    }

    /** At most {@code most}; the last one of what is left may be shorter than a hash. */
    private static List<byte[]> hashes(ByteBuffer in, int most) {
        List<byte[]> hashes = new ArrayList<>();
        while (in.hasRemaining() && hashes.size() < most) {
            hashes.add(take(in, Math.min(32, in.remaining())));
        }
        return hashes;
    }

    private static List<byte[]> concat(List<byte[]> a, List<byte[]> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }

    @Override
    public String toString() {
        return name;
    }

    /** The file about these entries, wherever they stand in the log. */
    private static byte[] receiptKeys(HandedOverLog log, HandOvers told, byte[]... entries) {
        List<HandOvers.Placed> placed = new ArrayList<>();
        for (byte[] entry : entries) {
            placed.add(new HandOvers.Placed(entry, InclusionProof.of(log.indexOf(entry), log.size(), log)));
        }
        return new ReceiptKeys(log.checkpoint(), placed, told).encode();
    }
}
