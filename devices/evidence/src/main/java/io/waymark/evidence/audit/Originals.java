package io.waymark.evidence.audit;

import java.io.IOException;
import java.util.Optional;

/** The messages whose digests stand in the log, as far as somebody kept them. */
public interface Originals {
    /** The wire bytes of the message with this digest (32 bytes), if they are here. */
    Optional<byte[]> wire(byte[] digest) throws IOException;
}
