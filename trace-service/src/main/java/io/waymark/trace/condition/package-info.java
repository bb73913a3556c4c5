/**
 * What readings mean. For passports: which readings are an item's own, its excursions, and gaps nobody measured ({@link
 * io.waymark.trace.condition.ColdChain}). For organisations: rules as versioned data, evaluated by a pure function, and the alarms that
 * come of it.
 * Findings, never deletion: a signature proves who said it, not that it is true.
 */
package io.waymark.trace.condition;
