/**
 * MQTT in, verified readings out. Holds nothing: what is not stored is not acknowledged, so the broker is the queue and the devices are
 * the backup.
 */
@NullMarked
package io.waymark.ingest;

import org.jspecify.annotations.NullMarked;
