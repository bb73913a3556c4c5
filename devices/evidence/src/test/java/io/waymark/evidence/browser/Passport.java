package io.waymark.evidence.browser;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.ProofFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** One crab's passport page with the log behind it: everything the page's script fetches. Seeds are fixed; only the map head's time is the day's. */
final class Passport {
    static final String PATH = "/01/09506000134352/10/LOT-A/21/7KQ2M9XW4T8HB3ZD";
    static final String URI = "https://id.gs1.org/01/09506000134352/21/7KQ2M9XW4T8HB3ZD";
    private static final byte[] OBJECT_SECRET = bytes(7, 32);
    private static final long TIME = 1_790_000_000_000L;

    private static final List<String> WITNESSES = List.of("one", "two", "three");

    private long cosignedAt;
    private int cosigning;
    private boolean touched;
    private final SigningKey maker = SigningKey.ofSeed(bytes(1, 32));
    private final SigningKey sensor = SigningKey.ofSeed(bytes(2, 32));
    NoteSigner log = new NoteSigner("trace.example/log", SigningKey.ofSeed(bytes(3, 32)));
    private Supplier<HandOvers> handOvers = () -> null;
    private final byte[] makerStream = bytes(4, 16);
    private final byte[] sensorStream = bytes(5, 16);
    private final List<byte[]> entries = new ArrayList<>();
    private final List<byte[]> leaves = new ArrayList<>();
    private final List<byte[]> linkTags = new ArrayList<>();
    private byte[] mapHead;
    private long mapHeadIndex;
    private final List<SignedMessage> steps = new ArrayList<>();
    private final List<ObjectTree> trees = new ArrayList<>();
    private final List<Long> stepIndexes = new ArrayList<>();
    private final List<SignedMessage> readings = new ArrayList<>();
    private final List<Long> readingIndexes = new ArrayList<>();
    private final byte[] makerBinding;
    private final byte[] sensorBinding;

    /** @param history tells one history of the log from another */
    Passport(int history) {
        makerBinding = binding(makerStream, maker, KeyBinding.ORGANISATION, "platform");
        sensorBinding = binding(sensorStream, sensor, KeyBinding.DEVICE, "device");
        append(makerBinding);
        append(sensorBinding);
        strangers(history, 300);
        byte[] link = step("commissioning", null);
        reading(412);
        reading(405);
        strangers(history, 250);
        link = step("shipping", link);
        reading(433);
        strangers(history, 20);
        mapHead(System.currentTimeMillis());
    }

    /** The operator's map of all links, as of this time. */
    void mapHead(long timeMillis) {
        mapHead = new MapHead(leaves.size(), linkTags.size(), TagMap.root(sortedTags(), 0), timeMillis).entry();
        mapHeadIndex = append(mapHead);
    }

    private byte[] sortedTags() {
        ByteBuffer tags = ByteBuffer.allocate(32 * linkTags.size());
        linkTags.stream().sorted(Arrays::compareUnsigned).forEach(tags::put);
        return tags.array();
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) seed);
        return bytes;
    }

    private static byte[] binding(byte[] stream, SigningKey key, String role, String keeper) {
        return new KeyBinding(
                        stream,
                        key.verificationKey(),
                        role,
                        keeper,
                        Entries.streamCommitment(stream, bytes(6, 32)),
                        "Skagen Seafood",
                        "self-declared",
                        0,
                        "<b>hold 2</b>")
                .entry();
    }

    private long append(byte[] entry) {
        entries.add(entry);
        leaves.add(MerkleHash.leaf(entry));
        return leaves.size() - 1;
    }

    /** Other people's entries. */
    void strangers(int history, int count) {
        for (int i = 0; i < count; i++) {
            byte[] tag = ByteBuffer.allocate(32)
                    .putInt(history)
                    .putInt(leaves.size())
                    .array();
            append(Entries.statement(tag, tag));
        }
    }

    private byte[] step(String bizStep, byte[] previousLink) {
        int n = steps.size();
        byte[] secret = bytes(20 + n, 16);
        ObjectTree tree = new ObjectTree(secret, List.of(new ObjectTree.Entry(URI, n == 0 ? OBJECT_SECRET : null)));
        Head head = new Head(
                MessageType.CUSTODY_STEP,
                makerStream,
                0,
                n,
                n == 0 ? null : steps.get(n - 1).digest(),
                TIME + n,
                2,
                null,
                null);
        SignedMessage message = SignedMessage.sign(
                head,
                List.of(
                        CustodyStep.objects(tree),
                        CustodyStep.summary(new CustodyStep.PublicSummary(
                                bizStep,
                                TIME + n,
                                "Skagen Seafood",
                                "a vessel in the North Sea",
                                null,
                                null,
                                null,
                                null,
                                null,
                                null))),
                secret,
                maker);
        byte[] link = Entries.linkDigest(message.digest(), n, previousLink);
        steps.add(message);
        trees.add(tree);
        linkTags.add(Entries.linkTag(OBJECT_SECRET, n));
        stepIndexes.add(append(Entries.link(OBJECT_SECRET, n, link)));
        return link;
    }

    private void reading(long centiCelsius) {
        int seq = readings.size();
        Head head = new Head(
                MessageType.READING,
                sensorStream,
                0,
                seq,
                seq == 0 ? null : readings.get(seq - 1).digest(),
                TIME + seq,
                3,
                50L,
                null);
        SignedMessage message = SignedMessage.sign(
                head,
                List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, centiCelsius)))),
                bytes(40 + seq, 16),
                sensor);
        readings.add(message);
        readingIndexes.add(append(Entries.statement(tag(seq), message.digest())));
    }

    private static byte[] tag(int seq) {
        return bytes(60 + seq, 32);
    }

    /** The log promises another key and changes to it; what is served from now on tells of that one alone. */
    void handOver() {
        SigningKey next = SigningKey.ofSeed(bytes(8, 32));
        byte[] promise = new LogKey(0, log.verifier().key(), LogKey.commitment(next.verificationKey())).entry();
        long promised = append(promise);
        byte[] taken = new LogKey(1, next.verificationKey(), bytes(9, 32)).entry();
        long took = append(taken);
        long size = leaves.size();
        NoteSigner after = new NoteSigner("trace.example/log", next);
        String both = log.handOver(new Checkpoint("trace.example/log", size, root()).text(), after);
        log = after;
        handOvers = () -> new HandOvers(
                new HandOvers.Placed(promise, InclusionProof.of(promised, size, hashes())),
                List.of(new HandOvers.HandOver(
                        both,
                        new HandOvers.Placed(taken, InclusionProof.of(took, size, hashes())),
                        ConsistencyProof.of(size, leaves.size(), hashes()))));
    }

    private HashSource hashes() {
        return (level, index) -> {
            if (level == 0) {
                return leaves.get((int) index);
            }
            HashSource below = hashes();
            return MerkleHash.node(below.hash(level - 1, 2 * index), below.hash(level - 1, 2 * index + 1));
        };
    }

    private InclusionProof place(long index) {
        return InclusionProof.of(index, leaves.size(), hashes());
    }

    private byte[] root() {
        return Tiles.root(leaves.size(), this::tile);
    }

    String note() {
        String note = log.sign(new Checkpoint("trace.example/log", leaves.size(), root()).text());
        StringBuilder cosigned = new StringBuilder(note);
        try {
            for (int i = 0; i < cosigning; i++) {
                cosigned.append(witness(i)
                        .cosign(log.verifier().checkpoint(note), cosignedAt)
                        .line());
            }
        } catch (InvalidNoteException e) {
            throw new IllegalStateException(e);
        }
        if (touched) {
            int at = cosigned.length() - 12;
            cosigned.setCharAt(at, cosigned.charAt(at) == 'A' ? 'B' : 'A');
        }
        return cosigned.toString();
    }

    /** From now on the operator lists three witnesses and asks for two, and so many have cosigned. */
    void witnessed(long seconds, int witnesses) {
        cosignedAt = seconds;
        cosigning = witnesses;
    }

    void touchLastWitness() {
        touched = true;
    }

    private static Cosigner witness(int number) {
        return Cosigner.of(WITNESSES.get(number) + ".example/w", Cosignature.Type.ED25519, bytes(70 + number, 32));
    }

    /** @param which of the three witnesses */
    String policy(int needed, int... which) {
        StringBuilder text = new StringBuilder("log " + log.verifier().vkey() + "\n");
        StringBuilder group = new StringBuilder("group all " + needed);
        for (int i : which) {
            text.append("witness ")
                    .append(WITNESSES.get(i))
                    .append(' ')
                    .append(witness(i).verifier().vkey())
                    .append('\n');
            group.append(' ').append(WITNESSES.get(i));
        }
        return text.append(group).append("\nquorum all\n").toString();
    }

    /** The log's public files by their paths. */
    Map<String, byte[]> files() {
        Map<String, byte[]> files = new HashMap<>();
        files.put("checkpoint", note().getBytes(StandardCharsets.UTF_8));
        for (int level = 0, width; (width = Tiles.width(level, 0, leaves.size())) > 0; level++) {
            for (long index = 0; (width = Tiles.width(level, index, leaves.size())) > 0; index++) {
                files.put(Tiles.path(level, index, width), tile(level, index, width));
                if (level == 0) {
                    int from = (int) index * Tiles.WIDTH;
                    files.put(Tiles.entriesPath(index, width), Tiles.bundle(entries.subList(from, from + width)));
                }
            }
        }
        return files;
    }

    byte[] tile(int level, long index, int width) {
        ByteBuffer tile = ByteBuffer.allocate(32 * width);
        for (int i = 0; i < width; i++) {
            tile.put(hashes().hash(8 * level, index * Tiles.WIDTH + i));
        }
        return tile.array();
    }

    byte[] proof() {
        return proof(key -> true);
    }

    /** @param shown the steps' groups that are disclosed */
    byte[] proof(IntPredicate shown) {
        List<ProofFile.Step> proofSteps = new ArrayList<>();
        for (int n = 0; n < steps.size(); n++) {
            ObjectTree tree = trees.get(n);
            proofSteps.add(new ProofFile.Step(
                    n,
                    steps.get(n).cose(),
                    steps.get(n).disclosure(shown),
                    new ProofFile.ObjectPlace(0, tree.salt(0), tree.binding(0), tree.path(0)),
                    place(stepIndexes.get(n))));
        }
        List<ProofFile.Message> messages = new ArrayList<>();
        for (int seq = 0; seq < readings.size(); seq++) {
            messages.add(new ProofFile.Message(
                    readings.get(seq).cose(),
                    readings.get(seq).disclosure(key -> true),
                    tag(seq),
                    place(readingIndexes.get(seq))));
        }
        String note = note();
        return new ProofFile(
                        note,
                        URI,
                        OBJECT_SECRET,
                        List.of(
                                new ProofFile.KeyEntry(makerBinding, place(0)),
                                new ProofFile.KeyEntry(sensorBinding, place(1))),
                        proofSteps,
                        messages,
                        readings.size() + 4,
                        new ProofFile.NoLaterStep(
                                mapHead,
                                place(mapHeadIndex),
                                TagMap.proof(sortedTags(), 0, Entries.linkTag(OBJECT_SECRET, steps.size()))),
                        handOvers.get())
                .encode();
    }

    /** The page as the server writes it. */
    String page() {
        StringBuilder html =
                new StringBuilder("""
                <!doctype html><html lang="en"><title>Passport</title>
                <p>This story was <span id="checked-by">checked by the server</span>.</p>
                <div id="proof" data-proof-href="/crab.waymark"%s></div>
                <strong id="witnesses">what the server says</strong>
                <ol>
                """.formatted(cosigning > 0 ? " data-policy-href=\"/ledger/policy\"" : ""));
        for (int n = 0; n < steps.size(); n++) {
            html.append(
                    "<li data-digest=\"%s\" data-index=\"%d\"><b data-proven=\"actor\">Skagen Seafood</b>, <i data-proven=\"place\">a vessel in the North Sea</i>, signed by <i data-proven=\"signer\">Skagen Seafood</i></li>\n"
                            .formatted(HexFormat.of().formatHex(steps.get(n).digest()), stepIndexes.get(n)));
        }
        return html.append("</ol><div id=\"checks\"></div><script type=\"module\" src=\"/verify/page.js\"></script>")
                .toString();
    }

    /** Puts page, proof, key and tiles where the page's script looks. */
    void serve(Browser browser) {
        browser.serve(PATH, page());
        browser.serve("/crab.waymark", proof());
        browser.serve("/ledger/policy", policy(2, 0, 1, 2));
        browser.serve("/ledger/key", log.verifier().vkey() + "\n");
        for (int level = 0, width; (width = Tiles.width(level, 0, leaves.size())) > 0; level++) {
            for (long index = 0; (width = Tiles.width(level, index, leaves.size())) > 0; index++) {
                browser.serve("/ledger/" + Tiles.path(level, index, width), tile(level, index, width));
            }
        }
    }

    int size() {
        return leaves.size();
    }

    byte[] lastReadingSignature() {
        byte[] cose = readings.get(readings.size() - 1).cose();
        return Arrays.copyOfRange(cose, cose.length - 64, cose.length);
    }
}
