/**
 * Photographs of registered items: kept encrypted, compared, never handed out. The packages below are the features;
 * {@link io.waymark.vision.VisionConfig} is all configuration.
 */
package io.waymark.vision;
