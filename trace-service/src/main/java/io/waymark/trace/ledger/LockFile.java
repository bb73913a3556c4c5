package io.waymark.trace.ledger;

import io.waymark.evidence.log.MerkleHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The last signed checkpoint, outside the database: two slots of 4,096 bytes that are written in turn, so that a commit costs one fdatasync
 * of a file that does not grow, and a torn write leaves the slot before.
 *
 * <pre>
 * slot = "waymark ledger lock " number "\n"        ; counts writes, decimal; the slot with the larger number is the newer one
 *        SHA-256 of the line before and the note, hex, "\n"
 *        length of the note in bytes, decimal, "\n"
 *        note                                      ; C2SP signed note, readable by eye
 *        zero or more spaces, "\n"                 ; up to 4,096 bytes
 * </pre>
 *
 * A file that holds a note and nothing else, as earlier releases wrote it and as an operator may save one, is read too, and becomes one of
 * this form at the next write. For one thread.
 *
 * <p>Before, the file was written anew beside the old one and renamed: three syncs for each commit, and the rename's had to wait for the
 * file system's journal. The price of slots is that a reader must choose; {@code LockFileTest} tears every write at every byte.
 */
public final class LockFile {
    static final int SLOT = 4096;

    private static final String MARK = "waymark ledger lock ";

    private final Path file;

    // The newest slot's number, and which it is; −1 while the file has no slots.
    private long number = -1;
    private int newest;

    LockFile(Path file) {
        this.file = file;
    }

    private record Slot(long number, String note) {}

    /** The note written last to the lock file at this place, as {@link #read} has it. */
    public static Optional<String> noteIn(Path file) throws IOException {
        return new LockFile(file).read();
    }

    /**
     * The note written last; empty without a file. Must be called before the first {@link #write}. Whether the note is signed is the caller's
     * question: a slot whose digest fits was written whole.
     *
     * @throws IOException also when there is a file, but neither of its slots is whole
     */
    Optional<String> read() throws IOException {
        number = -1;
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > 64 * 1024) {
            throw new IOException("it is larger than a lock file can be");
        }
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length != 2 * SLOT) {
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        }
        String note = null;
        for (int i = 0; i < 2; i++) {
            Optional<Slot> slot = slot(Arrays.copyOfRange(bytes, i * SLOT, (i + 1) * SLOT));
            if (slot.isPresent() && slot.get().number > number) {
                number = slot.get().number;
                newest = i;
                note = slot.get().note;
            }
        }
        if (note == null) {
            throw new IOException("neither of its two slots is whole");
        }
        return Optional.of(note);
    }

    /** After return the file holds this note as the newest, also after a power cut; before, at least the one before. */
    void write(String note) throws IOException {
        if (number < 0) {
            DurableFile.replace(file, text(0, note) + " ".repeat(SLOT - 1) + "\n");
            number = 0;
            newest = 0;
            return;
        }
        // Opened each time: a file that was put in this one's place must not be taken for it.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (channel.size() != 2 * SLOT) {
                throw new IOException("somebody else has written to it");
            }
            ByteBuffer slot = ByteBuffer.wrap(text(number + 1, note).getBytes(StandardCharsets.UTF_8));
            long at = (1 - newest) * (long) SLOT;
            while (slot.hasRemaining()) {
                channel.write(slot, at + slot.position());
            }
            channel.force(false); // neither size nor place changes
        }
        newest = 1 - newest;
        number++;
    }

    private static String text(long number, String note) throws IOException {
        String mark = MARK + number + "\n";
        byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
        String head = mark + digest(mark, bytes) + "\n" + bytes.length + "\n";
        int rest = SLOT - 1 - head.length() - bytes.length;
        if (rest < 0) {
            throw new IOException("a note of " + bytes.length + " bytes does not fit");
        }
        return head + note + " ".repeat(rest) + "\n";
    }

    private static String digest(String mark, byte[] note) {
        return HexFormat.of().formatHex(MerkleHash.sha256(mark.getBytes(StandardCharsets.US_ASCII), note));
    }

    /** Empty unless it was written whole. */
    private static Optional<Slot> slot(byte[] slot) {
        // Latin-1 keeps one character for each byte, whatever they are.
        String text = new String(slot, StandardCharsets.ISO_8859_1);
        String[] lines = text.split("\n", 4);
        if (lines.length < 4 || !lines[0].matches(MARK + "[0-9]{1,18}") || !lines[2].matches("[0-9]{1,4}")) {
            return Optional.empty();
        }
        int from = lines[0].length() + lines[1].length() + lines[2].length() + 3;
        int length = Integer.parseInt(lines[2]);
        if (from + length > SLOT) {
            return Optional.empty();
        }
        byte[] note = Arrays.copyOfRange(slot, from, from + length);
        return digest(lines[0] + "\n", note).equals(lines[1])
                ? Optional.of(new Slot(
                        Long.parseLong(lines[0].substring(MARK.length())), new String(note, StandardCharsets.UTF_8)))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
