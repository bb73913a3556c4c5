/**
 * The ledger as a verifier sees it: entries, RFC 6962 tree, tiles, signed notes and checkpoints (C2SP).
 * Computes and checks; stores nothing and fetches nothing. FORMAT.md §6 to §8.
 */
@NullMarked
package io.waymark.evidence.log;

import org.jspecify.annotations.NullMarked;
