/** Image chunks on their way to vision, and the bitmaps that tell devices what is missing. */
package io.waymark.ingest.image;
