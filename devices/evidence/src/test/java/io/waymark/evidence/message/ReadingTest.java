package io.waymark.evidence.message;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadingTest {
    private final SigningKey key = SigningKey.generate(Algorithm.ED25519);

    private static Head head(int type) {
        return new Head(type, new byte[16], 0, 0, null, 1_790_000_000_000L, 3, null, null);
    }

    @Test
    void everythingComesBackAsItWasPutIn() throws Exception {
        Position position = new Position(-900_000_000L, 1_800_000_000L, null, 1, -42);
        List<Association> associations = List.of(
                Association.sscc(106141412345678908L),
                Association.sgtin("/01/09506000134352/21/A"),
                Association.gln("9506000134352"));
        List<Measurement> measurements = List.of(
                new Measurement(Measurement.TEMPERATURE, -1999),
                new Measurement(Measurement.TEMPERATURE, 4, 0, 0, 0),
                new Measurement(Measurement.HUMIDITY, 5512, -2, 3, 0),
                new Measurement(Measurement.DOOR, 1, 0, 0, 9));
        Series series = new Series(Measurement.TEMPERATURE, 3600, 60, new long[] {-100, 0, Long.MAX_VALUE, 5}, -2, 1);
        SignedMessage sent = SignedMessage.sign(
                head(MessageType.READING),
                List.of(
                        Reading.position(position),
                        Reading.associations(associations),
                        Reading.measurements(measurements),
                        Reading.series(List.of(series)),
                        Reading.images(List.of(new byte[32]))),
                key);
        SignedMessage got = SignedMessage.parse(sent.wire());
        assertTrue(got.verifies(key.verificationKey()));
        assertArrayEquals(sent.digest(), got.digest());
        assertEquals(position, Reading.position(got).orElseThrow());
        assertEquals(associations, Reading.associations(got));
        assertEquals(measurements, Reading.measurements(got));
        assertArrayEquals(series.values(), Reading.series(got).get(0).values());
        assertEquals(1, Reading.images(got).size());
    }

    @Test
    void withheldPositionLeavesTheRestProvable() throws Exception {
        SignedMessage message = SignedMessage.sign(
                head(MessageType.READING),
                List.of(
                        Reading.position(new Position(1, 2, null, null, null)),
                        Reading.measurements(List.of(new Measurement(1, 412)))),
                key);
        Disclosure disclosure = Disclosure.parse(message.disclosure(group -> group != Reading.POSITION));
        assertTrue(disclosure.matches(Envelope.parse(message.cose()).fieldsRoot()));
        assertTrue(Reading.position(disclosure).isEmpty());
        assertEquals(1, disclosure.withheld());
        assertEquals(412, Reading.measurements(disclosure).get(0).value());
        assertFalse(disclosure.matches(new byte[32]));
    }

    @Test
    void twoMessagesOfTheSameContentShareNothingToCompare() {
        List<Group> groups = List.of(Reading.measurements(List.of(new Measurement(1, 412))));
        SignedMessage one = SignedMessage.sign(head(MessageType.READING), groups, key);
        SignedMessage two = SignedMessage.sign(head(MessageType.READING), groups, key);
        assertFalse(java.util.Arrays.equals(one.digest(), two.digest()));
    }

    @Test
    void refusesToSignWhatAReaderWouldRefuse() {
        Group reading = Reading.measurements(List.of(new Measurement(1, 412)));
        Group position = Reading.position(new Position(1, 2, null, null, null));
        assertThrows(
                IllegalArgumentException.class, () -> SignedMessage.sign(head(MessageType.READING), List.of(), key));
        assertThrows(
                IllegalArgumentException.class,
                () -> SignedMessage.sign(head(MessageType.READING), List.of(reading, position), key));
        assertThrows(
                IllegalArgumentException.class,
                () -> SignedMessage.sign(head(MessageType.BOOT), List.of(reading), key));
        assertThrows(
                IllegalArgumentException.class,
                () -> SignedMessage.sign(head(MessageType.READING), List.of(reading, Reading.noContent()), key));
        byte[] large = new byte[SignedMessage.MAX_DEVICE_MESSAGE];
        Group opaque = Reading.associations(List.of(Association.opaque(large)));
        assertThrows(
                IllegalArgumentException.class,
                () -> SignedMessage.sign(head(MessageType.READING), List.of(opaque), key));
        assertThrows(IllegalArgumentException.class, () -> new Head(1, new byte[16], 0, 1, null, 0, 0, null, null));
    }

    @Test
    void aStepMayBeLargerThanADeviceMessage() throws Exception {
        byte[] secret = new byte[16];
        ObjectTree tree = new ObjectTree(
                secret, List.of(new ObjectTree.Entry("https://id.gs1.org/01/09506000134352/21/A", new byte[32])));
        SignedMessage step = SignedMessage.sign(
                head(MessageType.CUSTODY_STEP),
                List.of(CustodyStep.event(new byte[1 << 20]), CustodyStep.objects(tree)),
                secret,
                key);
        assertEquals(
                1,
                CustodyStep.objects(SignedMessage.parse(step.wire())
                                .group(CustodyStep.OBJECTS)
                                .orElseThrow())
                        .count());
    }

    @Test
    void summariesComeBackAsTheyWerePutIn() throws Exception {
        for (CustodyStep.PublicSummary summary : List.of(
                new CustodyStep.PublicSummary("shipping", 5, "a", "b", null, null, null, null, null, null),
                new CustodyStep.PublicSummary("receiving", 5, "a", "b", -1L, 1L, 0L, "n", "d", "p"))) {
            assertEquals(
                    summary,
                    CustodyStep.summary(Group.parse(CustodyStep.summary(summary).encoded())));
        }
    }
}
