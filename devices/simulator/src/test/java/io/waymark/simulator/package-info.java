/** Claims about the fleet that need no server. */
package io.waymark.simulator;
