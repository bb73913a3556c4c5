package io.waymark.trace.ledger;

/** The log refuses to sign (its reason is the message) and takes no entries; reading goes on. */
public class ReadOnlyException extends RuntimeException {
    public ReadOnlyException(String message) {
        super(message);
    }
}
