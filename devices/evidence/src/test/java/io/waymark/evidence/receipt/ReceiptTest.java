package io.waymark.evidence.receipt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReceiptTest {
    @Test
    void coversItsRangesAndNothingElse() throws Exception {
        SigningKey key = SigningKey.generate(Algorithm.P256);
        Receipt receipt = new Receipt(
                new byte[16],
                List.of(new Receipt.Range(0, 0, 9, new byte[32], 12), new Receipt.Range(1, 3, 3, new byte[32], 20)),
                21,
                new byte[32],
                Receipt.STORED,
                1);
        byte[] bytes = receipt.sign(key);
        Receipt.Signed signed = Receipt.parse(bytes);
        assertTrue(signed.verifies(key.verificationKey()));
        assertArrayEquals(bytes, signed.bytes());
        Receipt got = signed.receipt();
        assertTrue(got.covers(0, 0) && got.covers(0, 9) && got.covers(1, 3));
        assertFalse(got.covers(0, 10) || got.covers(1, 2) || got.covers(1, 4) || got.covers(2, 0));
        assertEquals(21, got.treeSize());
    }
}
