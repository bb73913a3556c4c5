package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * Groups 50 and 51: numbers of which a device says that it has no message any more. A signed word, so a gap that its own device declares can
 * be told from one that somebody else made.
 *
 * @param ranges at least one
 * @param reason {@link #UNSPECIFIED}, {@link #STORE_LOST}, {@link #RELEASED}, or a number of the maker's own
 */
public record GapDeclaration(List<Range> ranges, long reason) {
    public static final int RANGES = 50;
    public static final int REASON = 51;
    public static final long UNSPECIFIED = 0;

    /** The device lost its store. */
    public static final long STORE_LOST = 1;

    /** The device had a receipt for them and let them go: whoever gave the receipt lost them. */
    public static final long RELEASED = 2;

    /** All numbers of one epoch, {@code from} to {@code to}. */
    public record Range(long epoch, long from, long to) {
        public Range {
            if (epoch < 0 || from < 0 || to < from) {
                throw new IllegalArgumentException("range " + from + " to " + to + " of epoch " + epoch);
            }
        }
    }

    public GapDeclaration {
        ranges = List.copyOf(ranges);
        if (ranges.isEmpty() || reason < 0) {
            throw new IllegalArgumentException("a gap declaration has ranges, and a reason that is not negative");
        }
    }

    /** @param epoch of the message that will carry them: its own ranges do not repeat it */
    public List<Group> groups(long epoch) {
        return List.of(
                Group.of(RANGES, out -> {
                    out.array(ranges.size());
                    for (Range range : ranges) {
                        out.array(range.epoch == epoch ? 2 : 3)
                                .unsigned(range.from)
                                .unsigned(range.to);
                        if (range.epoch != epoch) {
                            out.unsigned(range.epoch);
                        }
                    }
                }),
                Group.of(REASON, out -> out.unsigned(reason)));
    }

    /** @throws IllegalArgumentException when the message is of another type; groups of a parsed message are checked already */
    public static GapDeclaration of(SignedMessage message) {
        if (message.head().type() != MessageType.GAP_DECLARATION) {
            throw new IllegalArgumentException("type " + message.head().type() + " is no gap declaration");
        }
        try {
            CborReader in = message.group(RANGES).orElseThrow().value();
            List<Range> ranges = new ArrayList<>();
            for (int left = in.array(); left > 0; left--) {
                ranges.add(decodeRange(in, message.head().epoch()));
            }
            return new GapDeclaration(
                    ranges, message.group(REASON).orElseThrow().value().unsigned());
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a gap declaration: " + e.getMessage(), e);
        }
    }

    // [from, to, ? epoch]
    static Range decodeRange(CborReader in, long ownEpoch) throws MalformedException {
        int at = in.offset();
        int fields = in.array();
        if (fields != 2 && fields != 3) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "a gap of " + fields);
        }
        long from = in.unsigned();
        long to = in.unsigned();
        if (from > to) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "a gap that ends before it begins");
        }
        return new Range(fields == 3 ? in.unsigned() : ownEpoch, from, to);
    }
}
