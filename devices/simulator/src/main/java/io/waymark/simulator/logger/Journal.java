package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What was imported of one logger, in the order in which its device signs it: entry i is the device's message i + 1 (message 0 is the boot).
 *
 * <p>An entry is on the disk before its message is signed. So after a crash the device's next number says which entries were signed, and the
 * rest can be signed from here without the file they came from: no row twice and none lost, wherever the process died.
 */
// entry = text " " CRC-32C of the text's bytes, 8 hex digits, LF. A last line that is cut off or garbled was never
// signed: the device signs
// only what a sync of this file covers.
final class Journal implements AutoCloseable {
    private static final String FILE = "imported";
    private static final int LONGEST_LINE = 4096;

    /** One message of the device. */
    sealed interface Entry {}

    /** The rows that follow were read in this file. */
    record Source(String sha256) implements Entry {}

    /** One reading. */
    record Taken(Row row) implements Entry {}

    private final SeenRows rows = new SeenRows();
    private final List<String> sources = new ArrayList<>();
    private final @Nullable FileChannel channel;
    private long entries;

    /** Entries from this one on are kept for {@link #from}. */
    private final List<Entry> tail = new ArrayList<>();

    private static final int TAIL = 4096;
    private long tailFrom;

    /** Opens for appending; what a crash cut off at the end is taken away. */
    static Journal open(Path folder) throws IOException {
        return new Journal(folder.resolve(FILE), true);
    }

    /** Reads only; a journal that is not there is empty. */
    static Journal read(Path folder) throws IOException {
        return new Journal(folder.resolve(FILE), false);
    }

    private Journal(Path file, boolean append) throws IOException {
        long sound = Files.exists(file) ? load(file) : 0;
        if (!append) {
            channel = null;
            return;
        }
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.size() > sound) {
            channel.truncate(sound);
            channel.force(true);
        }
        channel.position(sound);
    }

    /** Rows of earlier imports. */
    SeenRows rows() {
        return rows;
    }

    long entries() {
        return entries;
    }

    boolean knows(String sha256) {
        return sources.contains(sha256);
    }

    /** SHA-256 of every file that gave something, in order. */
    List<String> sources() {
        return List.copyOf(sources);
    }

    /**
     * Entries that have no message yet.
     *
     * @param signed how many have
     * @throws IOException when that cannot be: the device and this journal are not of one age
     */
    List<Entry> from(long signed) throws IOException {
        if (signed > entries || signed < tailFrom)
            throw new IOException("the device has signed " + signed + " messages of " + entries + " in the journal");
        return List.copyOf(tail.subList((int) (signed - tailFrom), tail.size()));
    }

    /** Writes entries and syncs. They are durable on return and may be signed. */
    void append(List<Entry> more) throws IOException {
        if (channel == null) throw new IllegalStateException("opened for reading");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Entry entry : more) out.writeBytes(line(entry));
        ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
        while (bytes.hasRemaining()) channel.write(bytes);
        channel.force(true);
        more.forEach(this::keep);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) channel.close();
    }

    private void keep(Entry entry) {
        if (entry instanceof Taken taken) rows.add(taken.row());
        else if (entry instanceof Source source) sources.add(source.sha256());
        entries++;
        tail.add(entry);
        if (tail.size() >= 2 * TAIL) {
            tail.subList(0, TAIL).clear();
            tailFrom += TAIL;
        }
    }

    /** @return bytes up to the end of the last sound line */
    private long load(Path file) throws IOException {
        long sound = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream(256);
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b != '\n') {
                    if (line.size() > LONGEST_LINE) return sound;
                    line.write(b);
                    continue;
                }
                Entry entry = entry(line.toString(StandardCharsets.US_ASCII));
                if (entry == null) return sound;
                sound += line.size() + 1;
                line.reset();
                keep(entry);
            }
        }
        return sound;
    }

    private static byte[] line(Entry entry) {
        String text;
        if (entry instanceof Taken taken) text = "row " + taken.row().timeMillis() + " " + values(taken.row());
        else if (entry instanceof Source source) text = "file " + source.sha256();
        else throw new IllegalStateException(entry + " is neither row nor file");
        return (text + " " + crc(text) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static @Nullable Entry entry(String line) {
        int end = line.length() - 9;
        if (end < 0 || line.charAt(end) != ' ' || !crc(line.substring(0, end)).equals(line.substring(end + 1)))
            return null;
        String[] words = line.substring(0, end).split(" ");
        if (words.length == 2 && words[0].equals("file")) return new Source(words[1]);
        if (words.length != 3 || !words[0].equals("row")) return null;
        List<Measurement> measurements = new ArrayList<>();
        for (String part : words[2].split(";")) {
            String[] n = part.split(",");
            measurements.add(new Measurement(
                    Integer.parseInt(n[0]),
                    Long.parseLong(n[1]),
                    Integer.parseInt(n[2]),
                    Integer.parseInt(n[3]),
                    Integer.parseInt(n[4])));
        }
        return new Taken(new Row(0, Long.parseLong(words[1]), measurements));
    }

    /** The measurements as text; equal texts are equal measurements. */
    static String values(Row row) {
        StringBuilder out = new StringBuilder();
        for (Measurement m : row.measurements()) {
            if (out.length() > 0) out.append(';');
            out.append(m.quantity()).append(',').append(m.value()).append(',').append(m.exponent());
            out.append(',').append(m.sensor()).append(',').append(m.flags());
        }
        return out.toString();
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().toHexDigits((int) crc.getValue()).toLowerCase(Locale.ROOT);
    }
}
