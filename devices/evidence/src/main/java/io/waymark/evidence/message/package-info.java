/**
 * Signed messages of devices and organisations: envelope, separately disclosable groups, readings, custody steps.
 * Where a message stands in the ledger is not decided here. FORMAT.md §4 and §5.
 */
@NullMarked
package io.waymark.evidence.message;

import org.jspecify.annotations.NullMarked;
