/**
 * Signed messages of devices and statements of organisations: judged again (ingest is not trusted), stored with their ledger entry in one
 * commit, answered with receipts. Custody steps are {@code custody}'s.
 */
package io.waymark.trace.reading;
