package io.waymark.trace.problem;

import io.vertx.core.http.HttpServerResponse;

/**
 * A request's failure as the caller will read it: {@code application/problem+json} with a stable type.
 * The title never varies for one name; the detail says what is wrong this time.
 */
public class Problem extends RuntimeException {
    private static final String TYPES = "https://waymark.io/problems/";

    private final int status;
    private final String name;
    private final String title;
    private final int retryAfterSeconds;

    public Problem(int status, String name, String title, String detail) {
        this(status, name, title, detail, 0);
    }

    /**
     * @param status HTTP status
     * @param name   last part of the type URI, kebab-case, stable for ever
     * @param detail one sentence for the caller; no secrets, no other tenant's facts
     * @param retryAfterSeconds when the same request may succeed; 0 = no such time is known
     */
    public Problem(int status, String name, String title, String detail, int retryAfterSeconds) {
        super(detail);
        this.status = status;
        this.name = name;
        this.title = title;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public int status() {
        return status;
    }

    public String name() {
        return name;
    }

    int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    Body body() {
        return new Body(TYPES + name, title, status, getMessage());
    }

    /** 400: the request cannot be understood. */
    public static Problem malformed(String detail) {
        return new Problem(400, "malformed", "The request is malformed", detail);
    }

    /** 404: no such thing, or none the caller may see. */
    public static Problem notFound(String detail) {
        return new Problem(404, "not-found", "Not found", detail);
    }

    /** 409: contradicts what is stored. */
    public static Problem conflict(String name, String detail) {
        return new Problem(409, name, "This contradicts what is stored", detail);
    }

    /** 503: the same request may succeed in a second. */
    public static Problem busy(String detail) {
        return new Problem(503, "busy", "Try again", detail, 1);
    }

    /** What a status says when nobody has said more. */
    public static Problem ofStatus(int status) {
        return switch (status) {
            case 400 -> malformed("the body or a parameter cannot be read as what this path takes");
            case 401 -> new Problem(401, "unauthorized", "Who are you?", "send a valid token as Authorization: Bearer");
            case 403 -> new Problem(403, "forbidden", "Not allowed", "the caller's role may not do this");
            case 404 -> notFound("nothing here");
            case 405 -> new Problem(405, "method-not-allowed", "Method not allowed", "this path has other methods");
            case 406 ->
                new Problem(406, "not-acceptable", "Not acceptable", "this path has no such media type to give");
            case 413 -> new Problem(413, "too-large", "The request is too large", "the body is longer than allowed");
            case 415 ->
                new Problem(
                        415, "unsupported-media-type", "Unsupported media type", "this path takes other media types");
            default ->
                status < 500
                        ? new Problem(status, "refused", "The request is refused", "status " + status)
                        : new Problem(status, "failed", "The request failed", "the failure is ours, not the request's");
        };
    }

    /** Sends this as the answer where no endpoint does. Only for details that need no escaping in JSON. */
    public void answer(HttpServerResponse response) {
        if (status == 401) {
            response.putHeader("WWW-Authenticate", OurPaths.CHALLENGE);
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end("{\"type\":\"" + TYPES + name + "\",\"title\":\"" + title + "\",\"status\":" + status
                        + ",\"detail\":\"" + getMessage() + "\"}");
    }

    /** The JSON of a problem. */
    public record Body(String type, String title, int status, String detail) {}
}
