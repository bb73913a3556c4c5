/**
 * Custody: signed steps, each object's own chain of links through the ledger, who holds what today, and the findings where signed steps
 * contradict one another. Writes only on the sequencer's side, in the transaction that appends the links; nothing here is ever edited.
 */
package io.waymark.trace.custody;
