package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Groups 12 and 16 to 19: one step of custody, over any number of objects. FORMAT.md §5.2. */
public final class CustodyStep {
    public static final int DOCUMENTS = 12;
    public static final int EVENT = 16;
    public static final int OBJECTS = 17;
    public static final int SUMMARY = 18;
    public static final int PARTNER_SUMMARY = 19;

    private CustodyStep() {}

    /**
     * What anybody may read of a step.
     *
     * @param bizStep    CBV bare word: commissioning, packing, shipping, receiving, retail_selling …
     * @param timeMillis when it happened, by the actor's account; may differ from when it was signed
     * @param latE7      as coarse as the owner allows; null together with lonE7
     * @param parent     SSCC of the logistic unit, 18 digits
     */
    public record PublicSummary(
            String bizStep,
            long timeMillis,
            String actor,
            String place,
            @Nullable Long latE7,
            @Nullable Long lonE7,
            @Nullable Long quantity,
            @Nullable String note,
            @Nullable String disposition,
            @Nullable String parent) {
        public PublicSummary {
            if (timeMillis < 0 || (quantity != null && quantity < 0) || (latE7 == null) != (lonE7 == null)) {
                throw new IllegalArgumentException(
                        "time and quantity are not negative, latitude and longitude come together");
            }
        }
    }

    /** The number of objects a step is about and the root of their tree. */
    public record Objects(long count, byte[] root) {}

    /** @param epcisJson the event's bytes as captured or produced, never written anew */
    public static Group event(byte[] epcisJson) {
        return Group.of(EVENT, out -> out.bytes(epcisJson));
    }

    public static Group objects(long count, byte[] root) {
        if (count < 1 || count > ObjectTree.MAX_OBJECTS || root.length != 32) {
            throw new IllegalArgumentException(count + " objects, root of " + root.length + " bytes");
        }
        return Group.of(OBJECTS, out -> out.array(2).unsigned(count).bytes(root));
    }

    public static Group objects(ObjectTree tree) {
        return objects(tree.count(), tree.root());
    }

    /** @param sha256 digests of documents, 32 bytes each */
    public static Group documents(List<byte[]> sha256) {
        return Reading.images(sha256);
    }

    public static Group summary(PublicSummary summary) {
        return Group.of(SUMMARY, out -> write(summary, out));
    }

    /** The same shape under key 19: what the next and the previous holder may read beyond the public summary. */
    public static Group partnerSummary(PublicSummary summary) {
        return Group.of(PARTNER_SUMMARY, out -> write(summary, out));
    }

    private static void write(PublicSummary s, CborWriter out) {
        // {1: bizStep, 2: time, 3: actor, 4: place, ?5: [lat, lon], ?6: quantity, ?7: note, ?8: disposition, ?9:
        // parent}
        int pairs = 4;
        for (Object optional : new Object[] {s.latE7(), s.quantity(), s.note(), s.disposition(), s.parent()}) {
            pairs += optional == null ? 0 : 1;
        }
        out.map(pairs).unsigned(1).text(s.bizStep()).unsigned(2).unsigned(s.timeMillis());
        out.unsigned(3).text(s.actor()).unsigned(4).text(s.place());
        if (s.latE7() != null && s.lonE7() != null) {
            out.unsigned(5).array(2).integer(s.latE7()).integer(s.lonE7());
        }
        if (s.quantity() != null) {
            out.unsigned(6).unsigned(s.quantity());
        }
        if (s.note() != null) {
            out.unsigned(7).text(s.note());
        }
        if (s.disposition() != null) {
            out.unsigned(8).text(s.disposition());
        }
        if (s.parent() != null) {
            out.unsigned(9).text(s.parent());
        }
    }

    /** @throws IllegalArgumentException when the group is not a summary; groups of a parsed message or disclosure are checked already */
    public static PublicSummary summary(Group group) {
        if (group.key() != SUMMARY && group.key() != PARTNER_SUMMARY) {
            throw new IllegalArgumentException("group " + group.key() + " is not a summary");
        }
        try {
            return decodeSummary(group.value());
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a summary: " + e.getMessage(), e);
        }
    }

    public static Optional<PublicSummary> summary(SignedMessage message) {
        return message.group(SUMMARY).map(CustodyStep::summary);
    }

    public static Optional<PublicSummary> summary(Disclosure disclosure) {
        return disclosure.group(SUMMARY).map(CustodyStep::summary);
    }

    /** @throws IllegalArgumentException when the group is not group 17 */
    public static Objects objects(Group group) {
        if (group.key() != OBJECTS) {
            throw new IllegalArgumentException("group " + group.key() + " is not the objects of a step");
        }
        try {
            return decodeObjects(group.value());
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not the objects of a step: " + e.getMessage(), e);
        }
    }

    static Objects decodeObjects(CborReader in) throws MalformedException {
        in.array(2);
        int at = in.offset();
        long count = in.unsigned();
        if (count < 1 || count > ObjectTree.MAX_OBJECTS) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, count + " objects");
        }
        return new Objects(count, in.bytes(32));
    }

    static PublicSummary decodeSummary(CborReader in) throws MalformedException {
        int at = in.offset();
        int pairs = in.map();
        if (pairs < 4) {
            throw new MalformedException(Reason.MISSING_KEY, at, "a summary has keys 1 to 4");
        }
        List<String> words = new ArrayList<>();
        long time = 0;
        Long lat = null;
        Long lon = null;
        Long quantity = null;
        String[] optional = new String[3];
        for (int i = 0; i < pairs; i++) {
            int keyAt = in.offset();
            long key = in.unsigned();
            if (i < 4 && key != i + 1) {
                throw new MalformedException(Reason.MISSING_KEY, keyAt, "summary key " + (i + 1));
            }
            switch ((int) Math.min(key, 10)) {
                case 1, 3, 4 -> words.add(in.text());
                case 2 -> time = in.unsigned();
                case 5 -> {
                    in.array(2);
                    lat = in.integer();
                    lon = in.integer();
                }
                case 6 -> quantity = in.unsigned();
                case 7, 8, 9 -> optional[(int) key - 7] = in.text();
                default -> throw new MalformedException(Reason.UNKNOWN_KEY, keyAt, "summary key " + key);
            }
        }
        return new PublicSummary(
                words.get(0),
                time,
                words.get(1),
                words.get(2),
                lat,
                lon,
                quantity,
                optional[0],
                optional[1],
                optional[2]);
    }
}
