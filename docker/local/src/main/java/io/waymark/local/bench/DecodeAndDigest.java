package io.waymark.local.bench;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.sdk.Quantity;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;

/** What it takes to read one message strictly and to hash what was signed: on one thread, by its processor time. */
public final class DecodeAndDigest {
    private static final int MESSAGES = 1_000;
    private static final int TIMES = 100;

    private DecodeAndDigest() {}

    /** Prints the row. @param rounds counted, after as many that are not */
    public static void run(int rounds, String commit) throws MalformedException {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        byte[][] wires = new byte[MESSAGES][];
        byte[] previous = null;
        for (int i = 0; i < MESSAGES; i++) {
            Head head = new Head(
                    MessageType.READING, new byte[16], 0, i, previous, System.currentTimeMillis(), 2, null, null);
            SignedMessage message = SignedMessage.sign(
                    head, List.of(Reading.measurements(List.of(Quantity.TEMPERATURE.of(i % 100)))), key);
            previous = message.digest();
            wires[i] = message.wire();
        }
        double[] micros = new double[rounds];
        long seen = 0;
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (int round = -rounds; round < rounds; round++) {
            long begun = threads.getCurrentThreadCpuTime();
            for (int time = 0; time < TIMES; time++) {
                for (byte[] wire : wires) {
                    seen += SignedMessage.parse(wire).digest()[0];
                }
            }
            if (round >= 0) {
                micros[round] = (threads.getCurrentThreadCpuTime() - begun) / 1e3 / TIMES / MESSAGES;
            }
        }
        Arrays.sort(micros);
        if (seen == Long.MIN_VALUE) {
            throw new IllegalStateException("kept, so that no compiler leaves the work out");
        }
        new Figure("ingest", "decode and digest", "us", (long) rounds * TIMES * MESSAGES)
                .with("median", micros[(rounds - 1) / 2])
                .with("slowest", micros[rounds - 1])
                .with("fastest", micros[0])
                .with("message_bytes", wires[0].length)
                .print(commit);
    }
}
