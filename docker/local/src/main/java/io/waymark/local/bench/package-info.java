/** Measurements of the ledger and of what a reading costs, and how a figure is written down. Nothing here is a test: no number decides anything. */
package io.waymark.local.bench;
