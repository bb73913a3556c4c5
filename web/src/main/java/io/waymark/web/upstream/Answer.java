package io.waymark.web.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;

/** An upstream's answer below 500, whole: status and body (at most the caller's bound). The body is owned by the receiver. */
public record Answer(int status, byte[] body) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public boolean ok() {
        return status >= 200 && status < 300;
    }

    /** The body as JSON; a missing node when the body is empty. */
    public JsonNode json() {
        if (body.length == 0) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new UpstreamUnavailable("upstream answered " + status + " with something that is not JSON", e);
        }
    }

    /** The body as a record that ignores unknown members. */
    public <T> T as(Class<T> type) {
        try {
            return JSON.treeToValue(json(), type);
        } catch (IOException e) {
            throw new UpstreamUnavailable("upstream's JSON is not a " + type.getSimpleName(), e);
        }
    }

    /** What to tell the user about a refusal: the problem's {@code detail}, else its {@code title}, else the status. */
    public String refusal() {
        if (body.length > 0 && body[0] == '{') {
            JsonNode problem = json();
            for (String member : new String[] {"detail", "title"}) {
                if (problem.path(member).isTextual()) {
                    return problem.path(member).asText();
                }
            }
        }
        return "refused with status " + status;
    }
}
