/** Messages that were refused, kept within a quota so that people can see why; counted for ever. */
package io.waymark.trace.quarantine;
