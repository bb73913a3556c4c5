package io.waymark.trace.passport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.waymark.trace.passport.Passport.Line;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerLinesTest {
    @ParameterizedTest
    @CsvSource({
        "good, good, cannot-say, cannot-say, consistent",
        "good, good, cannot-say, good, consistent",
        "good, cannot-say, cannot-say, good, cannot-say",
        "cannot-say, good, cannot-say, good, cannot-say",
        "cannot-say, cannot-say, cannot-say, cannot-say, cannot-say",
        "cannot-say, cannot-say, cannot-say, caution, look-closer",
        "good, caution, cannot-say, good, look-closer",
        "good, caution, cannot-say, bad, do-not-use",
    })
    void theBandClaimsNoMoreThanTheLines(String label, String story, String object, String condition, String band) {
        assertEquals(
                band,
                AnswerLines.answer(List.of(
                                new Line("label", label, ""),
                                new Line("story", story, ""),
                                new Line("object", object, ""),
                                new Line("condition", condition, "")))
                        .band());
    }
}
