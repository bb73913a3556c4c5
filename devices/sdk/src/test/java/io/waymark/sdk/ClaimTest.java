package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The device's side of a claim, against answers as trace-service gives them (its ClaimTest gives them to this body). */
class ClaimTest {
    @TempDir
    Path folder;

    @Test
    void waitsForAPersonAndKeepsItsPlace() throws Exception {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        List<String> bodies = new CopyOnWriteArrayList<>();
        AtomicInteger answers = new AtomicInteger();
        HttpServer trace = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        trace.createContext("/api/admissions/claims", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            boolean approved = answers.incrementAndGet() == 3;
            byte[] answer = (approved
                            ? "{\"id\":\"" + keys.idHex() + "\",\"index\":12,\"topic\":\"v1/acme/hall/" + keys.idHex()
                                    + "\",\"mqttPassword\":\"00ff\"}"
                            : answers.get() == 1 ? "{\"type\":\"claim-refused\"}" : "{\"state\":\"waiting\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(approved ? 200 : answers.get() == 1 ? 404 : 202, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        trace.start();
        try {
            URI url = URI.create("http://127.0.0.1:" + trace.getAddress().getPort());
            RegistrationException refused = assertThrows(
                    RegistrationException.class,
                    () -> Registration.claim(folder, keys, url, "O1234-56789", "device", Duration.ofSeconds(1)));
            assertTrue(refused.getMessage().contains("404"), refused.getMessage());

            Registration place =
                    Registration.claim(folder, keys, url, " o1234-56789 ", "device", Duration.ofMinutes(1));
            assertEquals("v1/acme/hall/" + keys.idHex(), place.topicPrefix());
            assertTrue(bodies.get(0).contains("\"code\":\"0123456789\""), bodies.get(0));
            assertEquals(bodies.get(1), bodies.get(2), "the same again while it waits");
            assertEquals(place, Registration.claim(folder, keys, url, "any", "device", Duration.ZERO), "asked no more");
            assertEquals(3, answers.get());
        } finally {
            trace.stop(0);
        }
    }
}
