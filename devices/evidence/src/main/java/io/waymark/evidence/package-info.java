/** The verifier's command line. The library is in the packages below. */
@NullMarked
package io.waymark.evidence;

import org.jspecify.annotations.NullMarked;
