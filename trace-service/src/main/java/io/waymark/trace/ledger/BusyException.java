package io.waymark.trace.ledger;

/**
 * Not stored for certain: the queue is full, or a commit's outcome is unknown. The caller sends the same submissions again; what was
 * stored after all keeps its index.
 */
public class BusyException extends RuntimeException {
    public BusyException(String message) {
        super(message);
    }

    public BusyException(String message, Throwable cause) {
        super(message, cause);
    }
}
