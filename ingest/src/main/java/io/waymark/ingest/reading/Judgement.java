package io.waymark.ingest.reading;

import io.waymark.evidence.message.SignedMessage;

/** What ingest thinks of one message. "Could not tell" is not among them: that is {@link io.waymark.ingest.platform.Unreachable}. */
sealed interface Judgement {
    /** Decodes, comes from where it says, and its signature is the registered device's. */
    record Sound(Topic topic, SignedMessage message) implements Judgement {}

    /** Will never be right. @param reason one of a fixed set of words, the same as trace-service uses */
    record Refused(String reason) implements Judgement {}
}
