/**
 * The deterministic subset of CBOR (RFC 8949 §4.2.1) that everything signed or hashed in Waymark is written in.
 * One encoding per value: the reader refuses every other. Knows nothing of what the bytes mean. FORMAT.md §1.
 */
@NullMarked
package io.waymark.evidence.cbor;

import org.jspecify.annotations.NullMarked;
