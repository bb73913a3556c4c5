package io.waymark.simulator.certify;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A device of its own making, written against FORMAT.md and the topics alone, that does everything right but for one fault. */
final class Firmware implements AutoCloseable {
    enum Fault {
        NONE(""),
        NO_ANCHOR(""),
        MQTT_3_1_1("MQTT 5"),
        OTHER_USER_NAME("user name"),
        WILL_IS_NOT_RETAINED("presence"),
        PUBLISHES_ELSEWHERE("topic"),
        SENDS_WITH_QOS_0("QoS"),
        SENDS_RETAINED("QoS"),
        SENDS_GARBAGE("format"),
        SENDS_A_CUSTODY_STEP("format"),
        LENGTH_NOT_SHORTEST("deterministic encoding"),
        OTHER_SECRET("fields root"),
        ID_OF_ANOTHER_DEVICE("device id"),
        SIGNED_BY_A_STRANGER("signature"),
        TWO_MESSAGES_UNDER_ONE_NUMBER("one message per number"),
        SIGNS_A_RETRY_ANEW("retry"),
        LEAVES_A_NUMBER_OUT("sequence"),
        NAMES_ANOTHER_MESSAGE("previous digest"),
        EPOCH_WITHOUT_BOOT("epochs"),
        EPOCH_GOES_BACK("epochs"),
        CLOCK_IN_THE_FUTURE("clock"),
        SERIES_REACHES_BEYOND_ITS_MESSAGE("series"),
        ALTERED_CHUNK("image"),
        SENDS_THE_WHOLE_IMAGE_AGAIN("image resume"),
        SILENCE_IS_GOLDEN("resend after silence"),
        NEVER_COMES_BACK("reconnect"),
        DROPS_WHAT_THE_BROKER_HAS("keeps without a receipt"),
        TRUSTS_STRANGERS("receipt by a stranger"),
        CHECKS_NO_SIGNATURE("receipt with a wrong signature"),
        CHECKS_NO_DIGEST("receipt with another digest"),
        CHECKS_NO_DEVICE("receipt for another device"),
        NEVER_FORGETS("forgets after the receipt"),
        IGNORES_COMMANDS("resend command"),
        OBEYS_STRANGERS("resend command by a stranger"),
        OBEYS_OLD_COMMANDS("resend command by a stranger"),
        SILENT_AFTER_A_RESTART("restart"),
        LOSES_ITS_OLDEST_OVER_A_RESTART("keeps over a restart");

        /** The one that must fail. */
        final String check;

        Fault(String check) {
            this.check = check;
        }

        /** Shown only by what does not happen while somebody waits for it. */
        boolean isAbsence() {
            return switch (this) {
                case LEAVES_A_NUMBER_OUT,
                        SILENCE_IS_GOLDEN,
                        NEVER_COMES_BACK,
                        DROPS_WHAT_THE_BROKER_HAS,
                        TRUSTS_STRANGERS,
                        CHECKS_NO_SIGNATURE,
                        CHECKS_NO_DIGEST,
                        CHECKS_NO_DEVICE,
                        IGNORES_COMMANDS,
                        SILENT_AFTER_A_RESTART,
                        LOSES_ITS_OLDEST_OVER_A_RESTART -> true;
                default -> false;
            };
        }
    }

    private static final int OUTBOX = 8;
    private static final int CHUNK = 100;
    private static final BigInteger N =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

    private record Number(long epoch, long seq) implements Comparable<Number> {
        @Override
        public int compareTo(Number other) {
            return epoch != other.epoch ? Long.compare(epoch, other.epoch) : Long.compare(seq, other.seq);
        }
    }

    private final Fault fault;
    private final SecureRandom random = new SecureRandom();
    private final VerificationKey receiptKey;
    private final int port;

    // What survives a restart.
    private final SigningKey key;
    private final byte[] id = new byte[16];
    private long epoch;
    private long seq;
    private byte[] prev;
    private byte[] anchor;
    private final TreeMap<Number, byte[]> outbox = new TreeMap<>();
    private final List<byte[]> everSent = new ArrayList<>();
    private final byte[] image = new byte[5 * CHUNK + 17];
    private boolean imageAnnounced;
    private boolean imageDone;
    private int boots;
    private boolean faultDone;
    private long ahead;
    private long newestCommand = -1;

    private volatile Thread worker;
    private volatile boolean off;
    private Socket socket;
    private int connections;
    private int packetId;
    private final Map<Number, Long> sentAt = new HashMap<>();

    Firmware(Fault fault, int port, SigningKey key, byte[] id, VerificationKey receiptKey) {
        this.fault = fault;
        this.port = port;
        this.key = key;
        System.arraycopy(id, 0, this.id, 0, 16);
        this.receiptKey = receiptKey;
        random.nextBytes(image);
        on();
    }

    String prefix() {
        return "v1/acme/bench/" + HexFormat.of().formatHex(id);
    }

    private void on() {
        off = false;
        worker = new Thread(this::work, "firmware-" + fault);
        worker.setDaemon(true);
        worker.start();
    }

    /** Off and on again. */
    void restart() throws InterruptedException {
        close();
        // Only what has reached the other side for certain: losing more would leave numbers out as well.
        if (fault == Fault.LOSES_ITS_OLDEST_OVER_A_RESTART) outbox.pollFirstEntry();
        if (fault == Fault.EPOCH_WITHOUT_BOOT || fault == Fault.EPOCH_GOES_BACK) {
            epoch++;
            seq = 0;
            prev = null;
        }
        on();
    }

    @Override
    public void close() throws InterruptedException {
        off = true;
        worker.interrupt();
        worker.join();
    }

    private void work() {
        boots++;
        while (!off) {
            try {
                connection();
            } catch (IOException | InterruptedException e) {
                // the next one
            }
            if (fault == Fault.NEVER_COMES_BACK) return;
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void connection() throws IOException, InterruptedException {
        try (Socket s = new Socket("127.0.0.1", port)) {
            socket = s;
            s.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(s.getInputStream());
            connect();
            if (Packet.read(in) == null) return;
            subscribe();
            if (Packet.read(in) == null) return;
            connections++;
            LinkedBlockingQueue<Packet> received = new LinkedBlockingQueue<>();
            Thread reader = new Thread(() -> {
                try {
                    for (Packet p = Packet.read(in); p != null; p = Packet.read(in)) received.add(p);
                } catch (IOException e) {
                    // the end, told below
                }
                received.add(new Packet(Packet.DISCONNECT, 0, new byte[0]));
            });
            reader.setDaemon(true);
            reader.start();
            publish(prefix() + "/s", "1".getBytes(), 1, true);
            sentAt.clear();
            if (connections == 2 && fault == Fault.DROPS_WHAT_THE_BROKER_HAS) outbox.pollFirstEntry();
            if (fault == Fault.NEVER_FORGETS && connections > 1)
                for (byte[] old : List.copyOf(everSent)) publish(prefix() + "/r", old, 1, false);
            boolean dumb = fault == Fault.SILENT_AFTER_A_RESTART && boots > 1;
            boolean silent = dumb || fault == Fault.SILENCE_IS_GOLDEN;
            if (!dumb) for (Map.Entry<Number, byte[]> kept : outbox.entrySet()) send(kept.getKey(), kept.getValue());
            while (!off) {
                Packet packet = received.poll(20, TimeUnit.MILLISECONDS);
                if (packet != null && packet.type() == Packet.DISCONNECT) return;
                if (packet != null && packet.type() == Packet.PUBLISH) arrived(packet);
                if (packet == null && outbox.size() < OUTBOX && !dumb) next();
                long now = System.nanoTime();
                if (!silent)
                    for (Map.Entry<Number, byte[]> kept : outbox.entrySet())
                        if (now - sentAt.getOrDefault(kept.getKey(), now) > 300_000_000L)
                            send(kept.getKey(), kept.getValue());
            }
        }
    }

    private void connect() throws IOException {
        int level = fault == Fault.MQTT_3_1_1 ? 4 : 5;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Packet.text(out, "MQTT");
        out.write(level);
        out.write(0x80 | 0x40 | (fault == Fault.WILL_IS_NOT_RETAINED ? 0 : 0x20) | 0x08 | 0x04);
        Packet.u16(out, 30);
        if (level == 5) out.write(0);
        Packet.text(out, "firmware");
        if (level == 5) out.write(0);
        Packet.text(out, prefix() + "/s");
        Packet.text(out, "0");
        Packet.text(
                out, fault == Fault.OTHER_USER_NAME ? "sensor" : HexFormat.of().formatHex(id));
        Packet.text(out, "password");
        new Packet(Packet.CONNECT, 0, out.toByteArray()).write(socket.getOutputStream());
    }

    private void subscribe() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Packet.u16(out, 1);
        if (fault != Fault.MQTT_3_1_1) out.write(0);
        Packet.text(out, prefix() + "/d/#");
        out.write(1);
        new Packet(Packet.SUBSCRIBE, 2, out.toByteArray()).write(socket.getOutputStream());
    }

    private void publish(String topic, byte[] payload, int qos, boolean retained) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Packet.text(out, topic);
        if (qos > 0) Packet.u16(out, packetId = packetId % 0xffff + 1);
        if (fault != Fault.MQTT_3_1_1) out.write(0);
        out.writeBytes(payload);
        OutputStream to = socket.getOutputStream();
        new Packet(Packet.PUBLISH, qos << 1 | (retained ? 1 : 0), out.toByteArray()).write(to);
    }

    private void send(Number number, byte[] wire) throws IOException {
        byte[] bytes = wire;
        boolean again = sentAt.put(number, System.nanoTime()) != null || everSent.size() > number.seq() + 1;
        if (again && fault == Fault.SIGNS_A_RETRY_ANEW) bytes = withTheOtherS(wire);
        publish(prefix() + "/r", bytes, 1, false);
    }

    /** P-256: r, n − s is as good a signature as r, s. */
    private static byte[] withTheOtherS(byte[] wire) {
        try {
            byte[] cose = SignedMessage.parse(wire).cose();
            int s = 3 + cose.length - 32; // wire: 83 58 xx, then the cose, whose last 32 bytes are s
            byte[] flipped = wire.clone();
            byte[] other = N.subtract(new BigInteger(1, Arrays.copyOfRange(wire, s, s + 32)))
                    .toByteArray();
            Arrays.fill(flipped, s, s + 32, (byte) 0);
            int length = Math.min(32, other.length);
            System.arraycopy(other, other.length - length, flipped, s + 32 - length, length);
            return flipped;
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Signs, stores, publishes the next message; and does the fault, once, in the middle of a good life. */
    private void next() throws IOException {
        boolean now = !faultDone && seq == 6 && boots == 1;
        if (now) faultDone = true;
        if (seq == 0 && !(fault == Fault.EPOCH_WITHOUT_BOOT && boots > 1)) {
            sign(
                    MessageType.BOOT,
                    List.of(Group.of(30, o -> o.unsigned(1)), Group.of(31, o -> o.bytes(new byte[32]))),
                    now);
        } else if (seq == 3 && !imageAnnounced) {
            imageAnnounced = true;
            byte[] digests = new byte[0];
            for (int i = 0; i < 6; i++) {
                byte[] digest = Sha256.of(chunk(i));
                digests = Arrays.copyOf(digests, digests.length + 32);
                System.arraycopy(digest, 0, digests, digests.length - 32, 32);
            }
            byte[] all = digests;
            sign(
                    MessageType.IMAGE_MANIFEST,
                    List.of(
                            Group.of(20, o -> o.bytes(Sha256.of(image))),
                            Group.of(21, o -> o.unsigned(image.length)),
                            Group.of(22, o -> o.text("image/jpeg")),
                            Group.of(23, o -> o.unsigned(CHUNK)),
                            Group.of(24, o -> o.bytes(all))),
                    now);
        } else if (seq % 4 == 1 || (now && fault == Fault.SERIES_REACHES_BEYOND_ITS_MESSAGE)) {
            long offset = now && fault == Fault.SERIES_REACHES_BEYOND_ITS_MESSAGE ? 10 : 120;
            sign(
                    MessageType.READING,
                    List.of(Reading.series(List.of(new Series(1, offset, 60, new long[] {410, 412, 415}, -2, 0)))),
                    now);
        } else {
            sign(MessageType.READING, List.of(Reading.measurements(List.of(new Measurement(1, 400 + seq)))), now);
        }
        if (fault == Fault.EPOCH_GOES_BACK && boots > 1 && seq == 1) {
            long here = epoch;
            long there = seq;
            byte[] before = prev;
            SignedMessage last = lastOf(epoch - 1);
            epoch--;
            seq = last.head().seq() + 1;
            prev = last.digest();
            ahead = 1_000; // later than the boot message, whatever the clock's grain
            sign(MessageType.READING, List.of(Reading.noContent()), false);
            ahead = 0;
            epoch = here;
            seq = there;
            prev = before;
        }
        if (seq > 6 && boots == 1) extra(); // again and again: one alone may be lost with its connection
    }

    private SignedMessage lastOf(long anEpoch) {
        SignedMessage last = null;
        try {
            for (byte[] wire : everSent) {
                SignedMessage m = SignedMessage.parse(wire);
                if (m.head().epoch() == anEpoch) last = m;
            }
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
        return last;
    }

    private void sign(int type, List<Group> groups, boolean now) throws IOException {
        if (now && fault == Fault.LEAVES_A_NUMBER_OUT) {
            SignedMessage lost = signed(type, id, groups, key, prev);
            prev = lost.digest();
            seq++;
        }
        byte[] named = prev;
        if (now && fault == Fault.NAMES_ANOTHER_MESSAGE) named = new byte[32];
        SigningKey by = now && fault == Fault.SIGNED_BY_A_STRANGER ? SigningKey.generate(Algorithm.ED25519) : key;
        SignedMessage message = signed(type, id, groups, by, named);
        Number number = new Number(epoch, seq);
        prev = message.digest();
        seq++;
        outbox.put(number, message.wire());
        everSent.add(message.wire());
        sentAt.put(number, System.nanoTime());
        publish(prefix() + "/r", message.wire(), 1, false);
    }

    private SignedMessage signed(int type, byte[] of, List<Group> groups, SigningKey by, byte[] named) {
        long time = System.currentTimeMillis()
                + ahead
                + (fault == Fault.CLOCK_IN_THE_FUTURE && faultDone ? 86_400_000_000L : 0);
        return SignedMessage.sign(
                new Head(
                        type,
                        of,
                        epoch,
                        seq,
                        seq == 0 ? null : named,
                        time,
                        2,
                        50L,
                        fault == Fault.NO_ANCHOR ? null : anchor),
                groups,
                by);
    }

    /** Faults that are one publish too many. */
    private void extra() throws IOException {
        byte[] newest = everSent.get(everSent.size() - 1);
        switch (fault) {
            case PUBLISHES_ELSEWHERE -> publish(prefix() + "/readings", newest, 1, false);
            case SENDS_WITH_QOS_0 -> publish(prefix() + "/r", newest, 0, false);
            case SENDS_RETAINED -> publish(prefix() + "/r", newest, 1, true);
            case SENDS_GARBAGE -> publish(prefix() + "/r", "{\"temperature\": 4.12}".getBytes(), 1, false);
            case SENDS_A_CUSTODY_STEP -> {
                byte[] anId = id.clone();
                Group objects = Group.of(17, o -> o.array(2).unsigned(1).bytes(new byte[32]));
                SignedMessage step = SignedMessage.sign(
                        new Head(32, anId, epoch + 7, 0, null, System.currentTimeMillis(), 2, null, null),
                        List.of(objects),
                        key);
                publish(prefix() + "/r", step.wire(), 1, false);
            }
            case LENGTH_NOT_SHORTEST -> {
                // 83 58 xx …  →  83 59 00 xx …
                byte[] longer = new byte[newest.length + 1];
                longer[0] = newest[0];
                longer[1] = 0x59;
                System.arraycopy(newest, 2, longer, 3, newest.length - 2);
                publish(prefix() + "/r", longer, 1, false);
            }
            case OTHER_SECRET -> {
                byte[] other = newest.clone();
                other[3 + (newest[2] & 0xff) + 1] ^= 1; // the secret's first byte, behind cose and its head
                publish(prefix() + "/r", other, 1, false);
            }
            case ID_OF_ANOTHER_DEVICE -> {
                byte[] other = id.clone();
                other[15] ^= 1;
                publish(
                        prefix() + "/r",
                        signed(1, other, List.of(Reading.noContent()), key, prev)
                                .wire(),
                        1,
                        false);
            }
            case TWO_MESSAGES_UNDER_ONE_NUMBER -> {
                seq--;
                byte[] named = prev;
                publish(
                        prefix() + "/r",
                        signed(1, id, List.of(Reading.measurements(List.of(new Measurement(1, -1)))), key, named)
                                .wire(),
                        1,
                        false);
                seq++;
            }
            default -> {
                // done elsewhere
            }
        }
    }

    private void arrived(Packet packet) throws IOException {
        Packet.Body in = packet.fields();
        String topic = in.text();
        int arrival = in.u16();
        if (fault != Fault.MQTT_3_1_1) in.skipProperties();
        byte[] payload = in.rest();
        try {
            if (topic.endsWith("/d/ack")) receipt(payload);
            else if (topic.endsWith("/d/cmd")) command(payload);
            else bitmap(payload);
        } catch (MalformedException e) {
            throw new IOException(e);
        }
        // After it was digested: what is acknowledged is done.
        ByteArrayOutputStream ack = new ByteArrayOutputStream();
        Packet.u16(ack, arrival);
        new Packet(Packet.PUBACK, 0, ack.toByteArray()).write(socket.getOutputStream());
    }

    private void receipt(byte[] bytes) throws MalformedException {
        Receipt.Signed signed = Receipt.parse(bytes);
        boolean ourKey = Arrays.equals(signed.kid(), receiptKey.kid());
        boolean believed = ourKey
                ? signed.verifies(receiptKey) || fault == Fault.CHECKS_NO_SIGNATURE
                : fault == Fault.TRUSTS_STRANGERS;
        if (!believed) return;
        Receipt receipt = signed.receipt();
        if (!Arrays.equals(receipt.deviceId(), id) && fault != Fault.CHECKS_NO_DEVICE) return;
        for (Receipt.Range range : receipt.ranges()) {
            byte[] ours = outbox.get(new Number(range.epoch(), range.to()));
            if (ours != null
                    && fault != Fault.CHECKS_NO_DIGEST
                    && !Arrays.equals(SignedMessage.parse(ours).digest(), range.digest())) return;
        }
        for (Receipt.Range range : receipt.ranges())
            outbox.subMap(new Number(range.epoch(), range.from()), true, new Number(range.epoch(), range.to()), true)
                    .clear();
        anchor = signed.anchor();
    }

    private void command(byte[] bytes) throws MalformedException, IOException {
        ResendCommand.Signed signed = ResendCommand.parse(bytes);
        ResendCommand command = signed.command();
        if (fault == Fault.IGNORES_COMMANDS || !Arrays.equals(command.deviceId(), id)) return;
        if (!signed.verifies(receiptKey) && fault != Fault.OBEYS_STRANGERS) return;
        if (command.timeMillis() <= newestCommand && fault != Fault.OBEYS_OLD_COMMANDS) return;
        newestCommand = Math.max(newestCommand, command.timeMillis());
        for (ResendCommand.Range range : command.ranges()) {
            for (long at = range.from(); at <= range.to(); at++) {
                byte[] kept = outbox.get(new Number(range.epoch(), at));
                if (kept != null) {
                    publish(prefix() + "/r", kept, 1, false);
                } else {
                    GapDeclaration.Range gone = new GapDeclaration.Range(range.epoch(), at, at);
                    sign(
                            MessageType.GAP_DECLARATION,
                            new GapDeclaration(List.of(gone), GapDeclaration.RELEASED).groups(epoch),
                            false);
                }
            }
        }
    }

    private void bitmap(byte[] answer) throws MalformedException, IOException {
        CborReader in = new CborReader(answer);
        in.array(3);
        String sha256 = HexFormat.of().formatHex(in.bytes(32));
        in.unsigned();
        BitSet missing = BitSet.valueOf(in.bytes());
        if (imageDone || missing.isEmpty()) {
            imageDone = true;
            return;
        }
        boolean first = missing.cardinality() == 6;
        for (int i = 0; i < 6; i++) {
            if (!missing.get(i) && !(fault == Fault.SENDS_THE_WHOLE_IMAGE_AGAIN && !first)) continue;
            byte[] chunk = chunk(i);
            if (first && i == 1 && fault == Fault.ALTERED_CHUNK) chunk[0] ^= 1;
            publish(prefix() + "/i/" + sha256 + "/" + i, chunk, 1, false);
        }
    }

    private byte[] chunk(int i) {
        return Arrays.copyOfRange(image, i * CHUNK, Math.min(image.length, (i + 1) * CHUNK));
    }
}
