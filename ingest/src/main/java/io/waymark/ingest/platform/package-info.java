/** The services behind ingest, over HTTP with a service token: trace-service (ledger, keys, quarantine) and vision (images). */
@NullMarked
package io.waymark.ingest.platform;

import org.jspecify.annotations.NullMarked;
