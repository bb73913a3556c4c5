package io.waymark.sdk;

/**
 * A message that is durable on this device. Not yet proof that anybody else has it: that is the receipt.
 *
 * @param digest 32 bytes, the message's name everywhere
 */
public record Sent(long epoch, long seq, byte[] digest) {}
