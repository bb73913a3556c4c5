/**
 * The database and the vault as this service opens them: every transaction bound to one tenant, the vault under its key.
 * No tables of features here; each feature has its own queries.
 */
package io.waymark.vision.storage;
