/** Recorded logger files published again as signed readings, sample by sample, in the order and at the times they were recorded. */
@NullMarked
package io.waymark.simulator.replay;

import org.jspecify.annotations.NullMarked;
