package io.waymark.evidence.cbor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class CborWriterTest {
    @Test
    void writesShortestForms() {
        byte[] bytes = new CborWriter()
                .map(3)
                .unsigned(0)
                .array(4)
                .unsigned(23)
                .unsigned(24)
                .integer(-1)
                .integer(Long.MIN_VALUE)
                .unsigned(24)
                .text("é")
                .integer(-1)
                .bool(true)
                .toBytes();
        assertEquals(
                "a30084171818203b7fffffffffffffff181862c3a920f5", HexFormat.of().formatHex(bytes));
    }

    @Test
    void refusesKeysThatDoNotAscend() {
        CborWriter out = new CborWriter().map(2).unsigned(1).nul();
        assertThrows(IllegalStateException.class, () -> out.unsigned(1));
        CborWriter other = new CborWriter().map(2).integer(-1).nul();
        assertThrows(IllegalStateException.class, () -> other.unsigned(5));
    }

    @Test
    void refusesToEndInsideAnArrayAndToGoOnAfterTheEnd() {
        assertThrows(
                IllegalStateException.class,
                () -> new CborWriter().array(2).nul().toBytes());
        assertThrows(IllegalStateException.class, () -> new CborWriter().nul().nul());
    }

    @Test
    void refusesTextWithoutUtf8() {
        assertThrows(IllegalArgumentException.class, () -> new CborWriter().text("\ud800"));
    }
}
