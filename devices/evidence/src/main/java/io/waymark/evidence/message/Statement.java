package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import org.jspecify.annotations.Nullable;

/**
 * Group 28: an organisation's statement about something that is known by its digest.
 *
 * @param subject "photo", "serial-set", "rule" or "admin"
 * @param digest  32 bytes, not copied
 * @param uri     the object it is about, or null
 */
public record Statement(
        String subject, byte[] digest, @Nullable String uri) {
    public static final int KEY = 28;

    public Group group() {
        return Group.of(KEY, out -> {
            out.array(uri == null ? 2 : 3).text(subject).bytes(digest);
            if (uri != null) {
                out.text(uri);
            }
        });
    }

    /** @throws IllegalArgumentException when the group is not a statement; groups of a parsed message or disclosure are checked already */
    public static Statement of(Group group) {
        if (group.key() != KEY) {
            throw new IllegalArgumentException("group " + group.key() + " is not a statement");
        }
        try {
            CborReader in = group.value();
            int fields = in.array();
            String subject = in.text();
            byte[] digest = in.bytes(32);
            return new Statement(subject, digest, fields == 3 ? in.text() : null);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a statement: " + e.getMessage(), e);
        }
    }
}
