package io.waymark.local.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.local.CannotProceed;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortTest {
    @TempDir
    Path folder;

    @AfterEach
    void forget() {
        System.clearProperty("waymark.mqtt.port");
        System.clearProperty("waymark.mqtts.port");
    }

    @Test
    void theTlsListenerIsThereOnlyWhereItWasAskedForUntilZeroEndsIt() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        assertFalse(Port.MQTTS.asked(home));
        System.setProperty("waymark.mqtts.port", "18884");
        assertTrue(Port.MQTTS.asked(home));
        Port.MQTTS.remember(home, Port.MQTTS.of(home));
        System.clearProperty("waymark.mqtts.port");
        assertTrue(Port.MQTTS.asked(home));
        assertEquals(18884, Port.MQTTS.of(home));
        System.setProperty("waymark.mqtts.port", "0");
        assertFalse(Port.MQTTS.asked(home));
        Port.MQTTS.forget(home);
        System.clearProperty("waymark.mqtts.port");
        assertFalse(Port.MQTTS.asked(home));
    }

    @Test
    void portInUseGivesOneLineNamingPortAndProperty() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CannotProceed refused = assertThrows(
                    CannotProceed.class,
                    () -> Port.HTTP.requireFree(other.getLocalPort(), InetAddress.getLoopbackAddress()));
            assertEquals(1, refused.getMessage().lines().count());
            assertTrue(
                    refused.getMessage().contains("port " + other.getLocalPort() + " (waymark.http.port) is in use"));
        }
    }

    @Test
    void namedPortIsRememberedWithTheData() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        System.setProperty("waymark.mqtt.port", "18999");
        Port.MQTT.remember(home, Port.MQTT.of(home));
        System.clearProperty("waymark.mqtt.port");
        assertEquals(18999, Port.MQTT.of(home));
    }

    @Test
    void aPortThatNobodyFoundFreeIsNotRemembered() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        System.setProperty("waymark.mqtt.port", "18999");
        assertEquals(18999, Port.MQTT.of(home));
        System.clearProperty("waymark.mqtt.port");
        assertEquals(1883, Port.MQTT.of(home));
    }

    @Test
    void refusesANumberThatIsNoPort() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        System.setProperty("waymark.mqtt.port", "70000");
        CannotProceed refused = assertThrows(CannotProceed.class, () -> Port.MQTT.of(home));
        assertEquals("waymark.mqtt.port=70000 is not a port (1 to 65535)", refused.getMessage());
    }
}
