package io.waymark.evidence.vectors;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Keys and secrets of the vectors, all derived from words: the files come out the same on every machine. */
final class Seeds {
    private Seeds() {}

    static byte[] bytes(String word, int length) {
        return Arrays.copyOf(Sha256.of(("waymark vector: " + word).getBytes(StandardCharsets.UTF_8)), length);
    }

    static SigningKey key(String word) {
        return SigningKey.ofSeed(bytes("key of " + word, 32));
    }

    static SigningKey p256(String word) {
        return SigningKey.ofP256(new BigInteger(1, bytes("p256 key of " + word, 31)));
    }
}
