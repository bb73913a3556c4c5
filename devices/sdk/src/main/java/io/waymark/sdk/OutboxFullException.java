package io.waymark.sdk;

/** The outbox holds as much as it may. Nothing was lost: the new message was not taken, the old ones wait for their receipts. */
public final class OutboxFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutboxFullException(long bytes, long maxBytes) {
        super("the outbox holds " + bytes + " of " + maxBytes
                + " bytes without a receipt; the new message was not taken");
    }
}
