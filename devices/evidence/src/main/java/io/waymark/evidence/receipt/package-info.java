/**
 * What the ledger hands a device for its readings: signed ranges that are stored. FORMAT.md §9.
 */
@NullMarked
package io.waymark.evidence.receipt;

import org.jspecify.annotations.NullMarked;
