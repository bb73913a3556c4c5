package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device against a real broker and a stand-in for the platform behind it. */
class DeviceTest {
    @TempDir
    static Path shared;

    static int port;
    static Broker broker;
    static final SigningKey RECEIPT_KEY = SigningKey.generate(Algorithm.ED25519);

    @TempDir
    Path folder;

    DeviceKeys keys;
    DeviceConfig config;

    @BeforeAll
    static void startBroker() throws Exception {
        port = MqttLinkTest.freePort();
        broker = Broker.start(port, shared);
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @BeforeEach
    void register() throws Exception {
        keys = DeviceKeys.openOrCreate(folder);
        config = DeviceConfig.of(
                        "tcp://127.0.0.1:" + port, new Registration("v1/acme/boat/" + keys.idHex(), "password", 7))
                .withReceiptKeys(List.of(RECEIPT_KEY.verificationKey().coseKey()))
                .withResendAfter(Duration.ofSeconds(1));
    }

    @Test
    void aReadingIsSignedDeliveredAndForgottenAfterItsReceipt() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config)) {
            device.read(
                    List.of(Quantity.TEMPERATURE.of(4.2)),
                    List.of(Association.batch("/01/09506000134352/10/L1")),
                    new Position(541234567, 81234567, 5, 1, null),
                    1_700_000_000_000L);

            assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
            SignedMessage reading = platform.message(1);
            assertTrue(reading.verifies(keys.verificationKey()));
            assertEquals(420, Reading.measurements(reading).get(0).value());
            assertEquals(1_700_000_000_000L, reading.head().timeMillis());
            assertTrue(device.status().receiptsVerified());
        }
    }

    @Test
    void theFirstMessageIsABootAndEachNamesTheOneBefore() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY)) {
            for (int run = 0; run < 3; run++) {
                try (Device device = Device.open(folder, config)) {
                    device.readAll(
                            List.of(Observation.of(Quantity.HUMIDITY.of(71)), Observation.of(Quantity.DOOR.of(run))));
                    assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
                }
            }
            List<SignedMessage> chain = platform.chain();
            assertEquals(7, chain.size());
            assertEquals(MessageType.BOOT, chain.get(0).head().type());
            assertNull(chain.get(0).head().prev());
            for (int i = 1; i < chain.size(); i++) {
                assertEquals(i, chain.get(i).head().seq());
                assertEquals(0, chain.get(i).head().epoch());
                assertArrayEquals(chain.get(i - 1).digest(), chain.get(i).head().prev());
            }
            assertTrue(chain.get(6).head().anchor() != null, "later messages name a receipt");
        }
    }

    @Test
    void aNewKeyTakesOverWhileReadingsGoOnAndAfterTheOldOnesAreDelivered() throws Exception {
        VerificationKey old = keys.verificationKey();
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, keys, config)) {
            device.read(Quantity.TEMPERATURE, 1);
            device.rekey();
            device.rekey(); // under way: nothing more
            for (int i = 0; device.rekeying() || i < 5; i++) {
                device.read(Quantity.TEMPERATURE, i);
                assertTrue(i < 10_000, device.status()::toString);
                Thread.sleep(5);
            }
            device.read(Quantity.TEMPERATURE, 9);
            assertTrue(device.awaitReceipts(Duration.ofSeconds(30)), device.status()::toString);

            List<SignedMessage> chain = platform.chain();
            SignedMessage rekey = chain.stream()
                    .filter(m -> m.head().type() == MessageType.REKEY)
                    .reduce((a, b) -> {
                        throw new AssertionError("announced twice");
                    })
                    .orElseThrow();
            VerificationKey next = Rekey.provedKey(rekey).orElseThrow();
            assertTrue(rekey.verifies(old), "the old key vouches for the new one");
            assertEquals(next, device.verificationKey());
            assertEquals(next, DeviceKeys.openOrCreate(folder).verificationKey());
            int first = 0;
            while (!chain.get(first).verifies(next))
                assertTrue(chain.get(first++).verifies(old));
            assertTrue(first > rekey.head().seq() && first < chain.size());
            for (SignedMessage later : chain.subList(first, chain.size())) assertTrue(later.verifies(next));
            List<SignedMessage> arrived = List.copyOf(platform.arrived);
            int firstArrived = 0;
            while (!arrived.get(firstArrived).verifies(next)) firstArrived++;
            for (SignedMessage later : arrived.subList(firstArrived, arrived.size()))
                assertTrue(later.verifies(next), "nothing under the old key comes after the first under the new one");
        }
    }

    @Test
    void aRotationGoesOnAfterARestart() throws Exception {
        VerificationKey old = keys.verificationKey();
        try (Platform platform = new Platform(keys, RECEIPT_KEY)) {
            platform.silent = true;
            try (Device device = Device.open(folder, config)) {
                device.rekey();
                device.read(Quantity.TEMPERATURE, 1);
                MqttLinkTest.await(() -> platform.chain().size() == 3);
                assertEquals(old, device.verificationKey(), "no receipt, no new key");
            }
            platform.silent = false;
            try (Device device = Device.open(folder, config)) {
                assertTrue(device.rekeying());
                MqttLinkTest.await(() -> !device.rekeying());
                device.read(Quantity.TEMPERATURE, 2);
                assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
                assertTrue(platform.message(3).verifies(device.verificationKey()));
                assertNotEquals(old, device.verificationKey());
            }
            // Died after it noted where the new key begins and before the key store was written.
            DeviceKeys prepared = DeviceKeys.openOrCreate(folder);
            VerificationKey next = prepared.prepareNext().verificationKey();
            Files.writeString(folder.resolve("rekey"), "switched 0 4");
            try (Device device = Device.open(folder, config)) {
                assertEquals(next, device.verificationKey());
                MqttLinkTest.await(() -> !device.rekeying());
            }
        }
    }

    @Test
    void aReceiptByAStrangerRemovesNothing() throws Exception {
        try (Platform platform = new Platform(keys, SigningKey.generate(Algorithm.ED25519));
                Device device = Device.open(folder, config)) {
            device.read(Quantity.TEMPERATURE, 1);
            MqttLinkTest.await(() -> device.status().lastProblem().contains("no trusted key"));

            assertFalse(device.awaitReceipts(Duration.ofMillis(200)));
            assertEquals(2, device.status().pendingMessages());
            assertTrue(platform.chain().size() <= 2);
        }
    }

    @Test
    void aRotatedReceiptKeyIsLearnedFromTheLogAndAStrangersNever() throws Exception {
        SigningKey second = SigningKey.generate(Algorithm.ED25519);
        SigningKey stranger = SigningKey.generate(Algorithm.ED25519);
        try (ReceiptLog log = new ReceiptLog().grow(2).bind(RECEIPT_KEY).publish();
                Platform platform = new Platform(keys, RECEIPT_KEY)) {
            DeviceConfig learning = config.withReceiptKeys(List.of()).withLog(log.url());
            try (Device device = Device.open(folder, learning)) {
                device.read(Quantity.TEMPERATURE, 1);
                assertTrue(device.awaitReceipts(Duration.ofSeconds(30)), device.status()::toString);
                assertTrue(device.status().receiptsVerified());

                // The platform has rotated, and the log cannot be asked: what is read is kept.
                log.grow(300).bind(second).revoke(RECEIPT_KEY).publish(new byte[0]);
                platform.receiptKey = second;
                device.read(Quantity.TEMPERATURE, 2);
                MqttLinkTest.await(() -> device.status().lastProblem().contains("receipt"));
                assertEquals(1, device.status().pendingMessages());
                log.publish();
                assertTrue(device.awaitReceipts(Duration.ofSeconds(60)), device.status()::toString);

                platform.receiptKey = RECEIPT_KEY;
                device.read(Quantity.TEMPERATURE, 3);
                assertFalse(device.awaitReceipts(Duration.ofSeconds(3)), "by the key that the log has revoked");
                platform.receiptKey = stranger;
                assertFalse(device.awaitReceipts(Duration.ofSeconds(3)), "by a key that the log has not bound");
            }
            // Known without asking: from the device's own file.
            log.close();
            platform.receiptKey = second;
            try (Device device = Device.open(folder, learning)) {
                assertTrue(device.awaitReceipts(Duration.ofSeconds(30)), device.status()::toString);
            }
        }
    }

    @Test
    void aReceiptWithAnotherDigestRemovesNothing() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config)) {
            platform.lie = true;
            device.read(Quantity.TEMPERATURE, 1);

            MqttLinkTest.await(() -> device.status().lastProblem().contains("not ours"));

            assertEquals(2, device.status().pendingMessages());
        }
    }

    @Test
    void whatHasNoReceiptIsSentAgainByTheNextRun() throws Exception {
        try (Device device = Device.open(folder, config)) {
            device.read(Quantity.TEMPERATURE, 3);
        }
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config)) {
            assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
            assertEquals(2, platform.chain().size());
        }
    }

    @Test
    void whatHasNoReceiptIsSentAgainAfterAWhile() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config)) {
            platform.silent = true;
            device.read(Quantity.TEMPERATURE, 3);
            MqttLinkTest.await(() -> platform.chain().size() == 2);
            platform.silent = false;

            assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
        }
    }

    @Test
    void aNewReadingIsSentOnceHoweverManyComeAtOnce() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY)) {
            platform.silent = true;
            try (Device device = Device.open(folder, config.withResendAfter(Duration.ofHours(1)))) {
                MqttLinkTest.await(() -> device.status().connected());
                // Slow enough that the courier looks through the outstanding ones while others are being added.
                List<Thread> sensors = new ArrayList<>();
                for (int sensor = 0; sensor < 4; sensor++) {
                    Thread thread = new Thread(() -> {
                        for (int i = 0; i < 300; i++) {
                            device.read(Quantity.TEMPERATURE, i);
                            LockSupport.parkNanos(9_000_000);
                        }
                    });
                    thread.start();
                    sensors.add(thread);
                }
                for (Thread thread : sensors) thread.join();
                MqttLinkTest.await(() -> platform.chain().size() == 1201);
            }
            // Closed: its courier sends nothing more.
            assertEquals(1201, platform.arrivals.get());
        }
    }

    @Test
    void whatTheLedgerAsksForIsSentAgainAndOnlyOnItsCommand() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config.withResendAfter(Duration.ofHours(1)))) {
            platform.silent = true;
            device.readAll(List.of(Observation.of(Quantity.DOOR.of(0)), Observation.of(Quantity.DOOR.of(1))));
            MqttLinkTest.await(() -> platform.chain().size() == 3);
            assertEquals(3, platform.arrivals.get());

            platform.command(SigningKey.generate(Algorithm.ED25519), 5, new ResendCommand.Range(0, 0, 2));
            MqttLinkTest.await(() -> device.status().lastProblem().contains("command by no trusted key"));
            platform.command(RECEIPT_KEY, 5, new ResendCommand.Range(0, 1, 1));
            MqttLinkTest.await(() -> platform.arrivals.get() == 4);
            platform.command(RECEIPT_KEY, 5, new ResendCommand.Range(0, 1, 1));
            platform.command(RECEIPT_KEY, 4, new ResendCommand.Range(0, 1, 1));
            platform.command(RECEIPT_KEY, 6, new ResendCommand.Range(0, 0, 9), new ResendCommand.Range(7, 0, 9));

            MqttLinkTest.await(() -> platform.arrivals.get() >= 7);
            assertEquals(7, platform.arrivals.get(), "an old command was obeyed again");
            assertEquals(3, platform.chain().size(), "numbers that were never used are no loss");
        }
    }

    @Test
    void whatIsGoneIsDeclaredOnceAndSigned() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY)) {
            try (Device device = Device.open(folder, config)) {
                device.read(Quantity.TEMPERATURE, 3);
                assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
                platform.command(RECEIPT_KEY, 1, new ResendCommand.Range(0, 0, 1));
                MqttLinkTest.await(() -> platform.find(0, 2) != null);
                platform.command(RECEIPT_KEY, 2, new ResendCommand.Range(0, 0, 1));
                device.read(Quantity.TEMPERATURE, 3);
                assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
            }
            GapDeclaration released = GapDeclaration.of(platform.find(0, 2));
            assertEquals(List.of(new GapDeclaration.Range(0, 0, 1)), released.ranges());
            assertEquals(GapDeclaration.RELEASED, released.reason());
            assertEquals(4, platform.chain().size(), "declared twice");

            try (var files = Files.walk(folder.resolve("outbox"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) Files.delete(file);
            }
            try (Device device = Device.open(folder, config)) {
                assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
                platform.command(RECEIPT_KEY, 3, new ResendCommand.Range(0, 4, 9));
                MqttLinkTest.await(() -> platform.find(1, 1) != null);
            }
            GapDeclaration lost = GapDeclaration.of(platform.find(1, 1));
            assertEquals(List.of(new GapDeclaration.Range(0, 4, 9)), lost.ranges());
            assertEquals(GapDeclaration.STORE_LOST, lost.reason());
            assertTrue(platform.find(1, 1).verifies(keys.verificationKey()));
        }
    }

    @Test
    void aDeviceThatWantsWitnessesKeepsItsMessagesUntilTheyHaveSeenThem() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config.withReceiptClass(Receipt.WITNESSED))) {
            device.read(Quantity.TEMPERATURE, 3);
            MqttLinkTest.await(() -> device.status().receipts() >= 2);
            assertEquals(2, device.status().pendingMessages());

            platform.receiptClass = Receipt.WITNESSED;
            platform.receipt(platform.find(0, 0));
            platform.receipt(platform.find(0, 1));

            assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
        }
    }

    @Test
    void aLostOutboxBeginsANewEpoch() throws Exception {
        try (Platform platform = new Platform(keys, RECEIPT_KEY)) {
            try (Device device = Device.open(folder, config)) {
                assertEquals(0, device.read(Quantity.TEMPERATURE, 3).epoch());
            }
            try (var files = Files.walk(folder.resolve("outbox"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) Files.delete(file);
            }
            try (Device device = Device.open(folder, config)) {
                Sent sent = device.read(Quantity.TEMPERATURE, 4);
                assertEquals(1, sent.epoch());
                assertEquals(1, sent.seq());
                assertTrue(device.awaitReceipts(Duration.ofSeconds(20)), device.status()::toString);
            }
            SignedMessage boot = platform.find(1, 0);
            assertEquals(MessageType.BOOT, boot.head().type());
        }
    }

    @Test
    void aFolderThatLostEvenItsEpochNeverRepeatsANumber() throws Exception {
        try (Device device = Device.open(folder, config)) {
            device.read(Quantity.TEMPERATURE, 3);
        }
        Files.delete(folder.resolve("epoch"));
        try (Device device = Device.open(folder, config)) {
            assertTrue(device.read(Quantity.TEMPERATURE, 3).epoch() > 1_000_000_000L);
        }
    }

    @Test
    void anImageIsResumedByTheBitmapOfWhatIsMissing() throws Exception {
        byte[] picture = new byte[5 * Images.CHUNK + 17];
        new Random(4).nextBytes(picture);
        try (Platform platform = new Platform(keys, RECEIPT_KEY);
                Device device = Device.open(folder, config)) {
            platform.loseChunksOnce = List.of(1, 4);
            device.image(picture, "image/jpeg", Observation.of(), 640, 480);

            assertTrue(device.awaitReceipts(Duration.ofSeconds(30)), device.status()::toString);
            assertArrayEquals(picture, platform.image());
            try (var left = Files.list(folder.resolve("images"))) {
                assertEquals(0, left.count());
            }
        }
    }

    @Test
    void keysSurviveAndTheirFileIsForTheOwnerOnly() throws Exception {
        DeviceKeys again = DeviceKeys.openOrCreate(folder);
        assertArrayEquals(keys.id(), again.id());
        assertArrayEquals(keys.streamSecret(), again.streamSecret());
        assertEquals(keys.verificationKey(), again.verificationKey());
        assertEquals(
                "rw-------",
                java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.resolve("keys.p12"))));
        DeviceKeys p256 = DeviceKeys.openOrCreate(folder.resolve("p256"), Algorithm.P256, "a password");
        assertEquals(
                p256.verificationKey(),
                DeviceKeys.openOrCreate(folder.resolve("p256"), Algorithm.P256, "a password")
                        .verificationKey());
        assertTrue(p256.verificationKey()
                .verifies(concat("waymark key possession\n".getBytes(), p256.id()), p256.possession()));
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** Stores what comes, gives receipts for it, and puts images together. */
    static final class Platform implements AutoCloseable {
        private final DeviceKeys keys;
        volatile SigningKey receiptKey;
        private final MqttLink link;
        private final Map<Outbox.Key, SignedMessage> stored = new ConcurrentHashMap<>();
        private final Map<Integer, byte[]> chunks = new ConcurrentHashMap<>();
        private final List<Integer> lost = Collections.synchronizedList(new ArrayList<>());
        private volatile SignedMessage manifest;
        final AtomicInteger arrivals = new AtomicInteger();
        final List<SignedMessage> arrived = Collections.synchronizedList(new ArrayList<>());
        volatile boolean silent;
        volatile boolean lie;
        volatile int receiptClass = Receipt.STORED;
        volatile List<Integer> loseChunksOnce = List.of();
        private final Thread worker;
        private volatile boolean closed;

        Platform(DeviceKeys keys, SigningKey receiptKey) throws Exception {
            this.keys = keys;
            this.receiptKey = receiptKey;
            String prefix = "v1/acme/boat/" + keys.idHex();
            link = MqttLink.open(
                    MqttLink.Settings.of("tcp://127.0.0.1:" + port, "platform-" + keys.idHex(), "p", "p")
                            .withSubscriptions(true, List.of(prefix + "/r", prefix + "/i/#")),
                    new MqttLink.Listener() {});
            MqttLinkTest.await(link::connected);
            worker = new Thread(this::work);
            worker.setDaemon(true);
            worker.start();
        }

        SignedMessage message(long seq) {
            return find(0, seq);
        }

        SignedMessage find(long epoch, long seq) {
            return stored.get(new Outbox.Key(epoch, seq));
        }

        List<SignedMessage> chain() {
            return stored.keySet().stream().sorted().map(stored::get).toList();
        }

        byte[] image() {
            byte[] whole = new byte[0];
            for (int i = 0; i < chunks.size(); i++) whole = concat(whole, chunks.get(i));
            return whole;
        }

        private void work() {
            try {
                while (!closed) {
                    MqttLink.Arrival arrival = link.poll(200, TimeUnit.MILLISECONDS);
                    if (arrival == null) continue;
                    if (arrival.topic().contains("/i/")) chunk(arrival);
                    else message(arrival);
                    link.ack(arrival);
                }
            } catch (InterruptedException e) {
                // closed
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private void message(MqttLink.Arrival arrival) throws Exception {
            SignedMessage message = SignedMessage.parse(arrival.bytes());
            Outbox.Key key =
                    new Outbox.Key(message.head().epoch(), message.head().seq());
            arrivals.incrementAndGet();
            arrived.add(message);
            stored.put(key, message);
            if (silent) return;
            receipt(message);
            if (message.head().type() == MessageType.IMAGE_MANIFEST) {
                manifest = message;
                bitmap();
            }
        }

        void command(SigningKey by, long time, ResendCommand.Range... ranges) throws Exception {
            link.publish(
                    "v1/acme/boat/" + keys.idHex() + "/d/cmd",
                    new ResendCommand(keys.id(), List.of(ranges), time).sign(by));
        }

        void receipt(SignedMessage message) throws Exception {
            Outbox.Key key =
                    new Outbox.Key(message.head().epoch(), message.head().seq());
            byte[] digest = lie ? new byte[32] : message.digest();
            Receipt receipt = new Receipt(
                    keys.id(),
                    List.of(new Receipt.Range(key.epoch(), key.seq(), key.seq(), digest, stored.size())),
                    stored.size() + 1,
                    new byte[32],
                    receiptClass,
                    System.currentTimeMillis());
            link.publish("v1/acme/boat/" + keys.idHex() + "/d/ack", receipt.sign(receiptKey));
        }

        private void chunk(MqttLink.Arrival arrival) throws Exception {
            int number =
                    Integer.parseInt(arrival.topic().substring(arrival.topic().lastIndexOf('/') + 1));
            if (loseChunksOnce.contains(number) && !lost.contains(number)) {
                lost.add(number);
                return;
            }
            chunks.put(number, arrival.bytes());
            if (chunks.size() == count()) bitmap();
        }

        private int count() throws Exception {
            return manifest.group(24).orElseThrow().value().bytes().length / 32;
        }

        private void bitmap() throws Exception {
            BitSet missing = new BitSet();
            missing.set(0, count());
            chunks.keySet().forEach(missing::clear);
            byte[] answer = new CborWriter()
                    .array(3)
                    .bytes(manifest.group(20).orElseThrow().value().bytes(32))
                    .unsigned(count())
                    .bytes(missing.toByteArray())
                    .toBytes();
            link.publish("v1/acme/boat/" + keys.idHex() + "/d/img", answer);
        }

        @Override
        public void close() {
            closed = true;
            worker.interrupt();
            link.close();
        }
    }
}
