/** The firms of a story: each signs with a key of its own and talks to Waymark over the HTTP contract like any other client. */
package io.waymark.simulator.organisation;
