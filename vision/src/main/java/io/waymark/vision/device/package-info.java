/**
 * Images of field devices: a manifest, then chunks in any order, each checked against its digest, the whole checked before
 * it counts as complete. Chunks are content-addressed, so a repeated one costs nothing.
 */
package io.waymark.vision.device;
