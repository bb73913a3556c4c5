/**
 * Whether two photographs show the same thing, and whether a photograph is good enough to ask. The only package that
 * touches OpenCV. It knows no URI, no tenant and no file.
 */
package io.waymark.vision.match;
