package io.waymark.trace.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectUriTest {
    @Test
    void anItemIsCanonicalWithoutItsLot() {
        ObjectUri uri = ObjectUri.parse("https://id.gs1.org/01/09506000134352/10/AB-1/21/X9")
                .orElseThrow();
        assertEquals("https://id.gs1.org/01/09506000134352/21/X9", uri.uri());
        assertEquals("AB-1", uri.lot());
        assertEquals(ObjectUri.Kind.ITEM, uri.kind());
    }

    @Test
    void pathsAreReadLikeUris() {
        assertEquals(
                "/01/09506000134352/10/AB-1",
                ObjectUri.parse("/01/09506000134352/10/AB-1").orElseThrow().path());
        assertEquals(
                ObjectUri.Kind.LOGISTIC_UNIT,
                ObjectUri.parse("/00/106141412345678908").orElseThrow().kind());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/01/09506000134353/21/X",
                "/01/9506000134352/21/X",
                "/00/106141412345678907",
                "http://id.gs1.org/01/09506000134352",
                "https://id.gs1.org.evil.example/01/09506000134352",
                "/01/09506000134352/21/",
                "/01/09506000134352/21/a b",
                "/01/09506000134352/21/a/b",
                "/01/09506000134352/21/%2f"
            })
    void refuses(String text) {
        assertTrue(ObjectUri.parse(text).isEmpty());
    }
}
