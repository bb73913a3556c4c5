package io.waymark.local.bench;

import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.local.start.Terminal;
import io.waymark.trace.ledger.CommitWork;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;

/** The ledger without HTTP and without signatures of devices: what its commits cost. Callers and database share this machine. */
public final class LedgerInProcess {
    private static final int ENTRY = 65;
    private static final int PROOFS = 10_000;

    private final int callers;
    private final double seconds;
    private final int rounds;
    private final long entries;
    private final String commit;

    /** @param entries to which the log is grown for the rows about a large one */
    public LedgerInProcess(int callers, double seconds, int rounds, long entries, String commit) {
        this.callers = callers;
        this.seconds = seconds;
        this.rounds = rounds;
        this.entries = entries;
        this.commit = commit;
    }

    /** Prints one line a row; takes a few minutes, and for ten million entries a quarter of an hour. */
    public void run() throws Exception {
        try (OwnLog own = new OwnLog()) {
            grow(own, 100_000);
            Measured small = many(own.ledger);
            small.figure("append in process, " + callers + " callers").print(commit);
            one(own);
            stored(own);
            proofs(own);
            if (entries > own.ledger.checkpoint().size()) {
                grow(own, entries);
                Measured large = many(own.ledger);
                large.figure("append in process, " + callers + " callers, large log")
                        .with("size", entries)
                        .print(commit);
                new Figure("ledger", "append rate, large log ÷ 100,000 entries", "", 2)
                        .rounds(large.median() / small.median())
                        .with("size", entries)
                        .print(commit);
                stored(own);
                proofs(own);
            }
            links(own);
        }
    }

    private record Measured(double[] perSecond, long[] waits) {
        Figure figure(String row) {
            return new Figure("ledger", row, "1/s", waits.length)
                    .rounds(perSecond)
                    .waits(waits);
        }

        double median() {
            double[] sorted = perSecond.clone();
            Arrays.sort(sorted);
            return sorted[sorted.length / 2];
        }
    }

    private Measured many(Ledger ledger) throws Exception {
        double[] perSecond = new double[rounds];
        List<long[]> waits = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Callers.Answers answers = Callers.run(
                    callers,
                    seconds,
                    Integer.MAX_VALUE,
                    (caller, number) -> ledger.append(List.of(random()), CommitWork.NONE));
            perSecond[round] = answers.perSecond();
            waits.add(answers.waitsNanos());
            say("round %d: %.0f/s", round + 1, perSecond[round]);
        }
        return new Measured(
                perSecond, waits.stream().flatMapToLong(Arrays::stream).toArray());
    }

    /** One caller alone is as fast as the disk: its median is written beside that of one fdatasync, taken before and after. */
    private void one(OwnLog own) throws Exception {
        long[] disk = Disk.fdatasyncs(own.folder);
        double[] perSecond = new double[rounds];
        List<long[]> waits = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Callers.Answers answers = Callers.run(
                    1,
                    seconds,
                    Integer.MAX_VALUE,
                    (caller, number) -> own.ledger.append(List.of(random()), CommitWork.NONE));
            perSecond[round] = answers.perSecond();
            waits.add(answers.waitsNanos());
        }
        long[] again = Disk.fdatasyncs(own.folder);
        long[] all =
                LongStream.concat(Arrays.stream(disk), Arrays.stream(again)).toArray();
        new Figure("ledger", "fdatasync of 8 KiB", "ms", all.length).waits(all).print(commit);
        long[] appends = waits.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        double disks = all[(all.length - 1) / 2] / 1e6;
        new Figure("ledger", "append in process, one caller", "1/s", appends.length)
                .rounds(perSecond)
                .waits(appends)
                .with("fdatasync_p50_ms", disks)
                .with("fdatasyncs", appends[(appends.length - 1) / 2] / 1e6 / disks)
                .print(commit);
    }

    /** Links are counted as they are stored; map heads are made beside them, one when the rounds end at the latest, whose proofs are then timed. */
    private void links(OwnLog own) throws Exception {
        Ledger ledger = own.ledger;
        double[] perSecond = new double[rounds];
        List<long[]> waits = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Callers.Answers answers = Callers.run(callers, seconds, Integer.MAX_VALUE, (caller, number) -> {
                byte[] secret = new byte[32];
                ThreadLocalRandom.current().nextBytes(secret);
                ledger.append(List.of(Submission.of(Entries.link(secret, 0, secret))), CommitWork.NONE);
            });
            perSecond[round] = answers.perSecond();
            waits.add(answers.waitsNanos());
            say("links, round %d: %.0f/s", round + 1, perSecond[round]);
        }
        long[] all = waits.stream().flatMapToLong(Arrays::stream).toArray();
        new Figure("ledger", "link append beside the map, " + callers + " callers", "1/s", all.length)
                .rounds(perSecond)
                .waits(all)
                .print(commit);

        long size = ledger.checkpoint().size();
        ledger.inMap(new byte[32], size - 1);
        long[] times = new long[PROOFS];
        long largest = 0;
        for (int i = 0; i < PROOFS; i++) {
            byte[] tag = new byte[32];
            ThreadLocalRandom.current().nextBytes(tag);
            long begun = System.nanoTime();
            Ledger.MapAnswer answer = ledger.inMap(tag, 0).orElseThrow();
            InclusionProof place = ledger.inclusion(
                    answer.index(), ledger.checkpointOver(answer.index() + 1).size());
            times[i] = System.nanoTime() - begun;
            // Every hash costs 34 bytes in CBOR.
            largest = Math.max(
                    largest,
                    answer.entry().length
                            + 34L
                                    * (answer.proof().siblings().size()
                                            + 1
                                            + place.path().size()));
        }
        new Figure("ledger", "proof that there is no later step", "ms", PROOFS)
                .waits(times)
                .with("bytes_at_most", largest)
                .with("size", size)
                .print(commit);
    }

    private void proofs(OwnLog own) {
        long size = own.ledger.checkpoint().size();
        long[] times = new long[PROOFS];
        for (int i = -PROOFS / 10; i < PROOFS; i++) { // the first tenth warms up
            long index = ThreadLocalRandom.current().nextLong(size);
            long begun = System.nanoTime();
            own.ledger.inclusion(index, size);
            long took = System.nanoTime() - begun;
            if (i >= 0) {
                times[i] = took;
            }
        }
        new Figure("ledger", "inclusion proof of a random entry", "ms", PROOFS)
                .waits(times)
                .with("size", size)
                .print(commit);
    }

    private void stored(OwnLog own) throws SQLException {
        long size = own.ledger.checkpoint().size();
        double each = (double) own.storedBytes() / size - ENTRY;
        new Figure("ledger", "bytes stored per entry beyond its own", "B", size)
                .rounds(each)
                .print(commit);
    }

    /** The declared bulk loader: large submissions through the same commits, from few callers. */
    private void grow(OwnLog own, long to) throws Exception {
        while (own.ledger.checkpoint().size() < to) {
            long missing = to - own.ledger.checkpoint().size();
            int each = (int) Math.min(2048, Math.max(1, missing / 4));
            Callers.run(4, 2, (int) Math.max(1, missing / 4 / each), (caller, number) -> {
                List<Submission> some = new ArrayList<>(each);
                for (int i = 0; i < each; i++) {
                    some.add(random());
                }
                own.ledger.append(some, CommitWork.NONE);
            });
            say("%,d of %,d entries", own.ledger.checkpoint().size(), to);
        }
    }

    private static Submission random() {
        byte[] entry = new byte[ENTRY];
        ThreadLocalRandom.current().nextBytes(entry);
        entry[0] = 0x01;
        return Submission.of(entry);
    }

    private static void say(String format, Object... arguments) {
        Terminal.err().printf(Locale.ROOT, format + "%n", arguments);
    }
}
