package io.waymark.evidence.audit;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The entries of a log as an operator would write them, and ways of writing them wrong. */
final class LogStory {
    static final NoteSigner SIGNER = new NoteSigner("trace.example/audited", SigningKey.ofSeed(new byte[32]));
    static final SigningKey DEVICE = SigningKey.ofSeed(Sha256.of(new byte[] {1}));
    static final byte[] STREAM = Arrays.copyOf(Sha256.of(new byte[] {2}), 16);
    static final byte[] STREAM_SECRET = Sha256.of(new byte[] {3});

    final List<byte[]> entries = new ArrayList<>();
    final List<SignedMessage> messages = new ArrayList<>();
    private final Random random;

    LogStory(long seed) {
        random = new Random(seed);
    }

    private byte[] bytes() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return bytes;
    }

    int add(byte[] entry) {
        entries.add(entry);
        return entries.size() - 1;
    }

    int statement() {
        return add(Entries.statement(bytes(), bytes()));
    }

    int link() {
        return add(Entries.link(bytes(), 0, bytes()));
    }

    /** Statements and links of strangers, in any order. */
    LogStory strangers(int count) {
        for (int i = 0; i < count; i++) {
            if (random.nextInt(3) == 0) {
                statement();
            } else {
                link();
            }
        }
        return this;
    }

    int bind(byte[] streamSecret) {
        return add(new KeyBinding(
                        STREAM,
                        DEVICE.verificationKey(),
                        KeyBinding.DEVICE,
                        "device",
                        Entries.streamCommitment(STREAM, streamSecret),
                        "maker.example",
                        "domain",
                        0,
                        "hold 2")
                .entry());
    }

    int revoke() {
        return add(new Revocation(STREAM, DEVICE.verificationKey().kid(), "stolen", null).entry());
    }

    /** A reading of the device, with its statement. */
    int reading(SigningKey key) {
        int seq = messages.size();
        SignedMessage message = SignedMessage.sign(
                new Head(
                        MessageType.READING,
                        STREAM,
                        0,
                        seq,
                        seq == 0 ? null : messages.get(seq - 1).digest(),
                        1_790_000_000_000L + seq,
                        3,
                        50L,
                        null),
                List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, 200 + seq)))),
                Arrays.copyOf(bytes(), 16),
                key);
        messages.add(message);
        return add(Entries.statement(STREAM_SECRET, 0, seq, message.digest()));
    }

    /** The map of the links below this index. */
    int head(long size) {
        byte[] tags = tags(size);
        return add(new MapHead(size, tags.length / 32, TagMap.root(tags, 0), 1_790_000_000_000L).entry());
    }

    int head() {
        return head(entries.size());
    }

    byte[] tags(long size) {
        List<byte[]> tags = new ArrayList<>();
        for (byte[] entry : entries.subList(0, (int) size)) {
            if (entry[0] == Entries.LINK) {
                tags.add(Arrays.copyOfRange(entry, 1, 33));
            }
        }
        tags.sort(Arrays::compareUnsigned);
        ByteBuffer flat = ByteBuffer.allocate(32 * tags.size());
        tags.forEach(flat::put);
        return flat.array();
    }

    String checkpoint(int size) {
        CompactTree tree = new CompactTree();
        entries.subList(0, size).forEach(entry -> tree.append(MerkleHash.leaf(entry)));
        return SIGNER.sign(new Checkpoint(SIGNER.verifier().name(), size, tree.root()).text());
    }

    /** A log in which everything is right: keys, readings, and a map head after every few links, some with statements between what it is over and itself. */
    static LogStory right(long seed, int atLeast) {
        LogStory story = new LogStory(seed);
        story.strangers(3);
        story.head();
        story.bind(STREAM_SECRET);
        while (story.entries.size() < atLeast) {
            story.reading(DEVICE);
            story.strangers(story.random.nextInt(120));
            int late = story.random.nextInt(4);
            int size = story.entries.size();
            for (int i = 0; i < late; i++) {
                story.statement();
            }
            story.head(size);
            if (story.random.nextInt(4) == 0) {
                story.head(size);
            }
        }
        return story;
    }
}
