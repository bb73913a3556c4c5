/**
 * Organisations, their places, and the key with which the platform signs for one that has no key of its own.
 * Also {@link io.waymark.trace.organisation.Database}, the way to PostgreSQL for this package and those above it. Knows the ledger; knows no goods.
 */
package io.waymark.trace.organisation;
