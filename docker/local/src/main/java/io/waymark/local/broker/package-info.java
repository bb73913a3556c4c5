/**
 * The MQTT 5 broker inside the one process: Apache ActiveMQ Artemis with a synchronous journal, and the rules of who may publish and
 * subscribe where. {@code docker/mosquitto/acl} states the same rules for Mosquitto; change both together.
 */
package io.waymark.local.broker;
