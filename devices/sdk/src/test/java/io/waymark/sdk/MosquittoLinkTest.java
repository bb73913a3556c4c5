package io.waymark.sdk;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The same claims on Mosquitto; skipped where it is not installed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MosquittoLinkTest extends MqttLinkTest {
    @Override
    AutoCloseable start(int port, Path folder) throws Exception {
        return Mosquitto.start(port, folder);
    }

    /** 2.0.11 was seen to send seven of eight messages into a window of four, and two for one PUBACK into a window of twenty. */
    @Override
    boolean keepsToTheReceiveMaximum() {
        return false;
    }

    @BeforeAll
    @Override
    void startBroker() throws Exception {
        assumeTrue(Mosquitto.installed(), "mosquitto is not on this machine: the claims about it are not tried");
        super.startBroker();
    }

    /** Its access list has no say about subscriptions: what is forbidden is silently never delivered. */
    @Test
    @Override
    void aDeniedSubscriptionKeepsTheLinkDownAndSaysWhy() {}

    /** Of Paho's threads, not of a broker: once is enough. */
    @Test
    @Override
    void reconnectingLeavesNoThreadsBehind() {}
}
