package io.waymark.local.bench;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.start.Running;
import io.waymark.local.start.Terminal;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.TraceClient;
import io.waymark.simulator.story.StoryConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;

/** Signed readings given to trace-service as ingest gives them: parsed, verified, stored and receipted before the answer. */
public final class LedgerOverHttp {
    private static final int BATCH = 500;
    private static final int BATCH_CLIENTS = 4;
    private static final int SINGLE_CLIENTS = 256;

    /** A round that is faster than the one before by this factor was not yet the service as it runs all day. */
    private static final double STILL_WARMING = 1.05;

    private static final int MOST_WARMING = 8;

    private final Running running;
    private final double seconds;
    private final int rounds;
    private final String commit;

    public LedgerOverHttp(Running running, double seconds, int rounds, String commit) {
        this.running = running;
        this.seconds = seconds;
        this.rounds = rounds;
        this.commit = commit;
    }

    /** A device whose messages are signed before the clock starts. */
    private static final class Signer {
        final DeviceKeys keys;
        final String topic;
        private long seq;
        private byte[] previous;

        Signer(DeviceKeys keys, String topic) {
            this.keys = keys;
            this.topic = topic;
        }

        byte[] next() {
            Head head = new Head(
                    MessageType.READING, keys.id(), 0, seq++, previous, System.currentTimeMillis(), 2, null, null);
            SignedMessage message = SignedMessage.sign(
                    head,
                    List.of(Reading.measurements(List.of(Quantity.TEMPERATURE.of(seq % 1000 / 100.0)))),
                    keys.signingKey());
            previous = message.digest();
            return message.wire();
        }
    }

    /** @param rows of "batch", "clients" and "one" */
    public void run(List<String> rows) throws Exception {
        Path folder = Files.createTempDirectory("waymark-bench-http-");
        try {
            StoryConfig config = running.storyConfig();
            Organisation owner = Organisation.open(
                    folder.resolve("owner"),
                    "bench",
                    "Bench",
                    "bench.example",
                    "ZZ",
                    "bench",
                    new TraceClient(config.traceUrl(), config.visionUrl(), config.operatorToken()));
            if (rows.contains("batch")) {
                measure("batch append over HTTP, signed readings", BATCH_CLIENTS, BATCH, config, owner, folder);
            }
            if (rows.contains("clients")) {
                String row = "single append over HTTP, " + SINGLE_CLIENTS + " clients";
                measure(row, SINGLE_CLIENTS, 1, config, owner, folder);
            }
            if (rows.contains("one")) {
                measure("single append over HTTP, one client", 1, 1, config, owner, folder);
            }
        } finally {
            Home.deleteTree(folder);
        }
    }

    private void measure(String row, int clients, int each, StoryConfig config, Organisation owner, Path folder)
            throws Exception {
        List<Signer> signers = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Path own = folder.resolve(clients + "-" + i);
            Files.createDirectories(own);
            DeviceKeys keys = DeviceKeys.openOrCreate(own);
            Registration registration = Registration.obtain(
                    own,
                    keys,
                    config.traceUrl(),
                    owner.client().bearer(),
                    "bench",
                    "Bench " + i,
                    "temperature",
                    "file");
            signers.add(new Signer(keys, registration.topicPrefix() + "/r"));
        }
        // As many as a fast machine could take in a round.
        int requests = (int) Math.max(20, 60_000.0 * seconds / clients / each / (each == 1 ? 5 : 1));
        double[] perSecond = new double[rounds];
        List<long[]> waits = new ArrayList<>();
        long bytes = 0;
        List<Queue<byte[]>> bodies =
                signers.stream().<Queue<byte[]>>map(s -> new ArrayDeque<>()).toList();
        double warmed = 0;
        int warming = 0;
        for (int round = -1; round < rounds; round++) {
            for (int i = 0; i < clients; i++) {
                // What the last round did not send goes first: thrown away, it would be a gap in a chain, which costs
                // the receiver a search.
                while (bodies.get(i).size() < requests) {
                    CborWriter body = new CborWriter().array(each);
                    for (int m = 0; m < each; m++) {
                        byte[] wire = signers.get(i).next();
                        bytes = wire.length;
                        body.array(2).text(signers.get(i).topic).bytes(wire);
                    }
                    bodies.get(i)
                            .add(PlainClient.post(
                                    config.traceUrl(),
                                    "/api/readings",
                                    running.ingestToken(),
                                    "application/cbor",
                                    body.toBytes()));
                }
            }
            List<PlainClient> connections = new ArrayList<>();
            Callers.Answers answers;
            try {
                for (int i = 0; i < clients; i++) {
                    connections.add(new PlainClient(config.traceUrl()));
                }
                answers = Callers.run(
                        clients,
                        seconds,
                        requests,
                        (caller, number) ->
                                send(connections.get(caller), bodies.get(caller).remove(), each));
            } finally {
                for (PlainClient connection : connections) {
                    connection.close();
                }
            }
            double rate = answers.perSecond() * each;
            if (round >= 0) {
                perSecond[round] = rate;
                waits.add(answers.waitsNanos());
            }
            Terminal.err()
                    .printf(Locale.ROOT, "%s, %s: %.0f/s%n", row, round < 0 ? "warming" : "round " + (round + 1), rate);
            // Rounds that compile what the others measure are not counted: a service is started once and runs for
            // months.
            if (round < 0 && rate > STILL_WARMING * warmed && ++warming < MOST_WARMING) {
                round--;
                warmed = rate;
            }
        }
        long[] all = waits.stream().flatMapToLong(Arrays::stream).toArray();
        Figure figure = new Figure("ledger", row, "1/s", (long) all.length * each)
                .rounds(perSecond)
                .waits(all)
                .with("message_bytes", bytes);
        if (clients == 1) {
            long[] disk = Disk.fdatasyncs(folder);
            Arrays.sort(disk);
            double one = disk[(disk.length - 1) / 2] / 1e6;
            figure.with("fdatasync_p50_ms", one).with("fdatasyncs", all[(all.length - 1) / 2] / 1e6 / one);
        }
        figure.print(commit);
    }

    // {0: [* [outcome, reason / null, index / null]], 1: [* receipts]}
    private static void send(PlainClient to, byte[] request, int expected) throws Exception {
        PlainClient.Answer answer = to.send(request);
        if (answer.status() != 200) {
            throw new CannotProceed("/api/readings answered " + answer.status());
        }
        CborReader in = new CborReader(answer.body());
        in.map();
        in.unsigned();
        int count = in.array();
        for (int i = 0; i < count; i++) {
            in.array(3);
            if (in.unsigned() != 0) {
                throw new CannotProceed("a reading of the benchmark was not stored");
            }
            in.nul();
            in.unsigned();
        }
        if (count != expected) {
            throw new CannotProceed("the answer speaks of " + count + " of " + expected + " readings");
        }
    }
}
