/**
 * The fire drills, of the ledger and of everything between a device's signature and its receipt: processes that are killed, a database that
 * loses answers, disks that fill up, witnesses that lie, packets that come again, and the checks that must find nothing afterwards. In a
 * service of an installation nothing of this runs but {@link io.waymark.local.chaos.ServicesUnderTest.OfTheLedger}, which says that nothing is broken.
 */
package io.waymark.local.chaos;
