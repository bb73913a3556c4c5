/**
 * Ed25519 and P-256 keys, COSE_Key and COSE_Sign1, SHA-256. One acceptance rule for Ed25519, whatever library computes it.
 * Knows who signs nothing: names and roles live in {@code log.KeyBinding}. FORMAT.md §2 and §3.
 */
@NullMarked
package io.waymark.evidence.key;

import org.jspecify.annotations.NullMarked;
