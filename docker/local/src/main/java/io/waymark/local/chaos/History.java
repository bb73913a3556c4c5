package io.waymark.local.chaos;

import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.trace.ledger.Submission;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the clients of a log know: what they sent, what they were told, and every checkpoint anybody was shown. Written to a file before
 * anything is sent, one line each, for whoever looks at a failed run. Thread-safe.
 *
 * <pre>
 * sent &lt;identity&gt; &lt;entry&gt;      ack &lt;index&gt; &lt;identity&gt; &lt;entry&gt;      refused &lt;identity&gt; &lt;entry&gt;      seen &lt;size&gt; &lt;root&gt; &lt;where&gt;
 * </pre>
 */
final class History implements AutoCloseable {
    /** A promise: the entry is in the log, there. */
    record Acknowledged(long index, ByteBuffer identity, ByteBuffer entry) {}

    /** A checkpoint that was signed. */
    record Seen(long size, ByteBuffer root, String where) {}

    /**
     * What clients know at one moment.
     *
     * @param sent           entry to the identity it was sent under
     * @param wronglyRefused entries whose name was free, and why they were refused for good
     * @param seen           may be added to
     * @param unsigned       what was shown as a checkpoint of this log and is none
     */
    record Told(
            Map<ByteBuffer, ByteBuffer> sent,
            List<Acknowledged> acknowledged,
            List<String> wronglyRefused,
            List<Seen> seen,
            List<String> unsigned) {}

    private final Writer journal;

    // Entry to the identity it was sent under: entries are random, so none is sent under two.
    private final Map<ByteBuffer, ByteBuffer> sent = new HashMap<>();
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final List<String> wronglyRefused = new ArrayList<>();
    private final Map<String, Seen> seen = new LinkedHashMap<>();
    private final Map<String, Seen> notes = new HashMap<>();
    private final List<String> unsigned = new ArrayList<>();

    History(Path file) throws IOException {
        this(Files.newBufferedWriter(file, StandardOpenOption.CREATE_NEW));
    }

    History(Writer journal) {
        this.journal = journal instanceof BufferedWriter ? journal : new BufferedWriter(journal);
    }

    /** To be called before it is sent. */
    synchronized void sent(Submission submission) {
        sent.put(ByteBuffer.wrap(submission.entry()), ByteBuffer.wrap(submission.identity()));
        write("sent " + hex(submission.identity()) + " " + hex(submission.entry()));
    }

    synchronized void acknowledged(Submission submission, long index) {
        acknowledged.add(
                new Acknowledged(index, ByteBuffer.wrap(submission.identity()), ByteBuffer.wrap(submission.entry())));
        write("ack " + index + " " + hex(submission.identity()) + " " + hex(submission.entry()));
    }

    /** An entry under a name nobody else took was refused for good. */
    synchronized void wronglyRefused(Submission submission, String why) {
        wronglyRefused.add(hex(submission.identity()) + ": " + why);
        write("refused " + hex(submission.identity()) + " " + hex(submission.entry()));
    }

    /** A note that somebody shows as this log's; one that the log's key did not sign is kept as such. */
    synchronized Optional<Seen> seen(String where, String note, NoteVerifier log) {
        Seen before = notes.get(note);
        if (before != null) {
            return Optional.of(before);
        }
        try {
            Checkpoint checkpoint = log.checkpoint(note).checkpoint();
            Seen one = new Seen(checkpoint.size(), ByteBuffer.wrap(checkpoint.root()), where);
            notes.put(note, one);
            String key = checkpoint.size() + " " + hex(checkpoint.root());
            if (seen.putIfAbsent(key, one) == null) {
                write("seen " + key + " " + where);
            }
            return Optional.of(one);
        } catch (InvalidNoteException e) {
            unsigned.add(where + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    /** All of it as it is now. */
    synchronized Told told() {
        return new Told(
                new HashMap<>(sent),
                List.copyOf(acknowledged),
                List.copyOf(wronglyRefused),
                new ArrayList<>(seen.values()),
                List.copyOf(unsigned));
    }

    private void write(String line) {
        try {
            journal.write(line);
            journal.write('\n');
            journal.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the drill's own journal", e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public synchronized void close() throws IOException {
        journal.close();
    }
}
