package io.waymark.simulator.logger;

import io.waymark.evidence.message.Association;
import io.waymark.sdk.Device;
import io.waymark.sdk.Observation;
import io.waymark.simulator.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Rows on their way from a file into the device's chain: written into the journal, then signed, a block at a time. Wherever a process died
 * between the two, {@link #finish} signs what the journal has and the chain has not.
 */
final class Signing {
    static final int BLOCK = 200;
    private static final int MOST_WAITING = 5_000;

    private final Path folder;
    private final Journal journal;
    private final Device device;
    private final Progress progress;
    private long readings;

    Signing(Path folder, Journal journal, Device device, Progress progress) {
        this.folder = folder;
        this.journal = journal;
        this.device = device;
        this.progress = progress;
    }

    /** Readings signed by this object. */
    long readings() {
        return readings;
    }

    /**
     * Signs what a killed run had written down and not signed.
     *
     * @throws IOException also when the device has forgotten how far it was
     */
    void finish() throws IOException {
        Device.Next next = device.next();
        String lost = "the outbox in " + folder
                + " lost what it had signed, so nobody here knows which rows are in the ledger;"
                + " when you move the folder away, the next import makes a new device and sends all rows again";
        if (next.epoch() != 0) throw new IOException(lost);
        List<Journal.Entry> open;
        try {
            open = journal.from(next.seq() - 1);
        } catch (IOException e) {
            throw new IOException(lost, e);
        }
        if (open.isEmpty()) return;
        sign(open);
        progress.say("import: " + open.size() + " messages of an import that was stopped are signed now");
    }

    /**
     * Signs the rows of a file that the journal does not have.
     *
     * @param sha256 of the file; its message goes before the first new row
     * @param fresh how many they are, for the progress
     */
    void rows(LoggerFile file, String sha256, long fresh) throws IOException {
        Writer writer = new Writer(file, sha256, fresh);
        file.rows(writer);
        writer.flush();
    }

    private void sign(List<Journal.Entry> entries) {
        device.readAll(entries.stream().map(Signing::observation).toList());
        readings += entries.stream().filter(e -> e instanceof Journal.Taken).count();
    }

    private static Observation observation(Journal.Entry entry) {
        if (entry instanceof Journal.Taken taken) {
            Row row = taken.row();
            return new Observation(row.measurements(), List.of(), List.of(), null, row.timeMillis());
        }
        if (entry instanceof Journal.Source source) {
            return Observation.of()
                    .withAssociations(List.of(Association.opaque(HexFormat.of().parseHex(source.sha256()))));
        }
        throw new IllegalStateException(entry + " is neither row nor file");
    }

    private final class Writer implements LoggerFile.Rows {
        private final String sha256;
        private final long fresh;
        private final Summary again;
        private List<Journal.Entry> entries = new ArrayList<>();
        private long done;

        Writer(LoggerFile file, String sha256, long fresh) {
            this.sha256 = sha256;
            this.fresh = fresh;
            this.again = new Summary(file, new SeenRows(), System.currentTimeMillis());
        }

        @Override
        public void row(Row row) throws IOException {
            long before = again.samples();
            again.row(row);
            if (again.samples() == before || journal.rows().look(row) != SeenRows.Kind.NEW) return;
            if (entries.isEmpty() && !journal.knows(sha256)) entries.add(new Journal.Source(sha256));
            entries.add(new Journal.Taken(row));
            if (entries.size() >= BLOCK) flush();
        }

        @Override
        public void rejected(long line, String reason) {
            // The first pass counted it and decided that the rest is imported.
        }

        void flush() throws IOException {
            if (entries.isEmpty()) return;
            awaitRoom();
            journal.append(entries);
            sign(entries);
            long before = done;
            done += entries.stream().filter(e -> e instanceof Journal.Taken).count();
            entries = new ArrayList<>();
            if (done / 1000 > before / 1000 || done == fresh)
                progress.say("import: " + done + " of " + fresh + " readings signed");
        }
    }

    /** Not more than this waiting for receipts: the outbox is bounded, and so is memory. */
    private void awaitRoom() throws IOException {
        long waiting = device.status().pendingMessages();
        long since = System.nanoTime();
        try {
            while (waiting > MOST_WAITING) {
                Thread.sleep(50);
                long now = device.status().pendingMessages();
                if (now < waiting) since = System.nanoTime();
                waiting = now;
                if (System.nanoTime() - since > Import.PATIENCE.toNanos())
                    throw new IOException("no receipt for " + Import.PATIENCE.toMinutes() + " minutes, " + waiting
                            + " readings wait: run again when the installation answers. "
                            + device.status().lastProblem());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped; run again to go on", e);
        }
    }
}
