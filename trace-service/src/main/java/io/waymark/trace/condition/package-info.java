/** The temperatures an item went through: which readings are its own, excursions from its maker's limits, and gaps nobody measured. */
package io.waymark.trace.condition;
