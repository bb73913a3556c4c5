package io.waymark.evidence.log;

import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A text file that proves one entry: index, path and checkpoint. The entry itself comes beside it.
 *
 * @param note the signed checkpoint, not yet verified
 * @see <a href="https://c2sp.org/tlog-proof">C2SP tlog-proof</a>
 */
public record TlogProof(InclusionProof place, String note) {
    public static final String FIRST_LINE = "c2sp.org/tlog-proof@v1\n";

    public String text() {
        StringBuilder text = new StringBuilder(FIRST_LINE)
                .append("index ")
                .append(place.leafIndex())
                .append('\n');
        place.path().forEach(hash -> text.append(Base64.getEncoder().encodeToString(hash))
                .append('\n'));
        return text.append('\n').append(note).toString();
    }

    /** An {@code extra} line is read over: it is for the application that put it there, and nothing signs it. */
    public static TlogProof parse(String text) throws InvalidNoteException {
        int blank = text.indexOf("\n\n");
        if (!text.startsWith(FIRST_LINE) || blank < 0) {
            throw malformed("its first line or the empty line is missing");
        }
        String[] lines = text.substring(FIRST_LINE.length(), blank + 1).split("\n", -1);
        int at = lines[0].startsWith("extra ") ? 1 : 0;
        if (!lines[at].matches("index (0|[1-9][0-9]{0,17})")) {
            throw malformed("no index");
        }
        long index = Long.parseLong(lines[at].substring("index ".length()));
        List<byte[]> path = new ArrayList<>();
        for (int i = at + 1; i < lines.length - 1; i++) {
            path.add(hash(lines[i]));
        }
        if (path.size() > InclusionProof.MAX_PATH) {
            throw malformed("a path of " + path.size());
        }
        return new TlogProof(new InclusionProof(index, path), text.substring(blank + 2));
    }

    private static byte[] hash(String line) throws InvalidNoteException {
        try {
            byte[] hash = Base64.getDecoder().decode(line);
            if (hash.length == 32 && Base64.getEncoder().encodeToString(hash).equals(line)) {
                return hash;
            }
        } catch (IllegalArgumentException e) {
            throw malformed("a hash that is not base64");
        }
        throw malformed("a hash that is not the base64 of 32 bytes");
    }

    private static InvalidNoteException malformed(String detail) {
        return new InvalidNoteException(Reason.MALFORMED, "not a tlog-proof: " + detail);
    }
}
