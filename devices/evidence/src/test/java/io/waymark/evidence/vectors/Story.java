package io.waymark.evidence.vectors;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.ProofFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** A small world with one log, in which things can be done wrong on purpose. */
final class Story {
    static final String ORIGIN = "trace.example/log";
    static final String URI = "https://id.gs1.org/01/09506000134352/21/7KQ2M9XW4T8HB3ZD";
    static final String SIBLING = "https://id.gs1.org/01/09506000134352/21/2B8RTPN6WQ5YX7AE";
    static final byte[] SECRET = Seeds.bytes("object secret", 32);
    private static final long T0 = 1_790_000_000_000L;

    /** A key with its stream. */
    static final class Party {
        final String name;
        final SigningKey key;
        final String role;
        final String keeper;
        final byte[] id;
        final byte[] streamSecret;
        long epoch = 0;
        long firstEpoch = 0;

        Party(String name, SigningKey key, String role, String keeper) {
            this.name = name;
            this.key = key;
            this.role = role;
            this.keeper = keeper;
            this.id = Seeds.bytes("stream of " + name, 16);
            this.streamSecret = Seeds.bytes("stream secret of " + name, 32);
        }

        KeyBinding binding() {
            return new KeyBinding(
                    id,
                    key.verificationKey(),
                    role,
                    keeper,
                    Entries.streamCommitment(id, streamSecret),
                    name + ".example",
                    "domain",
                    firstEpoch,
                    role.equals(KeyBinding.DEVICE) ? "hold thermometer" : "shift desk");
        }
    }

    private record PendingKey(byte[] entry, long index) {}

    private record PendingStep(
            long n, SignedMessage message, ObjectTree tree, int object, long link, IntPredicate shown) {}

    private record PendingMessage(SignedMessage message, byte[] tag, long index, IntPredicate shown) {}

    /** Where a map head stands, and the tags its map is over, sorted. */
    private record PendingHead(byte[] entry, long index, byte[] tags) {}

    final Party maker = new Party("maker", Seeds.key("maker"), KeyBinding.ORGANISATION, "hsm");
    final Party carrier = new Party("carrier", Seeds.p256("carrier"), KeyBinding.ORGANISATION, "browser");
    final Party shop = new Party("shop", Seeds.key("shop"), KeyBinding.ORGANISATION, "platform");
    final Party device = new Party("device", Seeds.key("device"), KeyBinding.DEVICE, "device");
    final Party element = new Party("element", Seeds.p256("element"), KeyBinding.DEVICE, "device");
    NoteSigner log = new NoteSigner(ORIGIN, Seeds.key("log"));
    private final List<PendingHandOver> handOvers = new ArrayList<>();
    private byte[] firstLogKey;
    private long firstLogKeyIndex;

    /** The key of a later generation. */
    static SigningKey logKey(long generation) {
        return generation == 0 ? Seeds.key("log") : Seeds.key("log, generation " + generation);
    }

    private record PendingHandOver(String note, byte[] entry, long index, long size) {}

    /** The log promises its second key. */
    Story promiseLogKey() {
        firstLogKey = logKeyEntry(0);
        firstLogKeyIndex = add(firstLogKey);
        return this;
    }

    static byte[] logKeyEntry(long generation) {
        return new LogKey(
                        generation,
                        logKey(generation).verificationKey(),
                        LogKey.commitment(logKey(generation + 1).verificationKey()))
                .entry();
    }

    Story handOver() {
        return handOver(handOvers.size() + 1, logKeyEntry(handOvers.size() + 1));
    }

    /** From here on the key of this generation signs, whatever the entry says. */
    Story handOver(long generation, byte[] entry) {
        long index = add(entry);
        NoteSigner next = new NoteSigner(ORIGIN, logKey(generation));
        handOvers.add(new PendingHandOver(log.handOver(treeHead().text(), next), entry, index, entries.size()));
        log = next;
        return this;
    }

    private Checkpoint treeHead() {
        CompactTree tree = new CompactTree();
        entries.forEach(entry -> tree.append(MerkleHash.leaf(entry)));
        return new Checkpoint(ORIGIN, tree.size(), tree.root());
    }

    HandOvers handOvers() {
        if (handOvers.isEmpty()) {
            return null;
        }
        List<HandOvers.HandOver> told = new ArrayList<>();
        for (int i = 0; i < handOvers.size(); i++) {
            PendingHandOver one = handOvers.get(i);
            long next = i + 1 < handOvers.size() ? handOvers.get(i + 1).size() : entries.size();
            told.add(new HandOvers.HandOver(
                    one.note(),
                    new HandOvers.Placed(one.entry(), InclusionProof.of(one.index(), one.size(), nodes())),
                    ConsistencyProof.of(one.size(), next, nodes())));
        }
        return new HandOvers(
                new HandOvers.Placed(
                        firstLogKey,
                        InclusionProof.of(firstLogKeyIndex, handOvers.get(0).size(), nodes())),
                told);
    }

    private final List<byte[]> entries = new ArrayList<>();
    private final List<PendingKey> keys = new ArrayList<>();
    private final List<PendingStep> steps = new ArrayList<>();
    private final List<PendingMessage> messages = new ArrayList<>();
    private final Map<String, SignedMessage> last = new HashMap<>();
    private byte[] previousLink;
    private long clock = T0;
    private PendingHead mapHead;

    // Shown by default: everything a buyer may see. 16 (the whole event) and 19 (partners) stay withheld.
    IntPredicate stepShown = key -> key == 17 || key == 18;
    IntPredicate readingShown = key -> true;
    byte[] bindingSecret = SECRET;
    boolean commissionAgain = false;

    long add(byte[] entry) {
        entries.add(entry);
        return entries.size() - 1;
    }

    Story filler(int count) {
        for (int i = 0; i < count; i++) {
            byte[] stranger = Seeds.bytes("stranger " + entries.size(), 32);
            add(Entries.statement(stranger, 0, i, stranger));
        }
        return this;
    }

    /** Other people's custody steps. */
    Story strangersLinks(int count) {
        for (int i = 0; i < count; i++) {
            add(Entries.link(Seeds.bytes("stranger " + entries.size(), 32), 0, SECRET));
        }
        return this;
    }

    Story bind(Party... parties) {
        for (Party party : parties) {
            byte[] entry = party.binding().entry();
            keys.add(new PendingKey(entry, add(entry)));
        }
        return this;
    }

    Story bindUnseen(Party party) {
        add(party.binding().entry());
        return this;
    }

    /** As logs did before reasons were fixed. */
    Story revoke(Party party, Long suspectFrom) {
        return revoke(party, "stolen", suspectFrom);
    }

    Story revoke(Party party, String reason, Long suspectFrom) {
        byte[] entry = new Revocation(party.id, party.key.verificationKey().kid(), reason, suspectFrom).entry();
        keys.add(new PendingKey(entry, add(entry)));
        return this;
    }

    private Head head(Party by, int type) {
        SignedMessage before = last.get(by.name + by.epoch);
        clock += 60_000;
        return new Head(
                type,
                by.id,
                by.epoch,
                before == null ? 0 : before.head().seq() + 1,
                before == null ? null : before.digest(),
                clock,
                type == MessageType.CUSTODY_STEP ? 2 : 3,
                type == MessageType.CUSTODY_STEP ? null : 50L,
                null);
    }

    private SignedMessage remember(Party by, SignedMessage message) {
        last.put(by.name + by.epoch, message);
        return message;
    }

    SignedMessage sign(Party by, int type, List<Group> groups) {
        Head head = head(by, type);
        return remember(
                by,
                SignedMessage.sign(
                        head,
                        groups,
                        Seeds.bytes(by.name + " message " + head.epoch() + "/" + head.seq(), 16),
                        by.key));
    }

    Story step(Party by, String bizStep) {
        return step(by, bizStep, steps.size(), -1);
    }

    /** @param atReserved index of an entry reserved before, or −1 to append */
    Story step(Party by, String bizStep, long n, long atReserved) {
        Head head = head(by, MessageType.CUSTODY_STEP);
        byte[] secret = Seeds.bytes(by.name + " message " + head.epoch() + "/" + head.seq(), 16);
        boolean commissions = n == 0 || commissionAgain;
        ObjectTree tree = new ObjectTree(
                secret,
                List.of(
                        new ObjectTree.Entry(SIBLING, commissions ? Seeds.bytes("sibling's secret", 32) : null),
                        new ObjectTree.Entry(URI, commissions ? bindingSecret : null),
                        new ObjectTree.Entry(
                                "https://id.gs1.org/01/09506000134352/21/9XHD4C2KVJ3MZ6PF",
                                commissions ? Seeds.bytes("third secret", 32) : null)));
        SignedMessage message = remember(
                by,
                SignedMessage.sign(
                        head,
                        List.of(
                                CustodyStep.event(
                                        ("{\"bizStep\":\"" + bizStep + "\"}").getBytes(StandardCharsets.UTF_8)),
                                CustodyStep.objects(tree),
                                CustodyStep.summary(new CustodyStep.PublicSummary(
                                        bizStep,
                                        head.timeMillis() - 5_000,
                                        by.name + ".example",
                                        n == 0 ? "a vessel in the North Sea" : "Bergen",
                                        n == 0 ? null : 604_000_000L,
                                        n == 0 ? null : 53_000_000L,
                                        3L,
                                        null,
                                        n == 0 ? "active" : null,
                                        n == 1 ? "106141412345678908" : null)),
                                Group.of(
                                        CustodyStep.PARTNER_SUMMARY,
                                        out -> out.map(1).unsigned(7).text("net 20.4 kg"))),
                        secret,
                        by.key));
        byte[] linkDigest = Entries.linkDigest(message.digest(), n, previousLink);
        previousLink = linkDigest;
        byte[] entry = Entries.link(SECRET, n, linkDigest);
        long index;
        if (atReserved >= 0) {
            entries.set((int) atReserved, entry);
            index = atReserved;
        } else {
            filler(1);
            index = add(entry);
        }
        steps.add(new PendingStep(n, message, tree, 1, index, stepShown));
        return this;
    }

    /** The operator links a step that was signed once another time, as the object's next. */
    Story linkAgain(int earlier) {
        PendingStep signed = steps.get(earlier);
        long n = steps.size();
        previousLink = Entries.linkDigest(signed.message().digest(), n, previousLink);
        long index = add(Entries.link(SECRET, n, previousLink));
        steps.add(new PendingStep(n, signed.message(), signed.tree(), signed.object(), index, signed.shown()));
        return this;
    }

    /** The operator records a message that was signed once another time, under a tag of its own. */
    Story recordAgain(int earlier) {
        PendingMessage signed = messages.get(earlier);
        byte[] tag = Seeds.bytes("another tag", 32);
        long index = add(Entries.statement(tag, signed.message().digest()));
        messages.add(new PendingMessage(signed.message(), tag, index, signed.shown()));
        return this;
    }

    /** The signer begins its numbers again without a new epoch. */
    Story forgetCounter(Party by) {
        last.remove(by.name + by.epoch);
        return this;
    }

    Story reading(Party by, long centiCelsius) {
        return message(
                by,
                MessageType.READING,
                List.of(
                        Reading.position(new Position(604_123_456L, 53_214_567L, 8, 1, null)),
                        Reading.associations(List.of(
                                Association.sscc(106141412345678908L),
                                Association.batch("/01/09506000134352/10/LOT-A"))),
                        Reading.measurements(List.of(
                                new Measurement(Measurement.TEMPERATURE, centiCelsius),
                                new Measurement(Measurement.BATTERY, 3612)))));
    }

    Story series(Party by) {
        return message(
                by,
                MessageType.READING,
                List.of(Reading.series(List.of(new Series(
                        Measurement.TEMPERATURE, 3600, 600, new long[] {210, 214, 209, 209, 251, 248, 240}, -2, 0)))));
    }

    Story message(Party by, int type, List<Group> groups) {
        SignedMessage message = sign(by, type, groups);
        byte[] entry =
                Entries.statement(by.streamSecret, by.epoch, message.head().seq(), message.digest());
        messages.add(new PendingMessage(message, Arrays.copyOfRange(entry, 1, 33), add(entry), readingShown));
        return this;
    }

    /** The story of the good file. */
    Story told() {
        return bind(maker, carrier, shop, device, element)
                .step(maker, "commissioning")
                .reading(device, 198)
                .step(maker, "packing")
                .reading(device, 204)
                .filler(3)
                .step(carrier, "shipping")
                .series(element)
                .reading(device, 231)
                .step(shop, "receiving")
                .strangersLinks(9)
                .filler(2);
    }

    /** The operator's map over the links so far. The story's last such head goes into the file. */
    Story mapHead() {
        return mapHead(entries.size(), TagMap.root(linkTags(), 0));
    }

    /** A head that may say what is not so. */
    Story mapHead(long size, byte[] root) {
        byte[] tags = linkTags();
        MapHead head = new MapHead(size, tags.length / 32, root, T0 + 86_400_000);
        return mapHead(head.entry(), tags);
    }

    Story mapHead(byte[] entry, byte[] tags) {
        mapHead = new PendingHead(entry, add(entry), tags);
        return this;
    }

    /** The tags of all links so far, sorted. */
    byte[] linkTags() {
        List<byte[]> tags = new ArrayList<>();
        for (byte[] entry : entries) {
            if (entry[0] == Entries.LINK) {
                tags.add(Arrays.copyOfRange(entry, 1, 33));
            }
        }
        tags.sort(Arrays::compareUnsigned);
        ByteBuffer flat = ByteBuffer.allocate(32 * tags.size());
        tags.forEach(flat::put);
        return flat.array();
    }

    /** Closes the story with a map head, unless it has one. */
    String checkpoint() {
        if (mapHead == null) {
            mapHead();
        }
        return treeHead().text();
    }

    ProofFile file() {
        return file(log.sign(checkpoint()), 0);
    }

    ProofFile file(String note, long withheldReadings) {
        List<ProofFile.KeyEntry> keyEntries = new ArrayList<>();
        keys.forEach(key -> keyEntries.add(new ProofFile.KeyEntry(key.entry(), place(key.index()))));
        List<ProofFile.Step> fileSteps = new ArrayList<>();
        for (PendingStep s : steps) {
            fileSteps.add(new ProofFile.Step(
                    s.n(),
                    s.message().cose(),
                    s.message().disclosure(s.shown()),
                    new ProofFile.ObjectPlace(
                            s.object(),
                            s.tree().salt(s.object()),
                            s.tree().binding(s.object()),
                            s.tree().path(s.object())),
                    place(s.link())));
        }
        List<ProofFile.Message> fileMessages = new ArrayList<>();
        messages.forEach(m -> fileMessages.add(new ProofFile.Message(
                m.message().cose(), m.message().disclosure(m.shown()), m.tag(), place(m.index()))));
        return new ProofFile(
                note,
                URI,
                SECRET,
                keyEntries,
                fileSteps,
                fileMessages,
                fileMessages.size() + withheldReadings,
                mapHead == null ? null : noLaterStep(fileSteps.size()),
                handOvers());
    }

    /** What the story's map head says of step n. */
    ProofFile.NoLaterStep noLaterStep(long n) {
        return new ProofFile.NoLaterStep(
                mapHead.entry(), place(mapHead.index()), TagMap.proof(mapHead.tags(), 0, Entries.linkTag(SECRET, n)));
    }

    private InclusionProof place(long index) {
        return InclusionProof.of(index, entries.size(), nodes());
    }

    private HashSource nodes() {
        return (level, index) -> {
            CompactTree tree = new CompactTree();
            for (long i = index << level; i < (index + 1) << level; i++) {
                tree.append(MerkleHash.leaf(entries.get((int) i)));
            }
            return tree.root();
        };
    }

    static byte[] digest(byte[]... parts) {
        return Sha256.of(parts);
    }
}
