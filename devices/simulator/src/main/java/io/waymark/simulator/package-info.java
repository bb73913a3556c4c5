/** The fleet: vessels, farms, plants, trucks and shops that use Waymark from outside, over MQTT and HTTP only, like any real one. */
package io.waymark.simulator;
