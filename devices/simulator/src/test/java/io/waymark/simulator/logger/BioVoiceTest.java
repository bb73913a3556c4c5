package io.waymark.simulator.logger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.simulator.logger.table.Choices;
import io.waymark.simulator.logger.table.Table;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BioVoiceTest {
    private static final int VALUES = 409;

    /** A file of these tenths of a degree, every 300 s from 2020-05-30T00:00:56Z. */
    static byte[] file(int... tenths) {
        byte[] bytes = new byte[VALUES + tenths.length * 4 + 30];
        put(bytes, 0, 8, 2622930045L);
        put(bytes, 8, 8, 2622930045L);
        put(bytes, 28, 8, 1590796856L);
        put(bytes, 36, 8, 1590796856L + 300L * (tenths.length - 1));
        put(bytes, 52, 8, 300);
        bytes[60] = 12;
        put(bytes, 141, 4, Math.round(Arrays.stream(tenths).average().orElseThrow()));
        System.arraycopy("T301".getBytes(StandardCharsets.US_ASCII), 0, bytes, 253, 4);
        put(bytes, 401, 8, tenths.length);
        for (int i = 0; i < tenths.length; i++) put(bytes, VALUES + i * 4, 4, tenths[i]);
        System.arraycopy("dataend".getBytes(StandardCharsets.US_ASCII), 0, bytes, VALUES + tenths.length * 4, 7);
        return bytes;
    }

    static void put(byte[] bytes, int at, int nibbles, long value) {
        for (int i = 0; i < nibbles; i++) bytes[at + i] = (byte) (value >>> 4 * i & 15);
    }

    private static String refusal(byte[] file) {
        return assertThrows(NotALoggerFile.class, () -> FridgeTag2Test.rows(BioVoice.read(file)))
                .getMessage();
    }

    @Test
    void valuesStandAtTheirTimes() throws Exception {
        BioVoice file = BioVoice.read(file(46, 48, 50));
        assertEquals(
                List.of("2020-05-30T00:00:56Z 4.60", "2020-05-30T00:05:56Z 4.80", "2020-05-30T00:10:56Z 5.00"),
                FridgeTag2Test.rows(file));
        assertEquals("biovoice-2622930045", file.logger());
        assertEquals("BioVoice T301 2622930045", file.title());
        assertEquals(List.of(), file.proved());
        byte[] fahrenheit = file(410);
        fahrenheit[60] = 15;
        assertEquals(List.of("2020-05-30T00:00:56Z 5.00"), FridgeTag2Test.rows(BioVoice.read(fahrenheit)));
    }

    /** The binary and its decoded table are one logger with the same rows: the second import of the two finds nothing new. */
    @Test
    void theRealFileSaysWhatItsDecodedTableSays() throws Exception {
        BioVoice binary = BioVoice.read(Files.readAllBytes(SharedData.bioVoice()));
        Table decoded =
                Table.open(SharedData.bioVoiceDecoded(), "00".repeat(32), null, Choices.NONE, null, header -> null);
        List<String> rows = FridgeTag2Test.rows(binary);
        assertEquals(3091, rows.size());
        assertEquals("2020-06-09T17:30:56Z 23.80", rows.get(3090));
        assertEquals(rows, FridgeTag2Test.rows(decoded));
        assertEquals(binary.logger(), decoded.logger());
    }

    @Test
    void aHeaderThatDoesNotFitItsValuesIsRefused() {
        byte[] good = file(46, 48, 50, 52);
        record Bad(int at, int nibbles, long value, String why) {}
        for (Bad bad : List.of(
                new Bad(401, 8, 5, "counts 5 values"),
                new Bad(401, 8, 0, "counts 0 values"),
                new Bad(52, 8, 0, "interval is 0 s"),
                new Bad(52, 8, 200, "counts 4 values; its times and interval make 5"),
                new Bad(36, 8, 1, "times are"),
                new Bad(28, 8, 0, "times are"),
                new Bad(141, 4, 60, "mean is 6.0, that of its values 4.90"),
                new Bad(60, 1, 3, "neither C nor F"),
                new Bad(VALUES + 4, 4, 0xfffe, "below zero"))) {
            byte[] file = good.clone();
            put(file, bad.at(), bad.nibbles(), bad.value());
            assertTrue(refusal(file).contains(bad.why()), bad + ": " + refusal(file));
        }
        byte[] other = good.clone();
        other[VALUES + 16] = 0;
        assertTrue(refusal(other).contains("does not say \"dataend\""));
        byte[] nibble = good.clone();
        nibble[VALUES + 1] |= 0x40;
        assertTrue(refusal(nibble).contains("is not a nibble"));
    }

    @Test
    void anyBytesAreReadOrRefused() throws Exception {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("BioVoiceTest: -Dwaymark.seed=" + seed);
        Random random = new Random(seed);
        byte[] good = file(46, 48, 50, 52, 54, 20, 10, 0);
        for (int n = 0; n < 20_000; n++) {
            byte[] file = n % 3 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
            for (int i = random.nextInt(4); i >= 0 && file.length > 0; i--)
                file[random.nextInt(file.length)] = (byte) (n % 2 == 0 ? random.nextInt(16) : random.nextInt(256));
            try {
                FridgeTag2Test.rows(BioVoice.read(file));
            } catch (NotALoggerFile refused) {
                assertTrue(!refused.getMessage().isEmpty());
            }
        }
    }
}
