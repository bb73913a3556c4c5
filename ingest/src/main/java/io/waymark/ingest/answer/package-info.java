/** What goes back to devices: receipts and bitmaps, the newest of each, not too often, until the broker has it. */
@NullMarked
package io.waymark.ingest.answer;

import org.jspecify.annotations.NullMarked;
