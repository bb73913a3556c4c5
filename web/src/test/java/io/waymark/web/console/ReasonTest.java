package io.waymark.web.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ReasonTest {
    /** The codes that ingest and trace-service give, beside those of the format. */
    private static final List<String> CODES = List.of(
            "wrong-topic",
            "topic-mismatch",
            "unknown-device",
            "unknown-key",
            "bad-signature",
            "key-revoked",
            "after-equivocation",
            "old-epoch",
            "epoch-before-key",
            "wrong-type",
            "too-large",
            "too-many-values",
            "time-out-of-range",
            "sequence-out-of-range",
            "equivocation",
            "refused",
            "other",
            "malformed-unexpected");

    @Test
    void everyReasonHasASentenceAndAdvice() {
        List<String> codes = new ArrayList<>(CODES);
        for (MalformedException.Reason rule : MalformedException.Reason.values()) {
            codes.add("malformed-" + rule.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        for (String code : codes) {
            Reason reason = Reason.of(code);
            assertTrue(reason.says().matches("[A-Z].*\\.") && reason.advice().matches("[A-Z].*\\."), code);
            assertFalse(code.contains("-") && reason.says().contains(code), code);
        }
    }

    @Test
    void unknownReasonIsShownAsItIs() {
        assertEquals(new Reason("new-one", "new-one", ""), Reason.of("new-one"));
    }
}
