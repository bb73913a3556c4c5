package io.waymark.local.chaos;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.local.chaos.CommitProxy.Cut;
import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.chaos.IngestGround.Known;
import io.waymark.local.chaos.Overheard.Packet;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.Quantity;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Plays rounds on one ground: devices sign, the fault, everything on its feet again, quiet, then every check. What a round could not do or see
 * is a finding too.
 */
final class IngestRounds implements FireDrill.Stage<IngestFault> {
    /** For whatever should come about by itself, on a slow and busy machine too. */
    private static final int PATIENCE_SECONDS = 100;

    /** Where a safety is missing, something is expected not to come. */
    private static final int SABOTAGED_PATIENCE_SECONDS = 40;

    private static final int PACKETS = 300;
    private static final int CUTS = 5;
    private static final long DAY = 86_400_000L;

    private final DeviceBooks books;
    private final IngestGround ground;
    private final int patienceSeconds;
    private Random random = new Random(0);
    private Findings findings = new Findings();
    private int twins;

    /** Something did not come about, so what depends on it was not seen. */
    private static final class NotSeen extends Exception {
        private static final long serialVersionUID = 1L;

        NotSeen(String what) {
            super(what);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** @param mounts whether rounds with a full disk can be played */
    IngestRounds(Path folder, Path template, boolean mounts, Optional<IngestSabotage> sabotage) throws Exception {
        patienceSeconds = sabotage.isPresent() ? SABOTAGED_PATIENCE_SECONDS : PATIENCE_SECONDS;
        Files.createDirectories(folder);
        History history = new History(folder.resolve("journal"));
        books = new DeviceBooks(history);
        ground = new IngestGround(folder, template, mounts, sabotage, history, books);
    }

    @Override
    public Findings play(IngestFault fault, long seed) {
        random = new Random(seed);
        findings = new Findings();
        try {
            ground.tellDevices("go");
            Thread.sleep(200 + random.nextInt(600));
            fault(fault);
            Thread.sleep(200);
            quiet();
            check();
        } catch (NotSeen e) {
            findings.add(Kind.NOT_EVALUATED, e.getMessage());
            checkWhatThereIs();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            findings.add(Kind.NOT_EVALUATED, "interrupted");
        } catch (Exception e) {
            findings.add(Kind.NOT_EVALUATED, "the round ended with " + e);
            checkWhatThereIs();
        }
        return findings;
    }

    private void fault(IngestFault fault) throws Exception {
        switch (fault) {
            case INGEST_KILLED -> ingestKilled();
            case BROKER_KILLED -> brokerKilled();
            case BROKER_FORGETS -> brokerForgets();
            case DISK_FULL_DATABASE -> full(ground.tables());
            case DISK_FULL_BROKER -> full(ground.brokerStore());
            case SERVICES_KILLED -> servicesKilled();
            case POSTGRES_KILLED -> postgresKilled();
            case DEVICES_KILLED -> devicesKilled();
            case COMMIT_CUT_BEFORE -> commitCut(Cut.BEFORE_IT_WAS_SENT);
            case COMMIT_CUT_AFTER -> commitCut(Cut.AFTER_IT_WAS_EXECUTED);
            case REPLAYED -> replayed();
            case OTHER_TOPICS -> otherTopics();
            case HOSTILE -> hostile();
            case FORGED_RECEIPTS -> forgedReceipts();
            case CLOCK_JUMPS -> clockJumps();
            case TWO_WRITERS -> twoWriters();
        }
    }

    // ---- killed ----

    /** trace-service stands still first, so that ingest surely dies with batches in its hands. */
    private void ingestKilled() throws Exception {
        ground.pauseServices(true);
        try {
            Thread.sleep(100 + random.nextInt(300));
            ground.killIngest();
        } finally {
            ground.pauseServices(false);
        }
        Thread.sleep(random.nextInt(200));
        ground.startIngest();
    }

    private void brokerKilled() throws Exception {
        ground.killBroker();
        Thread.sleep(random.nextInt(200));
        ground.startBroker();
    }

    /**
     * Until ingest has subscribed anew, the broker takes messages and drops them, which it says (0x10). Only the devices' timer brings those, so
     * theirs is short in this round.
     */
    private void brokerForgets() throws Exception {
        ground.tellDevices("stop");
        ground.killDevices();
        ground.startDevices(random.nextLong(), Duration.ofSeconds(2));
        ground.tellDevices("go");
        Thread.sleep(300);
        ground.killBroker();
        ground.brokerForgets();
        Thread.sleep(random.nextInt(200));
        ground.startBroker();
        Thread.sleep(500);
        quiet();
        ground.killDevices();
        ground.startDevices(random.nextLong(), IngestGround.NEVER);
        ground.tellDevices("go");
    }

    /** Full until nothing arrives any more though devices sign; then there is room again. */
    private void full(SmallDisk disk) throws Exception {
        disk.fill();
        try {
            long[] before = {-1};
            await(
                    () -> {
                        long last = before[0];
                        before[0] = ground.messages();
                        Thread.sleep(1500);
                        return last == before[0];
                    },
                    "a full disk that stops everything");
        } finally {
            disk.makeRoom();
        }
        if (disk == ground.brokerStore() && !ground.brokerListens()) {
            // As an operator must: after a write that failed this broker has stopped for good.
            ground.killBroker();
            ground.startBroker();
        }
    }

    private void servicesKilled() throws Exception {
        ground.killServices();
        Thread.sleep(random.nextInt(200));
        ground.startServices();
    }

    /** Just after a receipt went out: what it promises has only just been committed. */
    private void postgresKilled() throws Exception {
        int before = ground.overheard.receiptsHeard();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
        while (ground.overheard.receiptsHeard() == before && System.nanoTime() < end) {
            Thread.sleep(1);
        }
        ground.killPostgres();
        ground.startPostgres();
    }

    private void commitCut(Cut cut) throws Exception {
        for (int i = 0; i < CUTS; i++) {
            int before = ground.proxy.cuts();
            ground.proxy.arm(cut);
            await(() -> ground.proxy.cuts() > before, "a COMMIT to cut");
            Thread.sleep(random.nextInt(100));
        }
    }

    private void devicesKilled() throws Exception {
        ground.killDevices();
        ground.startDevices(random.nextLong(), IngestGround.NEVER);
        ground.tellDevices("go");
    }

    // ---- packets ----

    /** As each device itself, which is away meanwhile: every packet twice, in another order. */
    private void replayed() throws Exception {
        quiet();
        ground.killDevices();
        List<ByteBuffer> before = ground.entries();
        for (Known device : ground.devices.values()) {
            List<Packet> packets = new ArrayList<>(captured(device));
            packets.addAll(captured(device));
            Collections.shuffle(packets, random);
            try (MqttLink link = ground.linkAs(device)) {
                publish(link, packets);
            }
        }
        unchanged(before);
        ground.startDevices(random.nextLong(), IngestGround.NEVER);
        ground.tellDevices("go");
    }

    /** By a stranger on its own topic, and by the devices themselves on topics of other sites and tenants: all belong into quarantine. */
    private void otherTopics() throws Exception {
        quiet();
        ground.killDevices();
        List<ByteBuffer> before = ground.entries();
        long refused = ground.refused();
        long sent = 0;
        try (MqttLink link = ground.linkAs(ground.attacker)) {
            for (Known device : ground.devices.values()) {
                List<Packet> moved = captured(device).stream()
                        .map(packet -> new Packet(ground.attacker.topic(), packet.bytes()))
                        .toList();
                publish(link, moved);
                sent += moved.size();
            }
        }
        for (Known device : ground.devices.values()) {
            String[] levels = device.topic().split("/");
            List<Packet> moved = captured(device).stream()
                    .map(packet -> new Packet(
                            random.nextBoolean()
                                    ? "v1/" + IngestGround.OTHER_TENANT + "/" + levels[2] + "/" + levels[3] + "/r"
                                    : "v1/" + levels[1] + "/elsewhere/" + levels[3] + "/r",
                            packet.bytes()))
                    .toList();
            try (MqttLink link = ground.linkAs(device)) {
                publish(link, moved);
            }
            sent += moved.size();
        }
        long all = refused + sent;
        await(() -> ground.refused() >= all, "all of " + sent + " packets on wrong topics in quarantine");
        unchanged(before);
        ground.startDevices(random.nextLong(), IngestGround.NEVER);
        ground.tellDevices("go");
    }

    private void hostile() throws Exception {
        List<Packet> known = new ArrayList<>();
        for (Known device : ground.devices.values()) {
            known.addAll(captured(device));
        }
        List<Packet> bad = new ArrayList<>();
        for (int i = 0; i < PACKETS; i++) {
            bad.add(new Packet(
                    ground.attacker.topic(),
                    spoilt(known.get(random.nextInt(known.size())).bytes())));
        }
        long all = ground.refused() + bad.size();
        try (MqttLink link = ground.linkAs(ground.attacker)) {
            publish(link, bad);
        }
        await(() -> ground.refused() >= all, "all of " + bad.size() + " hostile packets in quarantine");
    }

    private byte[] spoilt(byte[] wire) {
        switch (random.nextInt(5)) {
            case 0 -> {
                return Arrays.copyOf(wire, random.nextInt(wire.length));
            }
            case 1 -> {
                return Arrays.copyOf(wire, wire.length + 1 + random.nextInt(100));
            }
            case 2 -> {
                byte[] flipped = wire.clone();
                flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
                return flipped;
            }
            case 3 -> {
                // Arrays in arrays, or a text that says it is 2^63 bytes long.
                byte[] nested = new byte[1 + random.nextInt(60_000)];
                Arrays.fill(nested, (byte) (random.nextBoolean() ? 0x81 : 0x7b));
                return nested;
            }
            default -> {
                byte[] noise = new byte[random.nextInt(2_000)];
                random.nextBytes(noise);
                return noise;
            }
        }
    }

    /** While trace-service stands still and nothing can have a true one. */
    private void forgedReceipts() throws Exception {
        SigningKey nobodys = SigningKey.generate(Algorithm.ED25519);
        ground.pauseServices(true);
        try {
            Thread.sleep(200);
            for (Known device : ground.devices.values()) {
                byte[] forged = new Receipt(
                                device.keys().id(),
                                List.of(new Receipt.Range(0, 0, 1_000_000, new byte[32], 1)),
                                2_000_000,
                                new byte[32],
                                Receipt.STORED,
                                System.currentTimeMillis())
                        .sign(nobodys);
                books.whispered(forged);
                ground.overheard.whisper(device.registration().topicPrefix() + "/d/ack", forged);
            }
            Thread.sleep(300);
            // What a device has let go now dies with it.
            ground.killDevices();
            ground.killIngest();
            ground.killBroker();
            ground.brokerForgets();
        } finally {
            ground.pauseServices(false);
        }
        ground.startBroker();
        ground.startIngest();
        ground.startDevices(random.nextLong(), IngestGround.NEVER);
        ground.tellDevices("go");
    }

    private List<Packet> captured(Known device) throws NotSeen {
        List<Packet> all = ground.overheard.packetsOf(device.keys().idHex());
        if (all.isEmpty()) {
            throw new NotSeen("no packet of a device was captured");
        }
        return all.subList(Math.max(0, all.size() - PACKETS), all.size());
    }

    private void publish(MqttLink link, List<Packet> packets) throws Exception {
        await(link::connected, "a connection to the broker");
        for (Packet packet : packets) {
            if (!(link.publish(packet.topic(), packet.bytes()).get(patienceSeconds, TimeUnit.SECONDS)
                    instanceof MqttLink.Outcome.Taken)) {
                throw new NotSeen("the broker did not take a packet of the drill's");
            }
        }
    }

    private void unchanged(List<ByteBuffer> before) throws Exception {
        // What comes after all of them, and is counted when it is refused, says that all of them were looked at.
        long last = ground.refused() + 1;
        try (MqttLink link = ground.linkAs(ground.attacker)) {
            publish(link, List.of(new Packet(ground.attacker.topic(), new byte[] {0})));
        }
        await(() -> ground.refused() >= last, "the packet after the last one in quarantine");
        Thread.sleep(300);
        List<ByteBuffer> after = ground.entries();
        if (!after.equals(before)) {
            findings.add(
                    after.size() > before.size() ? Kind.DUPLICATE : Kind.LOST,
                    "replayed packets changed the ledger: " + before.size() + " entries before, " + after.size()
                            + " after");
        }
    }

    // ---- clocks and writers ----

    private void clockJumps() throws Exception {
        for (long offset : new long[] {DAY, -DAY, -System.currentTimeMillis() + DAY, random.nextInt(1_000_000), 0}) {
            ground.tellDevices("clock " + offset);
            Thread.sleep(100);
        }
    }

    private void twoWriters() throws Exception {
        Known twin = ground.newDevice("twin-" + twins++);
        books.know(twin);
        SignedMessage first = message(twin, 0, null, 1);
        SignedMessage one = message(twin, 1, first.digest(), 2);
        SignedMessage other = message(twin, 1, first.digest(), 3);
        SignedMessage later = message(twin, 2, one.digest(), 4);
        books.signed(twin, first);
        books.signed(twin, one);
        books.equivocated(twin, other);
        long refused = ground.refused();
        try (MqttLink link = ground.linkAs(twin)) {
            publish(link, List.of(new Packet(twin.topic(), first.wire()), new Packet(twin.topic(), one.wire())));
            await(() -> stored("message", twin) == 2, "the first writer's messages in the ledger");
            publish(link, List.of(new Packet(twin.topic(), other.wire())));
            await(() -> stored("equivocation", twin) == 1, "the second writer's message kept as evidence");
            publish(link, List.of(new Packet(twin.topic(), later.wire())));
            await(() -> ground.refused() > refused, "what follows an equivocation in quarantine");
        }
        if (stored("message", twin) != 2) {
            findings.add(Kind.INVENTED, "a message was taken by a key that signed two under one number");
        }
    }

    private SignedMessage message(Known device, long seq, byte[] previous, double value) {
        return SignedMessage.sign(
                new Head(
                        MessageType.READING,
                        device.keys().id(),
                        0,
                        seq,
                        previous,
                        System.currentTimeMillis(),
                        2,
                        null,
                        null),
                List.of(Reading.measurements(List.of(Quantity.TEMPERATURE.of(value)))),
                device.keys().signingKey());
    }

    private long stored(String table, Known device) throws Exception {
        try (Connection c = ground.connect();
                PreparedStatement s =
                        c.prepareStatement("SELECT count(*) FROM trace." + table + " WHERE stream_id = ?")) {
            s.setBytes(1, device.keys().id());
            try (ResultSet row = s.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    // ---- quiet, and the checks ----

    /** One more reading of each device, whose receipt speaks for all before it; then nobody waits for anything. */
    private void quiet() throws Exception {
        ground.tellDevices("stop");
        ground.tellDevices("one");
        long[] left = new long[1];
        try {
            await(
                    () -> {
                        left[0] = ground.pending();
                        return left[0] == 0;
                    },
                    "a receipt for every reading");
        } catch (NotSeen e) {
            throw new NotSeen(e.getMessage() + ", " + left[0] + " have none");
        }
    }

    private void check() throws Exception {
        ground.seeCheckpoint();
        try (Connection c = ground.connect()) {
            findings.addAll(books.check(c, ground.overheard.takeReceipts(), ground.receiptKeys));
        }
    }

    private void checkWhatThereIs() {
        try {
            check();
        } catch (Exception e) {
            findings.add(Kind.NOT_EVALUATED, "the ledger could not be looked at: " + e);
        }
    }

    private void await(Condition condition, String what) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new NotSeen(what + " did not come about within " + patienceSeconds + " s");
            }
            Thread.sleep(50);
        }
    }

    @Override
    public long entries() {
        return books.messages();
    }

    @Override
    public void close() throws Exception {
        ground.close();
    }
}
