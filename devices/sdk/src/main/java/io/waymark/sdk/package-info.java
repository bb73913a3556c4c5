/**
 * The device SDK: a key that never leaves its file, a chain of signed messages, an outbox that survives a power cut, and the MQTT link
 * that carries them. A message leaves the outbox only when a signed receipt covers it.
 *
 * <p>All of Eclipse Paho is behind {@link io.waymark.sdk.MqttLink}; nothing else here or in ingest touches it.
 */
@NullMarked
package io.waymark.sdk;

import org.jspecify.annotations.NullMarked;
