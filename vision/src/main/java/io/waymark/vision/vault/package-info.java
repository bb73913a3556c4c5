/**
 * Encrypted files: one master key, AES-256-GCM, addressed by the SHA-256 of the plaintext, one folder per tenant.
 * It knows nothing of images; it never deletes what is registered.
 */
package io.waymark.vision.vault;
