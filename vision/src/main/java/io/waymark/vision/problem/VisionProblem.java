package io.waymark.vision.problem;

import io.vertx.core.http.HttpServerResponse;

/** An answer other than success, in the words of RFC 9457. The name is stable; the detail is for people. */
public class VisionProblem extends RuntimeException {
    private final int status;
    private final String name;
    private final String title;
    private final int retryAfterSeconds;

    private VisionProblem(int status, String name, String title, String detail, int retryAfterSeconds) {
        super(detail);
        this.status = status;
        this.name = name;
        this.title = title;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** 400: the request itself is malformed. */
    public static VisionProblem malformed(String detail) {
        return new VisionProblem(400, "malformed-request", "The request is malformed", detail, 0);
    }

    /** 404: nothing of that name is kept here for this caller. */
    public static VisionProblem unknown(String detail) {
        return new VisionProblem(404, "unknown", "Not known here", detail, 0);
    }

    /** 403: the caller is known but this is not theirs to do. */
    public static VisionProblem forbidden(String detail) {
        return new VisionProblem(403, "not-permitted", "Not permitted", detail, 0);
    }

    /** 409: contradicts what is already kept. */
    public static VisionProblem conflict(String detail) {
        return new VisionProblem(409, "conflict", "Contradicts what is kept", detail, 0);
    }

    /** 413: more bytes than this service reads. */
    public static VisionProblem tooLarge(String detail) {
        return new VisionProblem(413, "too-large", "Too many bytes", detail, 0);
    }

    /** 422: bytes that are not an image this service is willing to decode, or a picture nobody could be compared with. */
    public static VisionProblem unusableImage(String reason) {
        return new VisionProblem(422, "unusable-image", "The image cannot be used", reason, 0);
    }

    /** 503 with Retry-After: try the same request again. */
    public static VisionProblem busy(String detail) {
        return new VisionProblem(503, "busy", "Busy, try again", detail, 5);
    }

    /** 507: a bound on stored bytes is reached. */
    public static VisionProblem full(String detail) {
        return new VisionProblem(507, "quota-reached", "A storage bound is reached", detail, 0);
    }

    /** What a status says when nobody has said more. */
    public static VisionProblem ofStatus(int status) {
        return switch (status) {
            case 400 -> malformed("the body or a parameter cannot be read as what this path takes");
            case 401 ->
                new VisionProblem(
                        401, "unauthorized", "Who are you?", "send a valid token as Authorization: Bearer", 0);
            case 403 -> forbidden("the caller's role may not do this");
            case 404 -> unknown("nothing here");
            case 405 ->
                new VisionProblem(405, "method-not-allowed", "Method not allowed", "this path has other methods", 0);
            case 406 ->
                new VisionProblem(
                        406, "not-acceptable", "Not acceptable", "this path has no such media type to give", 0);
            case 413 -> tooLarge("the body is longer than allowed");
            case 415 ->
                new VisionProblem(
                        415,
                        "unsupported-media-type",
                        "Unsupported media type",
                        "this path takes other media types",
                        0);
            case 503 -> busy("what is needed to answer cannot be reached");
            default ->
                status < 500
                        ? new VisionProblem(status, "refused", "The request is refused", "status " + status, 0)
                        : new VisionProblem(
                                status, "failed", "The request failed", "the failure is ours, not the request's", 0);
        };
    }

    /** Sends this as the answer, outside of any endpoint. Only for details that need no escaping in JSON. */
    public void answer(HttpServerResponse response) {
        if (status == 401) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        if (retryAfterSeconds > 0) {
            response.putHeader("Retry-After", Integer.toString(retryAfterSeconds));
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end("{\"type\":\"" + body().type + "\",\"title\":\"" + title + "\",\"status\":" + status
                        + ",\"detail\":\"" + getMessage() + "\"}");
    }

    /** Whether the same request may succeed later. */
    public boolean isTemporary() {
        return retryAfterSeconds > 0;
    }

    int status() {
        return status;
    }

    int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    Body body() {
        return new Body("https://waymark.io/problems/" + name, title, status, getMessage());
    }

    record Body(String type, String title, int status, String detail) {}
}
