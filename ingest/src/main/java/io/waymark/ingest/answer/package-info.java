/** What goes back to devices: receipts and bitmaps, the newest of each, not too often, until the broker has it. */
package io.waymark.ingest.answer;
