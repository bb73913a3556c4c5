/**
 * A witness of other people's logs (C2SP tlog-witness), and the client a log asks its witnesses with. What a cosignature is and which
 * ones are enough is in the package {@code log}. FORMAT.md §12.
 */
@NullMarked
package io.waymark.evidence.witness;

import org.jspecify.annotations.NullMarked;
