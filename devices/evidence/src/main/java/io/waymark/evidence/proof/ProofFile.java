package io.waymark.evidence.proof;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.map.MapProof;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One object's story with everything needed to check it, against one checkpoint. Arrays are not copied. FORMAT.md §10.
 * Parsing checks the structure only; {@link ProofVerification} says what is true.
 *
 * @param checkpointNote  signed note
 * @param objectUri       canonical Digital Link URI
 * @param objectSecret    32 bytes; who presents the code may have it
 * @param keys            key bindings and revocations
 * @param steps           n = 0, 1, 2 …, complete and ascending
 * @param messages        readings, image manifests, photo statements
 * @param readingsInStory how many messages the item's story has; {@code messages} may be fewer
 * @param handOvers       how the log's key came to be the one that signed the checkpoint; null while the log has its first key
 * @param noLaterStep     that the log had no further step as of a map head; without it a verifier cannot tell
 */
public record ProofFile(
        String checkpointNote,
        String objectUri,
        byte[] objectSecret,
        List<KeyEntry> keys,
        List<Step> steps,
        List<Message> messages,
        long readingsInStory,
        @Nullable NoLaterStep noLaterStep,
        @Nullable HandOvers handOvers) {
    public static final String FORMAT = "waymark-proof/1";
    public static final String MEDIA_TYPE = "application/vnd.waymark.proof";
    public static final int MAX_BYTES = 32 << 20;

    /** A key binding or revocation and its place. */
    public record KeyEntry(byte[] entry, InclusionProof place) {}

    /** One step and its link. The link's entry is not carried: the verifier computes it. */
    public record Step(long n, byte[] cose, byte[] disclosure, ObjectPlace object, InclusionProof link) {}

    /** The object's place in the step's object tree: salt(16), binding(32). */
    public record ObjectPlace(long index, byte[] salt, byte[] binding, List<byte[]> path) {
        public ObjectPlace {
            path = List.copyOf(path);
        }
    }

    /** A message and its statement entry, which is 0x01 ‖ tag(32) ‖ digest and not carried. */
    public record Message(byte[] cose, byte[] disclosure, byte[] tag, InclusionProof place) {}

    /** A map head, its place, and what its map says of the tag that the next step would have. */
    public record NoLaterStep(byte[] mapHead, InclusionProof place, MapProof proof) {}

    /** Of a log with its first key. */
    public ProofFile(
            String checkpointNote,
            String objectUri,
            byte[] objectSecret,
            List<KeyEntry> keys,
            List<Step> steps,
            List<Message> messages,
            long readingsInStory,
            @Nullable NoLaterStep noLaterStep) {
        this(checkpointNote, objectUri, objectSecret, keys, steps, messages, readingsInStory, noLaterStep, null);
    }

    /** Without a map head: nothing can be told of later steps. */
    public ProofFile(
            String checkpointNote,
            String objectUri,
            byte[] objectSecret,
            List<KeyEntry> keys,
            List<Step> steps,
            List<Message> messages,
            long readingsInStory) {
        this(checkpointNote, objectUri, objectSecret, keys, steps, messages, readingsInStory, null, null);
    }

    public ProofFile {
        keys = List.copyOf(keys);
        steps = List.copyOf(steps);
        messages = List.copyOf(messages);
        if (readingsInStory < messages.size()) {
            throw new IllegalArgumentException(
                    readingsInStory + " messages in the story, " + messages.size() + " in the file");
        }
    }

    public byte[] encode() {
        CborWriter out = new CborWriter()
                .map(7 + (noLaterStep == null ? 0 : 1) + (handOvers == null ? 0 : 1))
                .unsigned(0)
                .text(FORMAT)
                .unsigned(1)
                .text(checkpointNote)
                .unsigned(2)
                .array(2)
                .text(objectUri)
                .bytes(objectSecret)
                .unsigned(3)
                .array(keys.size());
        for (KeyEntry key : keys) {
            out.array(3).bytes(key.entry());
            place(out, key.place());
        }
        out.unsigned(4).array(steps.size());
        for (Step step : steps) {
            out.array(6).unsigned(step.n()).bytes(step.cose()).raw(step.disclosure());
            ObjectPlace object = step.object();
            out.array(4).unsigned(object.index()).bytes(object.salt()).bytes(object.binding());
            path(out, object.path());
            place(out, step.link());
        }
        out.unsigned(5).array(messages.size());
        for (Message message : messages) {
            out.array(5).bytes(message.cose()).raw(message.disclosure()).bytes(message.tag());
            place(out, message.place());
        }
        out.unsigned(6).array(2).unsigned(readingsInStory).unsigned(messages.size());
        if (noLaterStep != null) {
            out.unsigned(7).array(5).bytes(noLaterStep.mapHead());
            place(out, noLaterStep.place());
            path(out, noLaterStep.proof().siblings());
            byte[] terminal = noLaterStep.proof().terminal();
            if (terminal == null) {
                out.nul();
            } else {
                out.bytes(terminal);
            }
        }
        if (handOvers != null) {
            handOvers.write(out.unsigned(8));
        }
        return out.toBytes();
    }

    private static void place(CborWriter out, InclusionProof place) {
        out.unsigned(place.leafIndex());
        path(out, place.path());
    }

    private static void path(CborWriter out, List<byte[]> path) {
        out.array(path.size());
        path.forEach(out::bytes);
    }

    public static ProofFile parse(byte[] bytes) throws MalformedException {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException(Reason.TOO_LARGE, 0, bytes.length + " bytes");
        }
        CborReader in = new CborReader(bytes);
        int pairs = in.map();
        if (pairs < 7 || pairs > 9) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a proof file has keys 0 to 6 and perhaps 7 and 8");
        }
        key(in, 0);
        int at = in.offset();
        if (!in.text().equals(FORMAT)) {
            throw new MalformedException(Reason.UNKNOWN_TYPE, at, "not " + FORMAT);
        }
        key(in, 1);
        String note = in.text();
        key(in, 2);
        in.array(2);
        String uri = in.text();
        byte[] secret = in.bytes(32);
        key(in, 3);
        List<KeyEntry> keys = new ArrayList<>();
        for (int left = in.array(); left > 0; left--) {
            in.array(3);
            keys.add(new KeyEntry(in.bytes(), place(in)));
        }
        key(in, 4);
        List<Step> steps = new ArrayList<>();
        at = in.offset();
        int stepCount = in.array();
        if (stepCount == 0) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "no steps");
        }
        for (int left = stepCount; left > 0; left--) {
            in.array(6);
            long n = in.unsigned();
            byte[] cose = in.bytes();
            byte[] disclosure = in.rawItem();
            in.array(4);
            ObjectPlace object = new ObjectPlace(in.unsigned(), in.bytes(16), in.bytes(32), path(in));
            steps.add(new Step(n, cose, disclosure, object, place(in)));
        }
        key(in, 5);
        List<Message> messages = new ArrayList<>();
        for (int left = in.array(); left > 0; left--) {
            in.array(5);
            messages.add(new Message(in.bytes(), in.rawItem(), in.bytes(32), place(in)));
        }
        key(in, 6);
        at = in.offset();
        in.array(2);
        long story = in.unsigned();
        if (in.unsigned() != messages.size() || story < messages.size()) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "the counts do not fit the messages");
        }
        NoLaterStep noLaterStep = null;
        HandOvers handOvers = null;
        long further = pairs > 7 ? key(in) : 0;
        if (further == 7) {
            in.array(5);
            noLaterStep =
                    new NoLaterStep(in.bytes(), place(in), new MapProof(path(in, MapProof.MAX_SIBLINGS), terminal(in)));
        }
        if (pairs == 9) {
            key(in, 8);
        }
        if (pairs == 9 || further == 8) {
            handOvers = HandOvers.read(in);
        }
        in.end();
        return new ProofFile(note, uri, secret, keys, steps, messages, story, noLaterStep, handOvers);
    }

    private static byte @Nullable [] terminal(CborReader in) throws MalformedException {
        if (in.isNull()) {
            in.nul();
            return null;
        }
        return in.bytes(32);
    }

    private static InclusionProof place(CborReader in) throws MalformedException {
        return new InclusionProof(in.unsigned(), path(in));
    }

    private static List<byte[]> path(CborReader in) throws MalformedException {
        return path(in, InclusionProof.MAX_PATH);
    }

    private static List<byte[]> path(CborReader in, int most) throws MalformedException {
        int at = in.offset();
        int count = in.array();
        if (count > most) {
            throw new MalformedException(Reason.TOO_LARGE, at, "a path of " + count);
        }
        List<byte[]> path = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            path.add(in.bytes(32));
        }
        return path;
    }

    /** 7 or 8; the reader refuses 8 before 7. */
    private static long key(CborReader in) throws MalformedException {
        int start = in.offset();
        long key = in.unsigned();
        if (key != 7 && key != 8) {
            throw new MalformedException(Reason.UNKNOWN_KEY, start, "key 7 or 8 belongs here");
        }
        return key;
    }

    private static void key(CborReader in, long expected) throws MalformedException {
        int start = in.offset();
        if (in.unsigned() != expected) {
            throw new MalformedException(Reason.UNKNOWN_KEY, start, "key " + expected + " belongs here");
        }
    }
}
