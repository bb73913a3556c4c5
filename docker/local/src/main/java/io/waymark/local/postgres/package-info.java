/**
 * PostgreSQL without an installation: unpacks the binaries, makes a durable cluster that nobody enters without a password, starts it,
 * ends what an earlier crash left behind. Knows nothing of Waymark's tables; the roles come from trace-service's {@code db/roles.sql}.
 */
package io.waymark.local.postgres;
