/**
 * Who may sign: streams (devices, signing keys of organisations, receipt keys), the keys bound to them in the log, their revocation.
 * Possession of the key is proved at registration. What they signed is {@code reading}'s and {@code custody}'s.
 */
package io.waymark.trace.device;
