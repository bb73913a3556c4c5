package io.waymark.ingest.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.waymark.evidence.cbor.CborWriter;
import org.junit.jupiter.api.Test;

class ReadingIntakeTest {
    @Test
    void aLongTopicIsCutBetweenCharacters() {
        String fish = "\uD83D\uDC1F";
        String topic = "v1/" + "x".repeat(508) + fish + "/s/d/r";
        String cut = ReadingIntake.cut(topic);
        assertEquals("v1/" + "x".repeat(508), cut);
        new CborWriter().text(cut); // half a character would throw
        assertEquals(512, ReadingIntake.cut("x".repeat(600)).length());
    }
}
