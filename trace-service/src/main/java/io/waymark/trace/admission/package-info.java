/**
 * How devices get in without somebody typing their keys: expected by a one-time code, or vouched
 * for by a factory's certificate, and approved by a person. Ends where the key is bound
 * ({@code device}); an API key that registers a device at once is {@code device}'s too.
 */
package io.waymark.trace.admission;
