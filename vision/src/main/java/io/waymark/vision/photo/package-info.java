/**
 * Registered photographs of an object: taking them in, listing them, loading their fingerprints. A picture is never
 * handed out again, only compared.
 */
package io.waymark.vision.photo;
