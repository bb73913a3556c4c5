/**
 * X.509 certificates by which devices prove themselves to a broker: an offline root, one issuing authority per organisation, short-lived device
 * certificates that the device asks for itself. Says who may connect; who signed what is said by key bindings in the log ({@code device}).
 */
package io.waymark.trace.certificate;
