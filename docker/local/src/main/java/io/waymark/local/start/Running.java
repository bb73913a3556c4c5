package io.waymark.local.start;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.home.Port;
import io.waymark.simulator.story.StoryConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;

/** An installation that another process of this machine runs, as commands beside it reach it: ports and token from the home. */
public final class Running {
    private final Home home;
    private final int httpPort;
    private final int mqttPort;
    private final String operatorToken;
    private final String ingestToken;

    private Running(Home home) throws CannotProceed {
        this.home = home;
        this.httpPort = Port.HTTP.of(home);
        this.mqttPort = Port.MQTT.of(home);
        Passwords passwords = new Passwords(home);
        this.operatorToken = Settings.operatorToken(passwords);
        this.ingestToken = passwords.secret("token.ingest");
    }

    /** Fails with one line when nothing runs on this home. */
    public static Running on(Home home) throws CannotProceed {
        if (!home.exists() || !home.isLocked()) {
            throw new CannotProceed("Waymark does not run on " + home.root() + ": start it first with  waymark run");
        }
        return new Running(home);
    }

    /** The token with which ingest hands readings to trace-service. */
    public String ingestToken() {
        return ingestToken;
    }

    /** For the simulator's tools: the demo fleet's folder beside the running fleet's own subfolders. */
    public StoryConfig storyConfig() {
        URI http = URI.create("http://127.0.0.1:" + httpPort);
        return new StoryConfig(
                home.data("fleet"), http, http, "tcp://127.0.0.1:" + mqttPort, null, operatorToken, 1, 0, false);
    }

    /** Where the console answers, seen from this machine. */
    public String consoleUrl() {
        return "http://localhost:" + httpPort + "/console";
    }

    /**
     * Asks trace-service with the operator's token.
     *
     * @param body JSON, null for none
     * @return the answer; a missing node when it has no body
     * @throws CannotProceed with the service's own words when it refuses, or when it does not answer
     */
    public JsonNode ask(String method, String path, JsonNode body) throws CannotProceed {
        HttpResponse<String> answer;
        try {
            answer = new Http("http://127.0.0.1:" + httpPort)
                    .ask(method, path, operatorToken, body == null ? null : body.toString());
        } catch (IOException e) {
            throw new CannotProceed("Waymark on port " + httpPort + " does not answer: " + e.getMessage(), e);
        }
        try {
            JsonNode json = new ObjectMapper().readTree(answer.body());
            if (answer.statusCode() / 100 == 2) {
                return json;
            }
            throw new CannotProceed(json.path("detail").asText(path + " was answered " + answer.statusCode()));
        } catch (IOException e) {
            throw new CannotProceed(path + " was answered " + answer.statusCode() + " without JSON", e);
        }
    }
}
