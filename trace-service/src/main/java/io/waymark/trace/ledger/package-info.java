/**
 * The append-only log: RFC 6962 tree in C2SP tlog-tiles layout, one writer, one transaction per commit.
 * Knows bytes, identities and proofs; knows nothing of devices, steps or tenants.
 */
package io.waymark.trace.ledger;
