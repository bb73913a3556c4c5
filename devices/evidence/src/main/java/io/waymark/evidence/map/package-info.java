/**
 * The sorted Merkle map over link tags, which shows what is <em>not</em> in the log: roots, proofs, and what a server keeps to make them
 * without the whole set in memory. Knows tags and hashes only. FORMAT.md §6.1.
 */
@NullMarked
package io.waymark.evidence.map;

import org.jspecify.annotations.NullMarked;
