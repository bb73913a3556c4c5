package io.waymark.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ingest between a real broker and a stand-in for the services behind it. */
class IngestTest {
    @TempDir
    static Path shared;

    static int port;
    static Broker broker;
    static int run;

    @TempDir
    Path folder;

    final SigningKey key = SigningKey.generate(Algorithm.ED25519);
    final byte[] id = new byte[16];
    String device;
    String prefix;
    Platform platform;
    MeterRegistry meters;
    Ingest ingest;
    MqttLink sender;
    SignedMessage last;

    @BeforeAll
    static void startBroker() throws Exception {
        port = freePort();
        broker = Broker.start(port, shared);
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @BeforeEach
    void start() throws Exception {
        run++;
        new Random(run).nextBytes(id);
        device = HexFormat.of().formatHex(id);
        prefix = "v1/acme/boat/" + device;
        platform = new Platform();
        platform.register(id, "acme", "boat", key.verificationKey());
        startIngest();
        sender = MqttLink.open(
                MqttLink.Settings.of(url(), "sender-" + run, device, "x")
                        .withSubscriptions(false, List.of(prefix + "/d/#")),
                new MqttLink.Listener() {});
        await(sender::connected);
    }

    @AfterEach
    void stop() {
        sender.close();
        // Nothing of this test may wait for the next one, which uses the same shared subscription.
        platform.traceStatus = 0;
        platform.visionStatus = 0;
        ingest.close();
        platform.close();
    }

    @Test
    void aBatchIsAcknowledgedAfterItIsStored() throws Exception {
        for (int i = 0; i < 50; i++) send(reading());

        await(() -> acknowledged() == 50);

        assertEquals(50, platform.count());
        assertEquals(50, meters.counter("waymark.ingest.accepted").count());
        assertEquals(0, platform.quarantined.size());
        restartIngest();
        Thread.sleep(500);
        assertEquals(0, platform.duplicates.get(), "acknowledged messages came again");
    }

    @Test
    void whileTheLedgerIsDownNothingIsAcknowledgedAndLaterEachMessageHasOneEffect() throws Exception {
        platform.traceStatus = 503;
        for (int i = 0; i < 20; i++) send(reading());
        await(() -> ingest.problems().containsKey("trace-service"));
        assertEquals(0, acknowledged());
        assertTrue(ingest.alive());

        restartIngest();
        await(() -> ingest.problems().containsKey("trace-service"));
        platform.traceStatus = 0;

        // At least: the broker may deliver more than once what it delivered before the restart.
        await(() -> acknowledged() >= 20);
        assertEquals(20, platform.count());
        assertTrue(platform.stored.values().stream().allMatch(copies -> copies.size() == 1));
        assertEquals(0, platform.quarantined.size());
        await(() -> ingest.problems().isEmpty());
    }

    @Test
    void aWrongTokenIsNeverTheMessagesFault() throws Exception {
        platform.traceStatus = 401;
        send(reading());
        await(() -> ingest.problems().getOrDefault("trace-service", "").contains("401"));

        platform.traceStatus = 0;

        await(() -> platform.count() == 1);
        assertEquals(0, platform.quarantined.size());
    }

    @Test
    void poisonIsQuarantinedWithItsReasonAndTheOthersAreUndisturbed() throws Exception {
        byte[] truncated = reading().wire();
        byte[] flipped = reading().wire();
        flipped[60] ^= 1; // inside the signed payload
        byte[] badSignature = resigned();
        SignedMessage ofStranger = sign(SigningKey.generate(Algorithm.ED25519), id, 7, MessageType.READING);
        byte[] strangerId = new byte[16];
        strangerId[0] = (byte) run;
        SignedMessage ofNobody = sign(key, strangerId, 0, MessageType.READING);
        byte[] arraysInArrays = new byte[200];
        Arrays.fill(arraysInArrays, (byte) 0x81);
        arraysInArrays[0] = (byte) 0x82;
        arraysInArrays[1] = 9;
        arraysInArrays[199] = (byte) 0x80;
        SignedMessage whole = reading();
        byte[] bomb = new CborWriter()
                .array(3)
                .bytes(whole.cose())
                .bytes(whole.secret())
                .array(1)
                .bytes(arraysInArrays)
                .toBytes();
        byte[] lyingLength = {(byte) 0x9b, 0x7f, -1, -1, -1, -1, -1, -1, -1};

        send(reading());
        publish(prefix + "/r", Arrays.copyOf(truncated, truncated.length - 5));
        publish(prefix + "/r", flipped);
        publish(prefix + "/r", badSignature);
        publish("v1/acme/boat/" + "0".repeat(32) + "/r", reading().wire());
        publish("v1/other/boat/" + device + "/r", reading().wire());
        publish(prefix + "/r", ofStranger.wire());
        publish("v1/acme/boat/" + HexFormat.of().formatHex(strangerId) + "/r", ofNobody.wire());
        publish(prefix + "/r", new byte[70_000]);
        publish(prefix + "/r", bomb);
        publish(prefix + "/r", lyingLength);
        publish(prefix + "/r", new byte[0]);
        publish("v1/acme/boat/UPPER/r", reading().wire());
        send(reading());

        await(() -> acknowledged() == 14);
        List<String> reasons = platform.quarantined.stream()
                .map(Platform.Quarantined::reason)
                .sorted()
                .toList();
        assertEquals(2, platform.count(), reasons::toString);
        assertEquals(12, reasons.size(), reasons::toString);
        for (String expected : List.of(
                "bad-signature",
                "malformed-too-deep",
                "malformed-truncated",
                "too-large",
                "topic-mismatch",
                "unknown-device",
                "unknown-key",
                "wrong-topic")) assertTrue(reasons.contains(expected), expected + " in " + reasons);
        assertTrue(platform.quarantined.stream().allMatch(q -> q.raw().length <= 65_536));
    }

    @Test
    void whatTheLedgerRefusesGoesToQuarantine() throws Exception {
        platform.refusedSeq = 1;
        for (int i = 0; i < 3; i++) send(reading());

        await(() -> acknowledged() == 3);

        assertEquals(2, platform.count());
        assertEquals("key-revoked", platform.quarantined.get(0).reason());
    }

    @Test
    void aMessageThatSpoilsTheWholeBatchIsFoundAndTheOthersAreStored() throws Exception {
        platform.traceStatus = 503; // so that they become one batch
        List<SignedMessage> messages = new ArrayList<>();
        for (int i = 0; i < 10; i++) messages.add(reading());
        platform.unacceptable.add(messages.get(3).wire());
        for (SignedMessage message : messages) send(message);
        await(() -> ingest.problems().containsKey("trace-service"));

        platform.traceStatus = 0;

        await(() -> acknowledged() == 10);
        assertEquals(9, platform.count());
        assertEquals("rejected-400", platform.quarantined.get(0).reason());
    }

    @Test
    void aDeviceRegisteredAfterItsFirstMessageIsKnownSoon() throws Exception {
        byte[] lateId = new byte[16];
        lateId[1] = (byte) run;
        String topic = "v1/acme/boat/" + HexFormat.of().formatHex(lateId) + "/r";
        publish(topic, sign(key, lateId, 0, MessageType.READING).wire());
        await(() -> platform.quarantined.size() == 1);

        platform.register(lateId, "acme", "boat", key.verificationKey());
        Thread.sleep(5_100);
        publish(topic, sign(key, lateId, 0, MessageType.READING).wire());

        await(() -> platform.count() == 1);
    }

    @Test
    void keysAreAskedForOncePerDeviceNotPerMessage() throws Exception {
        for (int i = 0; i < 30; i++) send(reading());
        await(() -> platform.count() == 30);
        assertTrue(platform.keyLookups.get() <= 2, platform.keyLookups + " look-ups");
    }

    @Test
    void theNewestReceiptReachesTheDeviceNotEachOne() throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < 40; i++) {
            send(reading());
            Thread.sleep(20);
        }
        await(() -> platform.count() == 40);
        int receipts = 0;
        Receipt newest = null;
        while (newest == null || !newest.covers(0, 39)) {
            MqttLink.Arrival arrival = sender.poll(5, TimeUnit.SECONDS);
            assertEquals(prefix + "/d/ack", arrival.topic());
            Receipt.Signed signed = Receipt.parse(arrival.bytes());
            assertTrue(signed.verifies(platform.receiptKey.verificationKey()));
            newest = signed.receipt();
            receipts++;
        }
        long seconds = (System.nanoTime() - start) / 1_000_000_000 + 2;
        assertTrue(receipts <= seconds, receipts + " receipts in " + seconds + " s");
    }

    @Test
    void whatTraceServiceHasForADeviceReachesIt() throws Exception {
        byte[] old = {1};
        byte[] fresh = {2};
        platform.outgoing.add(new Platform.Outgoing(prefix + "/d/cmd", old, 5));
        platform.outgoing.add(new Platform.Outgoing(prefix + "/d/cmd", fresh, 6));
        platform.outgoing.add(new Platform.Outgoing(prefix + "/d/ack", new byte[] {3}, 7));

        List<String> got = new ArrayList<>();
        while (!got.containsAll(List.of("cmd 2", "ack 3"))) {
            MqttLink.Arrival arrival = sender.poll(20, TimeUnit.SECONDS);
            assertTrue(arrival != null, "nothing came after " + got);
            got.add(arrival.topic().substring(arrival.topic().length() - 3) + " " + arrival.bytes()[0]);
        }
        assertTrue(got.stream().filter("cmd 2"::equals).count() == 1, got::toString);
    }

    @Test
    void aDeviceGetsItsReceiptsAndItsImageArrives() throws Exception {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        platform.register(keys.id(), "acme", "boat", keys.verificationKey());
        byte[] picture = new byte[100_000];
        new Random(1).nextBytes(picture);
        try (Device real = Device.open(
                folder,
                DeviceConfig.of(url(), new Registration("v1/acme/boat/" + keys.idHex(), "x", 1))
                        .withReceiptKeys(
                                List.of(platform.receiptKey.verificationKey().coseKey()))
                        .withResendAfter(Duration.ofSeconds(3)))) {
            real.read(Quantity.TEMPERATURE, 4.2);
            real.image(picture, "image/jpeg", Observation.of(), 100, 100);

            assertTrue(real.awaitReceipts(Duration.ofSeconds(30)), real.status()::toString);
        }
        assertEquals(3, platform.count());
        var chunks = platform.chunks.values().iterator().next();
        byte[] whole = new byte[0];
        for (int i = 0; i < chunks.size(); i++) {
            int at = whole.length;
            whole = Arrays.copyOf(whole, at + chunks.get(i).length);
            System.arraycopy(chunks.get(i), 0, whole, at, chunks.get(i).length);
        }
        assertArrayEquals(picture, whole);
    }

    @Test
    void visionBeingDownDoesNotStopReadings() throws Exception {
        platform.visionStatus = 503;
        publish(prefix + "/i/" + "ab".repeat(32) + "/0", new byte[] {1, 2, 3});
        await(() -> ingest.problems().containsKey("vision"));

        send(reading());

        await(() -> platform.count() == 1);
        platform.visionStatus = 0;
        await(() -> platform.chunks.containsKey("ab".repeat(32)));
    }

    @Test
    void aBrokerRestartLosesNothing() throws Exception {
        int ownPort = freePort();
        Path ownFolder = folder.resolve("broker");
        Broker first = Broker.start(ownPort, ownFolder);
        MeterRegistry ownMeters = new SimpleMeterRegistry();
        try (Ingest own = Ingest.start(config("tcp://127.0.0.1:" + ownPort, "restart"), ownMeters);
                MqttLink ownSender = MqttLink.open(
                        MqttLink.Settings.of("tcp://127.0.0.1:" + ownPort, "restart-sender", device, "x"),
                        new MqttLink.Listener() {})) {
            await(() -> ownSender.connected() && !own.problems().containsKey("broker"));
            platform.traceStatus = 503;
            for (int i = 0; i < 10; i++)
                ownSender.publish(prefix + "/r", reading().wire()).get(10, TimeUnit.SECONDS);
            await(() -> own.problems().containsKey("trace-service"));
            first.close();
            platform.traceStatus = 0;
            try (Broker second = Broker.start(ownPort, ownFolder)) {
                assertFalse(second == null);
                await(() -> platform.count() == 10);
                await(() -> own.problems().isEmpty());
            }
        }
    }

    /** Without the presence messages that devices of earlier tests leave behind. */
    private double acknowledged() {
        return meters.counter("waymark.ingest.acks").count()
                - meters.counter("waymark.ingest.presence").count();
    }

    private void startIngest() throws Exception {
        meters = new SimpleMeterRegistry();
        ingest = Ingest.start(config(url(), "ingest"), meters);
        await(() -> !ingest.problems().containsKey("broker"));
    }

    private void restartIngest() throws Exception {
        ingest.close();
        startIngest();
    }

    private String url() {
        return "tcp://127.0.0.1:" + port;
    }

    private IngestConfig config(String mqttUrl, String clientId) {
        return new IngestProcess.Settings(mqttUrl, clientId, platform.url());
    }

    private void send(SignedMessage message) throws Exception {
        publish(prefix + "/r", message.wire());
    }

    private void publish(String topic, byte[] bytes) throws Exception {
        MqttLink.Outcome outcome = sender.publish(topic, bytes).get(10, TimeUnit.SECONDS);
        assertTrue(outcome instanceof MqttLink.Outcome.Taken, topic + ": " + outcome);
    }

    private SignedMessage reading() {
        long seq = last == null ? 0 : last.head().seq() + 1;
        last = sign(key, id, seq, MessageType.READING);
        return last;
    }

    private SignedMessage sign(SigningKey by, byte[] of, long seq, int type) {
        Head head = new Head(type, of, 0, seq, seq == 0 ? null : new byte[32], 1_700_000_000_000L, 2, null, null);
        List<Group> groups = List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, 420))));
        return SignedMessage.sign(head, groups, by);
    }

    /** Right in everything but the signature's last byte. */
    private byte[] resigned() {
        SignedMessage whole = reading();
        byte[] wire = whole.wire().clone();
        byte[] cose = whole.cose();
        outer:
        for (int at = 0; at < wire.length - cose.length; at++) {
            for (int i = 0; i < cose.length; i++) if (wire[at + i] != cose[i]) continue outer;
            wire[at + cose.length - 40] ^= 1;
            return wire;
        }
        throw new AssertionError("the envelope is not in the wire");
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end)
                throw new AssertionError("not within 20 s; " + ingest.problems() + ", stored " + platform.count() + ", "
                        + meters.getMeters().stream()
                                .map(m -> m.getId().getName() + m.getId().getTags() + m.measure())
                                .toList());
            Thread.sleep(20);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
