package io.waymark.evidence.witness;

import io.waymark.evidence.log.ConsistencyProof;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What a log sends a witness: the size the witness cosigned last, the way from there, and the new checkpoint. Shape only; nothing is
 * verified.
 */
public record Submission(long oldSize, ConsistencyProof proof, String note) {
    /** 63 hashes and a note with 64 of the longest signatures. */
    public static final int MAX_BYTES = 256 * 1024;

    private static final int MAX_HASHES = 63;

    /** A body that is not what tlog-witness says. */
    public static final class MalformedSubmissionException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedSubmissionException(String message) {
            super(message);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    /** old size ⏎ (base64(hash) ⏎)* ⏎ note */
    public byte[] encode() {
        StringBuilder body = new StringBuilder("old ").append(oldSize).append('\n');
        proof.path().forEach(hash -> body.append(Base64.getEncoder().encodeToString(hash))
                .append('\n'));
        return body.append('\n').append(note).toString().getBytes(StandardCharsets.UTF_8);
    }

    public static Submission parse(byte[] body) throws MalformedSubmissionException {
        if (body.length > MAX_BYTES) {
            throw new MalformedSubmissionException("more than " + MAX_BYTES + " bytes");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedSubmissionException("not UTF-8");
        }
        int blank = text.indexOf("\n\n");
        if (blank < 0) {
            throw new MalformedSubmissionException("no empty line before the checkpoint");
        }
        String[] lines = text.substring(0, blank).split("\n", -1);
        if (!lines[0].matches("old (0|[1-9][0-9]{0,18})") || lines.length > 1 + MAX_HASHES) {
            throw new MalformedSubmissionException(
                    "the first line is not \"old <size>\", or more than 63 hashes follow");
        }
        long oldSize;
        List<byte[]> path = new ArrayList<>();
        try {
            oldSize = Long.parseLong(lines[0].substring(4));
            for (int i = 1; i < lines.length; i++) {
                byte[] hash = Base64.getDecoder().decode(lines[i]);
                if (hash.length != 32
                        || !Base64.getEncoder().encodeToString(hash).equals(lines[i])) {
                    throw new MalformedSubmissionException("a hash that is not the base64 of 32 bytes");
                }
                path.add(hash);
            }
        } catch (IllegalArgumentException e) {
            throw new MalformedSubmissionException("a number or hash out of range");
        }
        return new Submission(oldSize, new ConsistencyProof(path), text.substring(blank + 2));
    }
}
