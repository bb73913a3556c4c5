package io.waymark.sdk;

/**
 * How a device is doing.
 *
 * @param pendingMessages durable here, without a receipt
 * @param pendingImages whose bytes the store has not confirmed
 * @param published PUBACKs of success since open, resends counted
 * @param denied PUBACKs of refusal since open
 * @param receipts accepted since open
 * @param receiptsVerified false when no receipt key is trusted, so receipts are accepted by their structure only
 * @param lastProblem for the operator; empty when none is known
 */
public record Status(
        boolean connected,
        long pendingMessages,
        long pendingBytes,
        int pendingImages,
        long published,
        long denied,
        long receipts,
        boolean receiptsVerified,
        String lastProblem) {}
