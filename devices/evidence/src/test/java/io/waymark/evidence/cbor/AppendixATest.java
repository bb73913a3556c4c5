package io.waymark.evidence.cbor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 8949 appendix A: what lies in the subset comes out the same again, everything else is refused for being outside. */
class AppendixATest {
    private static final Set<Reason> OUTSIDE =
            Set.of(Reason.NOT_IN_SUBSET, Reason.TAG_NOT_ALLOWED, Reason.INDEFINITE_LENGTH, Reason.INTEGER_OUT_OF_RANGE);

    @Test
    void everyExample() {
        int accepted = 0;
        Map<Reason, Integer> refused = new EnumMap<>(Reason.class);
        JsonNode examples = SharedData.json(
                SharedData.files("reliability/cbor", "appendix_a.json").get(0));
        for (JsonNode example : examples) {
            byte[] bytes = HexFormat.of().parseHex(example.get("hex").asText());
            CborReader in = new CborReader(bytes);
            CborWriter out = new CborWriter();
            try {
                copy(in, out);
                in.end();
            } catch (MalformedException e) {
                assertTrue(OUTSIDE.contains(e.reason()), example + ": " + e.getMessage());
                refused.merge(e.reason(), 1, Integer::sum);
                continue;
            }
            assertArrayEquals(bytes, out.toBytes());
            accepted++;
        }
        System.out.println("appendix A: " + accepted + " of " + examples.size() + " accepted, refused " + refused);
        assertEquals(35, accepted);
    }

    private static void copy(CborReader in, CborWriter out) throws MalformedException {
        switch (in.peek()) {
            case UNSIGNED -> out.unsigned(in.unsigned());
            case NEGATIVE -> out.integer(in.integer());
            case BYTES -> out.bytes(in.bytes());
            case TEXT -> out.text(in.text());
            case BOOL -> out.bool(in.bool());
            case NULL -> {
                in.nul();
                out.nul();
            }
            case TAG -> in.skip();
            case ARRAY -> {
                int n = in.array();
                out.array(n);
                for (int i = 0; i < n; i++) {
                    copy(in, out);
                }
            }
            case MAP -> {
                int n = in.map();
                out.map(n);
                for (int i = 0; i < 2 * n; i++) {
                    copy(in, out);
                }
            }
        }
    }
}
