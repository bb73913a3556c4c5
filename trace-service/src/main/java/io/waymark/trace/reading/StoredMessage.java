package io.waymark.trace.reading;

import java.time.Instant;

/**
 * A message as stored.
 *
 * @param wire     the bytes as received, secret and groups included: for those who may see all
 * @param index    ledger index of its statement
 * @param tag      32 bytes, the statement's tag
 * @param streamId 16 bytes: the device
 * @param tenant   whose device it is; the reading's subject may be another's object
 * @param time     as the device claims
 */
public record StoredMessage(
        byte[] wire,
        long index,
        byte[] tag,
        byte[] streamId,
        String tenant,
        int type,
        long epoch,
        long seq,
        Instant time,
        Instant receivedAt,
        String linkState) {}
