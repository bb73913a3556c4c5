package io.waymark.local.start;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.local.broker.EmbeddedBroker;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** trace-service's word on which devices the broker must not let in. */
final class DeviceStandings implements EmbeddedBroker.Standings {
    /** A revocation is promised to be in force within 60 s. */
    static final Duration EVERY = Duration.ofSeconds(10);

    private final Http http;
    private final String token;
    private final ObjectMapper json = new ObjectMapper();

    DeviceStandings(Http http, String token) {
        this.http = http;
        this.token = token;
    }

    @Override
    public Changes after(long after) throws IOException {
        HttpResponse<String> answer = http.ask("GET", "/api/devices/standings?after=" + after, token, null);
        if (answer.statusCode() != 200) {
            throw new IOException("/api/devices/standings answered " + answer.statusCode());
        }
        JsonNode body = json.readTree(answer.body());
        Map<String, Boolean> devices = new LinkedHashMap<>();
        for (JsonNode device : body.path("devices")) {
            devices.put(device.path("id").asText(), device.path("refused").asBoolean());
        }
        return new Changes(devices, body.path("after").asLong(after));
    }
}
