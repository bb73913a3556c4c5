package io.waymark.trace.reading;

/** What became of one message. */
public sealed interface Outcome {
    /** New; its statement is at {@code index}. */
    record Stored(long index) implements Outcome {}

    /** The same message was stored before, at {@code index}. */
    record Duplicate(long index) implements Outcome {}

    /** Another message has this stream, epoch and sequence number: the first stays, this one is kept as proof at {@code index}. */
    record Equivocation(long index) implements Outcome {}

    /** Our judgement, final: not stored. The reason is kebab-case and stable. */
    record Refused(String reason) implements Outcome {}
}
