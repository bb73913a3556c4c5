/** Messages that were refused, kept within a quota so that people can see why; counted for ever; taken after all when an operator says why. */
package io.waymark.trace.quarantine;
