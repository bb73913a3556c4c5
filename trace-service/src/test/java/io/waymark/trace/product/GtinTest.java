package io.waymark.trace.product;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GtinTest {
    @Test
    void shorterNumbersAreFilledWithZeros() {
        assertEquals("09506000134352", new Gtin("9506000134352").value());
        assertEquals("00000096385074", new Gtin("96385074").value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"9506000134353", "950600013435", "", "9506000134352x", "123456789"})
    void refuses(String text) {
        assertThrows(IllegalArgumentException.class, () -> new Gtin(text));
    }
}
