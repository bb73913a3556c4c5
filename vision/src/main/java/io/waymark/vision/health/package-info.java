/**
 * Readiness for whoever restarts services.
 */
package io.waymark.vision.health;
