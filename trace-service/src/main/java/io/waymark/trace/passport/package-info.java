/**
 * What a code's story is today, for whoever presents the code: the answer in four lines, and the proof file that lets them check it without us.
 * Reads all, writes nothing. Made from the rows as they are now: a byte changed in the database becomes a failing check, never a repaired one.
 */
package io.waymark.trace.passport;
