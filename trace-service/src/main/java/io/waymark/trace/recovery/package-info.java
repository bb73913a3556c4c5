/**
 * What is done when the database lost entries that the world has: {@code ledger} brings the entries back from a mirror, this package what
 * follows from them, and says which rows are gone for good. The operator's command and the service's start use the same class.
 */
package io.waymark.trace.recovery;
