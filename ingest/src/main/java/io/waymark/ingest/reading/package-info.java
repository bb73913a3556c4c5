/** Signed messages: decoded, checked against the device's key, stored in batches, acknowledged; what is refused goes to quarantine. */
@NullMarked
package io.waymark.ingest.reading;

import org.jspecify.annotations.NullMarked;
