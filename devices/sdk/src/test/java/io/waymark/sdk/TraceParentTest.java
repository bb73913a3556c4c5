package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    /** The example of Trace Context §3.2.2. */
    private static final String EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @Test
    void readsWhatItWrites() {
        assertEquals(
                EXAMPLE, TraceParent.parse(EXAMPLE).map(TraceParent::toString).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01"
            })
    void anythingElseIsNone(String text) {
        assertEquals(Optional.empty(), TraceParent.parse(text));
    }

    @Test
    void isNoneAtAnyLength() {
        assertEquals(Optional.empty(), TraceParent.parse("0".repeat(60_000)));
    }

    @Test
    void isNoneAmongManyPropertiesOrWhenThereAreTwo() {
        assertEquals(EXAMPLE, String.valueOf(TraceParent.of(properties(1, 3))));
        assertNull(TraceParent.of(properties(2, 0)));
        assertNull(TraceParent.of(properties(1, 500)));
        assertNull(TraceParent.of(new MqttProperties()));
        assertNull(TraceParent.of((MqttProperties) null));
    }

    @Test
    void aMessageSentAgainBelongsToTheSameTrace() {
        byte[] wire = {1, 2, 3};
        assertEquals(TraceParent.begin(wire, 1), TraceParent.begin(wire, 1));
        assertTrue(TraceParent.begin(wire, 1).isPresent());
    }

    @Test
    void tracesTheShareThatIsAskedFor() {
        int traced = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] wire = {(byte) i, (byte) (i >> 8)};
            if (TraceParent.begin(wire, 0.25).isPresent()) traced++;
            assertEquals(Optional.empty(), TraceParent.begin(wire, 0));
        }
        assertTrue(traced > 2_300 && traced < 2_700, traced + " of 10000");
    }

    private static MqttProperties properties(int traceparents, int others) {
        List<UserProperty> all = new ArrayList<>();
        for (int i = 0; i < others; i++) all.add(new UserProperty("k" + i, "v"));
        for (int i = 0; i < traceparents; i++) all.add(new UserProperty(TraceParent.NAME, EXAMPLE));
        MqttProperties properties = new MqttProperties();
        properties.setUserProperties(all);
        return properties;
    }
}
