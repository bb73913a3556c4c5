/**
 * Starting and stopping the whole in order, telling each service where the others are, and what the operator sees on the terminal.
 */
package io.waymark.local.start;
