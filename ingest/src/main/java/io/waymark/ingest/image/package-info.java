/** Image chunks on their way to vision, and the bitmaps that tell devices what is missing. */
@NullMarked
package io.waymark.ingest.image;

import org.jspecify.annotations.NullMarked;
