package io.waymark.simulator.logger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FridgeTag2Test {
    @TempDir
    Path folder;

    /** Rows as text, with rejected ones as "line: reason". */
    static List<String> rows(LoggerFile file) throws IOException {
        List<String> all = new ArrayList<>();
        file.rows(new LoggerFile.Rows() {
            @Override
            public void row(Row row) {
                all.add(Instant.ofEpochMilli(row.timeMillis()) + " "
                        + String.join(
                                " ",
                                row.measurements().stream()
                                        .map(Quantities::said)
                                        .toList()));
            }

            @Override
            public void rejected(long line, String reason) {
                all.add(line + ": " + reason);
            }
        });
        return all;
    }

    private static String refusal(byte[] report) {
        return assertThrows(NotALoggerFile.class, () -> FridgeTag2.read(report, null))
                .getMessage();
    }

    @Test
    void lowestAndHighestOfADayAreReadingsAtTheirTimes() throws Exception {
        FridgeTag2 report = FridgeTag2.read(new ReportMaker().report(), null);
        assertEquals(
                List.of(
                        "2026-04-28T10:29:00Z -0.60",
                        "2026-04-28T17:22:00Z 8.60",
                        "2026-04-29T09:49:00Z 3.80",
                        "2026-04-29T15:49:00Z 4.50"),
                rows(report));
        assertEquals("fridge-tag-2-160400000001", report.logger());
        assertTrue(
                report.notes()
                        .get(0)
                        .startsWith(
                                "2 days, 2026-04-28 to 2026-04-29: above the upper limit on 1, below the lower on 0"),
                report.notes().toString());
        assertTrue(report.proved().get(0).contains("lot 1792_20_08"));
        assertTrue(report.notProved().get(0).contains("Berlinger"));
    }

    @Test
    void theRealReportIsReadWholeAndVerified() throws Exception {
        FridgeTag2 report = FridgeTag2.read(Files.readAllBytes(SharedData.fridgeTag()), null);
        List<String> rows = rows(report);
        assertEquals(120, rows.size());
        assertEquals("2026-03-01T15:12:00Z 22.80", rows.get(0));
        assertEquals("2026-04-29T15:49:00Z 23.50", rows.get(119));
        assertEquals("1792_20_08", report.lot());
        assertEquals("160400347643", report.serial());
        assertTrue(
                report.notes().get(0).startsWith("60 days, 2026-03-01 to 2026-04-29: above the upper limit on 60"),
                report.notes().toString());
        assertTrue(
                report.notes().contains("Its own alarm: above +8.0 °C for 600 minutes."),
                report.notes().toString());
    }

    @Test
    void anyChangedByteIsRefused() throws Exception {
        byte[] report = new ReportMaker().report();
        Random random = seeded();
        for (int i = 0; i < report.length; i++) {
            byte[] changed = report.clone();
            // The bit that makes letters of another case, and any other byte.
            for (int by : new int[] {0x20, 1 + random.nextInt(255)}) {
                changed[i] = (byte) (report[i] ^ by);
                int at = i;
                assertThrows(
                        NotALoggerFile.class, () -> FridgeTag2.read(changed, null), () -> "byte " + at + " ^ " + by);
            }
        }
        for (int length = 0; length < report.length; length++) {
            byte[] cut = Arrays.copyOf(report, length);
            assertThrows(NotALoggerFile.class, () -> FridgeTag2.read(cut, null), () -> "cut at " + cut.length);
        }
    }

    @Test
    void anyChangedByteOfTheRealReportIsRefused() throws Exception {
        byte[] report = Files.readAllBytes(SharedData.fridgeTag());
        Random random = seeded();
        for (int n = 0; n < 400; n++) {
            byte[] changed = report.clone();
            int at = random.nextInt(report.length);
            int by = 1 + random.nextInt(255);
            changed[at] ^= (byte) by;
            assertThrows(NotALoggerFile.class, () -> FridgeTag2.read(changed, null), () -> "byte " + at + " ^ " + by);
        }
    }

    @Test
    void bytesAddedOrTakenAreRefused() throws Exception {
        byte[] report = new ReportMaker().report();
        Random random = seeded();
        for (int n = 0; n < 500; n++) {
            int at = random.nextInt(report.length + 1);
            byte[] more = new byte[report.length + 1];
            System.arraycopy(report, 0, more, 0, at);
            more[at] = (byte) (n % 2 == 0 ? ' ' + random.nextInt(95) : random.nextInt(256));
            System.arraycopy(report, at, more, at + 1, report.length - at);
            assertThrows(NotALoggerFile.class, () -> FridgeTag2.read(more, null), () -> more[at] + " at " + at);
        }
    }

    @Test
    void lineEndsAreCoveredByTheSignature() throws Exception {
        String text = new String(new ReportMaker().report(), StandardCharsets.US_ASCII);
        assertTrue(refusal(text.replace("\r\n", "\n").getBytes(StandardCharsets.US_ASCII))
                .startsWith("line 1 ends with LF alone"));
        assertTrue(refusal(text.replace("\r\n", "\r").getBytes(StandardCharsets.US_ASCII))
                .startsWith("line 1 has a CR without LF"));
    }

    @Test
    void theSignatureLineIsOneAndTheLast() throws Exception {
        ReportMaker maker = new ReportMaker();
        String report = new String(maker.report(), StandardCharsets.US_ASCII);
        String line = report.substring(report.lastIndexOf("Sig: "));
        assertTrue(refusal((report + line).getBytes(StandardCharsets.US_ASCII)).contains("two lines \"Sig: \""));
        assertTrue(refusal((report + "More: 1\r\n").getBytes(StandardCharsets.US_ASCII))
                .contains("does not end with its signature"));
        assertTrue(refusal(maker.unsigned().getBytes(StandardCharsets.US_ASCII)).contains("no line \"Sig: \""));
        // Even a second line that the signature covers.
        assertTrue(refusal(maker.signed(report)).contains("two lines \"Sig: \""));
    }

    @Test
    void numbersThatNoSignatureHasAreRefused() throws Exception {
        ReportMaker maker = new ReportMaker();
        String one = ReportMaker.littleEndian(BigInteger.ONE);
        for (BigInteger bad : List.of(
                BigInteger.ZERO,
                ReportMaker.ORDER,
                ReportMaker.ORDER.add(BigInteger.ONE),
                BigInteger.TWO.pow(256).subtract(BigInteger.ONE))) {
            String part = ReportMaker.littleEndian(bad);
            assertEquals(
                    "the report's Sig is no signature: r is not between 1 and the group's order",
                    refusal(ReportMaker.with(maker.unsigned(), part + one)));
            assertEquals(
                    "the report's Sig is no signature: s is not between 1 and the group's order",
                    refusal(ReportMaker.with(maker.unsigned(), one + part)));
        }
    }

    @Test
    void keysThatAreNoPointsAreRefused() throws Exception {
        ReportMaker maker = new ReportMaker();
        String good = maker.publicKey;
        String p = ReportMaker.littleEndian(
                new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16));
        for (String bad : List.of(
                "0".repeat(128),
                good.substring(64) + good.substring(0, 64),
                p + good.substring(64),
                good.substring(0, 64) + p)) {
            maker.publicKey = bad;
            assertTrue(refusal(maker.report()).startsWith("the report's Public Key is none: "), bad);
        }
    }

    @Test
    void aSignedReportThatCannotBeTrueIsRefused() throws Exception {
        ReportMaker maker = new ReportMaker();
        maker.certificateLot = "1792_20_09";
        assertTrue(refusal(maker.report()).startsWith("the certificate is for lot 1792_20_09"));
        maker = new ReportMaker();
        maker.created = "2019-01-01 00:00";
        assertTrue(refusal(maker.report()).contains("before its certificate was valid"));
        maker = new ReportMaker();
        maker.days = new String[] {ReportMaker.day(1, "2026-04-28", "+9.0", "10:00", "+1.0", "11:00", "+5.0", 0)};
        assertTrue(refusal(maker.report()).contains("not between its lowest and highest"));
        maker = new ReportMaker();
        maker.days = new String[] {
            ReportMaker.day(1, "2026-04-27", "+1.0", "10:00", "+2.0", "11:00", "+1.5", 0),
            ReportMaker.day(2, "2026-04-28", "+1.0", "10:00", "+2.0", "11:00", "+1.5", 0)
        };
        assertTrue(refusal(maker.report()).contains("do not go back in time"));
        maker = new ReportMaker();
        maker.days = new String[] {ReportMaker.day(2, "2026-04-27", "+1.0", "10:00", "+2.0", "11:00", "+1.5", 0)};
        assertEquals("the report has no day", refusal(maker.report()));
        maker = new ReportMaker();
        maker.zone = "5.50";
        assertTrue(refusal(maker.report()).contains("--zone"));
    }

    @Test
    void aDayWithoutAValueIsRejectedAndTheOthersAreRead() throws Exception {
        ReportMaker maker = new ReportMaker();
        maker.days = new String[] {
            ReportMaker.day(1, "2026-03-29", "+1.0", "02:30", "+2.0", "11:00", "+1.5", 0),
            ReportMaker.day(2, "2026-03-28", "---", "--:--", "+2.0", "11:00", "+1.5", 0)
        };
        FridgeTag2 report = FridgeTag2.read(maker.report(), ZoneId.of("Europe/Oslo"));
        List<String> rows = rows(report);
        assertEquals(List.of("2026-03-28T10:00:00Z 2.00", "2026-03-29T09:00:00Z 2.00"), rows.subList(0, 2));
        assertTrue(rows.get(2).endsWith("2026-03-29T02:30 is twice or never in Europe/Oslo"), rows.get(2));
        assertTrue(rows.get(3).endsWith("\"Min T: ---, TS Min T: --:--\" has no value and time"), rows.get(3));
        maker.unit = "F";
        assertEquals(
                "2026-03-28T11:00:00Z -16.67",
                rows(FridgeTag2.read(maker.report(), ZoneId.of("UTC"))).get(0));
    }

    @Test
    void aLotAndALoggerKeepTheirKey() throws Exception {
        PinnedKeys keys = new PinnedKeys(folder.resolve("pins"));
        ReportMaker maker = new ReportMaker();
        FridgeTag2 first = FridgeTag2.read(maker.report(), null);
        assertEquals(new PinnedKeys.Judgement(false, null), keys.judge(first));
        keys.remember(first, "ab".repeat(32));
        assertEquals(new PinnedKeys.Judgement(true, null), keys.judge(FridgeTag2.read(maker.report(), null)));

        ReportMaker forger = new ReportMaker();
        String why = keys.judge(FridgeTag2.read(forger.report(), null)).refusal();
        assertTrue(why.contains("another key than earlier ones of lot 1792_20_08"), why);
        assertTrue(why.contains("ab".repeat(32)), why);
        // The same logger under another lot, and another logger of the lot.
        forger.lot = forger.certificateLot = "1792_20_09";
        assertTrue(keys.judge(FridgeTag2.read(forger.report(), null)).refusal().contains("logger 160400000001"));
        maker.serial = "160400000002";
        assertEquals(new PinnedKeys.Judgement(true, null), keys.judge(FridgeTag2.read(maker.report(), null)));
        // Told to, the new key takes the old one's place.
        FridgeTag2 trusted = FridgeTag2.read(forger.report(), null);
        keys.remember(trusted, "cd".repeat(32));
        assertEquals(new PinnedKeys.Judgement(true, null), keys.judge(trusted));
    }

    private static Random seeded() {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("FridgeTag2Test: -Dwaymark.seed=" + seed);
        return new Random(seed);
    }
}
