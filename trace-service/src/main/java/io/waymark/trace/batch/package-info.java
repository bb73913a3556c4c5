/**
 * Batches, the serials reserved for their items, and the canonical Digital Link URIs under which everything is followed.
 * A reserved serial is only a number and a secret; it becomes an item when a step commissions it (package custody).
 */
package io.waymark.trace.batch;
