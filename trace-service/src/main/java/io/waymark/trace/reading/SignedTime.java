package io.waymark.trace.reading;

import io.waymark.evidence.message.Head;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a device's word about the time is worth. A message was signed after the receipt that it names and before it is in the log; its own time
 * is kept as it is, and marked when it does not fit.
 */
final class SignedTime {
    /** How far a clock may be off without being called wrong. */
    static final Duration TOLERANCE = Duration.ofMinutes(5);

    static final int AHEAD = 1;
    static final int BEFORE_PREDECESSOR = 2;
    static final int BEFORE_ANCHOR = 4;

    private SignedTime() {}

    /**
     * @param receivedMillis    our clock when it came
     * @param predecessorMillis what its predecessor says, null while that is not here: then linking marks it
     * @param notBeforeMillis   when the receipt that it names was signed; null when that is not known
     */
    static int flags(Head head, long receivedMillis, Long predecessorMillis, Long notBeforeMillis) {
        long time = head.timeMillis();
        long unsure = head.clockUncertaintyMillis() == null ? 0 : head.clockUncertaintyMillis();
        int flags = 0;
        if (time > receivedMillis + TOLERANCE.toMillis()) {
            flags |= AHEAD;
        }
        if (predecessorMillis != null && time < predecessorMillis) {
            flags |= BEFORE_PREDECESSOR;
        }
        // Not time + unsure: a device may state any uncertainty, and the sum would overflow.
        if (notBeforeMillis != null
                && time < notBeforeMillis - TOLERANCE.toMillis()
                && notBeforeMillis - TOLERANCE.toMillis() - time > unsure) {
            flags |= BEFORE_ANCHOR;
        }
        return flags;
    }

    /** The marks in words, stable: ahead-of-arrival, before-predecessor, before-anchor. */
    static List<String> words(int flags) {
        List<String> words = new ArrayList<>();
        if ((flags & AHEAD) != 0) {
            words.add("ahead-of-arrival");
        }
        if ((flags & BEFORE_PREDECESSOR) != 0) {
            words.add("before-predecessor");
        }
        if ((flags & BEFORE_ANCHOR) != 0) {
            words.add("before-anchor");
        }
        return words;
    }
}
