package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway signs for sensors and says so. */
class GatewayTest {
    @TempDir
    Path folder;

    @Test
    void everySensorIsADeviceOfItsOwnWhoseKeyTheGatewayKeeps() throws Exception {
        List<String> registered = new CopyOnWriteArrayList<>();
        HttpServer trace = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        trace.createContext("/api/devices", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            registered.add(body);
            Matcher id = Pattern.compile("\"id\":\"([0-9a-f]{32})\"").matcher(body);
            assertTrue(id.find());
            byte[] answer = ("{\"index\":3,\"topic\":\"v1/acme/hall-2/" + id.group(1) + "\",\"mqttPassword\":\"00\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        trace.start();
        try {
            URI url = URI.create("http://127.0.0.1:" + trace.getAddress().getPort());
            String nobody = "tcp://127.0.0.1:" + MqttLinkTest.freePort();
            String first;
            try (Gateway gateway = Gateway.open(folder, url, "key", place -> DeviceConfig.of(nobody, place))) {
                Gateway.Sensor shelf = gateway.sensor("C4:7C:8D:6A:12:34", "hall-2", "Shelf 7", "BLE thermometer");
                Gateway.Sensor door = gateway.sensor("cloud/acme/000123", "hall-2", "Door", "cloud thermometer");
                assertSame(shelf, gateway.sensor("C4:7C:8D:6A:12:34", "hall-2", "Shelf 7", "BLE thermometer"));
                assertNotEquals(shelf.device().id(), door.device().id());
                assertEquals(2, registered.size());
                for (String body : registered) {
                    assertTrue(body.contains("\"keeper\":\"gateway\""), body);
                    assertTrue(!body.contains("C4:7C") && !body.contains("000123"), "its address stays here");
                }
                shelf.read(Observation.of(Quantity.TEMPERATURE.of(4.1)));
                assertEquals(3, door.readNewer(List.of(at(3), at(1), at(2))));
                assertEquals(1, door.readNewer(List.of(at(1), at(2), at(3), at(4))));
                assertEquals(1 + 4, door.device().status().pendingMessages());
                assertThrows(
                        NullPointerException.class,
                        () -> door.readNewer(List.of(Observation.of(Quantity.TEMPERATURE.of(1)))));
                assertThrows(IllegalArgumentException.class, () -> gateway.sensor(" ", "hall-2", "x", "y"));
                first = door.device().id();
            }
            try (Gateway gateway = Gateway.open(folder, url, "key", place -> DeviceConfig.of(nobody, place))) {
                Gateway.Sensor door = gateway.sensor("cloud/acme/000123", "hall-2", "Door", "cloud thermometer");
                assertEquals(first, door.device().id());
                assertEquals(0, door.readNewer(List.of(at(1), at(4))), "signed before the restart");
                assertEquals(2, registered.size());
            }
        } finally {
            trace.stop(0);
        }
    }

    private static Observation at(int minute) {
        return Observation.of(Quantity.TEMPERATURE.of(minute)).at(1_790_000_000_000L + minute * 60_000L);
    }
}
