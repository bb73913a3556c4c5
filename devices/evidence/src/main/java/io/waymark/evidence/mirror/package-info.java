/** A verified full copy of somebody else's log, kept and served: what is left when the log is gone, and what tells when it lies. */
@NullMarked
package io.waymark.evidence.mirror;

import org.jspecify.annotations.NullMarked;
