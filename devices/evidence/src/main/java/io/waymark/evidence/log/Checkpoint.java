package io.waymark.evidence.log;

import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What a log says of itself: after {@code size} entries the root is {@code root}. Unsigned; see {@link VerifiedCheckpoint}.
 *
 * @param origin the log's name, one line
 * @param root   32 bytes, not copied
 * @see <a href="https://c2sp.org/tlog-checkpoint@v1.0.0">C2SP tlog-checkpoint</a>
 */
public record Checkpoint(String origin, long size, byte[] root) {
    public Checkpoint {
        if (origin.isEmpty() || origin.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("an origin is one line and not empty");
        }
        if (size < 0 || root.length != 32) {
            throw new IllegalArgumentException("size " + size + ", root of " + root.length + " bytes");
        }
    }

    /** origin ⏎ size ⏎ base64(root) ⏎ */
    public String text() {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root) + "\n";
    }

    /** Further lines (extensions) are allowed and not looked at; they are covered by the signature of the note. */
    public static Checkpoint parse(String text) throws InvalidNoteException {
        if (!text.endsWith("\n")) {
            throw malformed("the text does not end with a line break");
        }
        String[] lines = text.substring(0, text.length() - 1).split("\n", -1);
        if (lines.length < 3) {
            throw malformed(lines.length + " lines");
        }
        for (String line : lines) {
            if (line.isEmpty()) {
                throw malformed("an empty line");
            }
        }
        String size = lines[1];
        if (!size.matches("0|[1-9][0-9]{0,18}")) {
            throw malformed("size \"" + size + "\"");
        }
        byte[] root;
        long count;
        try {
            count = Long.parseLong(size);
            root = Base64.getDecoder().decode(lines[2]);
        } catch (IllegalArgumentException e) {
            throw malformed("size or root is out of range: " + e.getMessage());
        }
        if (root.length != 32 || !Base64.getEncoder().encodeToString(root).equals(lines[2])) {
            throw malformed("the root is not the base64 of 32 bytes");
        }
        return new Checkpoint(lines[0], count, root);
    }

    /** What a note says of itself, whoever signed it: good for finding the key to verify it with, and nothing else. */
    public static Checkpoint ofUnverified(String note) throws InvalidNoteException {
        return parse(Note.parse(note).text());
    }

    private static InvalidNoteException malformed(String detail) {
        return new InvalidNoteException(Reason.MALFORMED, "not a checkpoint: " + detail);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Checkpoint that
                && size == that.size
                && origin.equals(that.origin)
                && Arrays.equals(root, that.root);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(root) + Long.hashCode(size);
    }
}
