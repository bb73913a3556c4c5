/**
 * "Certify my device": a broker and a platform in small, for one device, that see its packets, withhold receipts, tell lies and fall silent, and report
 * check by check whether the firmware did what FORMAT.md and the SDK's README ask of it. Nothing here is part of the platform.
 */
@NullMarked
package io.waymark.simulator.certify;

import org.jspecify.annotations.NullMarked;
