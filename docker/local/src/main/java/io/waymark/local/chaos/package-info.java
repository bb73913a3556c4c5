/**
 * The fire drill of the ledger: processes that are killed, a database that loses answers, disks that fill up, witnesses that lie, and the
 * checks that must find nothing afterwards. Nothing here runs in a service.
 */
package io.waymark.local.chaos;
