/**
 * {@code --lan}: a certificate authority of this installation and a TLS port for phones in the same network. Everything else stays on
 * 127.0.0.1. A phone needs TLS because browsers offer WebCrypto to secure contexts only.
 */
package io.waymark.local.lan;
