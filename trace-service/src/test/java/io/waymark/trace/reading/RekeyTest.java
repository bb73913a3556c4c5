package io.waymark.trace.reading;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.SecurityAttribute;
import io.quarkus.test.security.TestSecurity;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Keys;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device's next key: bound by its rekey message, the older one ended by the first message under it. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@TestSecurity(
        user = "tester",
        roles = {"producer", "viewer", "service-ingest"},
        attributes = @SecurityAttribute(key = "waymark.tenant", value = "acme"))
class RekeyTest {
    @Inject
    @DataSource("ledger")
    AgroalDataSource database;

    @Inject
    Ledger ledger;

    @Inject
    Intake intake;

    @Inject
    Streams streams;

    @Inject
    Registration registration;

    private final TestStream device = new TestStream();
    private final SigningKey next = SigningKey.generate(Algorithm.ED25519);

    @BeforeEach
    void organisationAndDevice() throws SQLException {
        device.registerAtAcme(database);
    }

    @Test
    void bothKeysAreGoodUntilTheFirstMessageUnderTheNewOne() throws Exception {
        SignedMessage first = reading(null, device.key);
        SignedMessage rekey = rekey(first, device.key, next);
        SignedMessage underOld = reading(rekey, device.key);
        SignedMessage underNew = reading(underOld, next);
        SignedMessage tooLate = reading(underNew, device.key);

        stored(first);
        long rekeyIndex = stored(rekey);
        long oldIndex = stored(underOld);
        long newIndex = stored(underNew);

        assertEquals(List.of(new Outcome.Refused("key-revoked")), send(tooLate));
        List<Stream> keys = streams.keysOf(device.id);
        assertEquals(2, keys.size());
        assertTrue(keys.get(1).hasKid(next.verificationKey().kid()));
        assertEquals(rekeyIndex + 1, keys.get(1).bindingIndex(), "right after the rekey, in its commit");
        assertEquals(newIndex + 1, keys.get(0).revokedIndex(), "right after the first message, in its commit");
        assertEquals(Revocation.SUPERSEDED, keys.get(0).revokedReason());

        // What a stranger finds who has the log and the messages.
        Keys log = new Keys();
        for (Stream key : keys) {
            log.add(KeyBinding.parse(entry(bindingOf(key))), key.bindingIndex());
        }
        log.add(Revocation.parse(entry(superseded(device))), keys.get(0).revokedIndex());
        for (SignedMessage message : List.of(first, rekey, underOld, underNew)) {
            long index = message == first
                    ? rekeyIndex - 1
                    : message == rekey ? rekeyIndex : message == underOld ? oldIndex : newIndex;
            Keys.Judgement judgement = log.judge(message.envelope(), KeyBinding.DEVICE, index);
            assertEquals(io.waymark.evidence.proof.Outcome.PASS, judgement.outcome(), judgement.seen());
        }
        assertEquals(
                io.waymark.evidence.proof.Outcome.FAIL,
                log.judge(tooLate.envelope(), KeyBinding.DEVICE, newIndex + 2).outcome());
    }

    @Test
    void whatIsSentAgainChangesNothing() {
        SignedMessage rekey = rekey(null, device.key, next);
        SignedMessage underNew = reading(rekey, next);
        assertEquals(
                List.of("Stored", "Refused"),
                send(rekey, underNew).stream()
                        .map(o -> o.getClass().getSimpleName())
                        .toList(),
                "the key is bound by the commit, so nothing under it is good before");
        long size = ledger.checkpoint().size();
        assertInstanceOf(Outcome.Duplicate.class, send(rekey).get(0));
        assertEquals(size, ledger.checkpoint().size());

        stored(underNew);
        size = ledger.checkpoint().size();
        assertInstanceOf(Outcome.Duplicate.class, send(underNew).get(0));
        assertEquals(size, ledger.checkpoint().size());

        // Lost on the way, signed again under another number: the key is bound once.
        SignedMessage again = rekey(underNew, next, next);
        stored(again);
        assertEquals(2, streams.keysOf(device.id).size());
    }

    @Test
    void aKeyThatItsHolderDidNotOfferHereIsRefused() {
        SignedMessage before = reading(null, device.key);
        stored(before);
        SigningKey thief = SigningKey.generate(Algorithm.ED25519);
        // The new key's name with a signature by another; then a proof made for another place of the stream.
        List<Group> named = Rekey.groups(device.id, 0, 1, next);
        List<Group> forged =
                List.of(named.get(0), Rekey.groups(device.id, 0, 1, thief).get(1));
        assertEquals(
                List.of(new Outcome.Refused("rekey-not-proved")),
                send(sign(before, MessageType.REKEY, forged, device.key)));
        List<Group> elsewhere = Rekey.groups(device.id, 0, 7, next);
        assertEquals(
                List.of(new Outcome.Refused("rekey-not-proved")),
                send(sign(before, MessageType.REKEY, elsewhere, device.key)));
        assertEquals(
                List.of(new Outcome.Refused("unknown-key")),
                send(rekey(before, thief, thief)),
                "only an old key vouches");
        assertEquals(1, streams.keysOf(device.id).size());
    }

    @Test
    void aRevokedKeyDoesNotComeBack() {
        SignedMessage rekey = rekey(null, device.key, next);
        stored(rekey);
        registration.revoke("acme", device.id, next.verificationKey().kid(), Revocation.LOST);
        assertEquals(List.of(new Outcome.Refused("rekey-to-a-revoked-key")), send(rekey(rekey, device.key, next)));
        assertEquals(List.of(new Outcome.Refused("key-revoked")), send(reading(rekey, next)));
        stored(reading(rekey, device.key));
    }

    @Test
    void aDeviceHasAtMostEightKeysThatWait() {
        SignedMessage before = reading(null, device.key);
        stored(before);
        for (int live = 1; live < Registration.MOST_LIVE_KEYS; live++) {
            before = rekey(before, device.key, SigningKey.generate(Algorithm.P256));
            stored(before);
        }
        assertEquals(List.of(new Outcome.Refused("too-many-keys")), send(rekey(before, device.key, next)));
    }

    @Test
    void aBrokerIsToldWhoIsRefusedAndWhoIsNoLonger() {
        long before = ledger.checkpoint().size() - 1;
        assertEquals(Map.of(), standings(before));
        stored(rekey(null, device.key, next));
        assertEquals(Map.of(), standings(before), "nothing was ever revoked");
        registration.revoke("acme", device.id, device.key.verificationKey().kid(), Revocation.LOST);
        assertEquals(Map.of(device.hex(), false), standings(before), "it has another key");
        registration.revoke("acme", device.id, next.verificationKey().kid(), Revocation.LOST);
        assertEquals(Map.of(device.hex(), true), standings(before));
        assertEquals(Map.of(), standings(ledger.checkpoint().size() - 1));
    }

    private Map<String, Boolean> standings(long after) {
        List<Map<String, Object>> devices = given().get("/api/devices/standings?after=" + after)
                .then()
                .statusCode(200)
                .extract()
                .path("devices");
        // Other tests leave devices whose rows say places that this log never reached.
        return devices.stream()
                .filter(d -> device.hex().equals(d.get("id")))
                .collect(Collectors.toMap(d -> (String) d.get("id"), d -> (Boolean) d.get("refused")));
    }

    private long stored(SignedMessage message) {
        return assertInstanceOf(Outcome.Stored.class, send(message).get(0)).index();
    }

    private List<Outcome> send(SignedMessage... messages) {
        return intake.readings(
                        Collections.nCopies(messages.length, device.topic("acme")),
                        java.util.Arrays.stream(messages)
                                .map(SignedMessage::wire)
                                .toList())
                .join()
                .outcomes();
    }

    private SignedMessage reading(SignedMessage before, SigningKey key) {
        return sign(before, MessageType.READING, List.of(Reading.measurements(List.of(new Measurement(1, 412)))), key);
    }

    private SignedMessage rekey(SignedMessage before, SigningKey old, SigningKey to) {
        return sign(
                before,
                MessageType.REKEY,
                Rekey.groups(device.id, 0, before == null ? 0 : before.head().seq() + 1, to),
                old);
    }

    private SignedMessage sign(SignedMessage before, int type, List<Group> groups, SigningKey key) {
        long seq = before == null ? 0 : before.head().seq() + 1;
        return SignedMessage.sign(
                new Head(
                        type,
                        device.id,
                        0,
                        seq,
                        before == null ? null : before.digest(),
                        1_790_000_000_000L,
                        2,
                        100L,
                        null),
                groups,
                key);
    }

    private byte[] bindingOf(Stream key) {
        return new KeyBinding(
                        key.id(),
                        key.key(),
                        key.role(),
                        key.keeper(),
                        io.waymark.evidence.log.Entries.streamCommitment(key.id(), key.streamSecret()),
                        "acme.example",
                        "self-declared",
                        key.firstEpoch(),
                        key.label())
                .entry();
    }

    private static byte[] superseded(TestStream device) {
        return Revocation.plain(device.id, device.key.verificationKey().kid(), Revocation.SUPERSEDED)
                .entry();
    }

    /** The entry as the log has it. */
    private byte[] entry(byte[] expected) {
        return ledger.standing(List.of(Submission.of(expected))).get(0).entry();
    }
}
