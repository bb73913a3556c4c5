package io.waymark.web.upstream;

/** "Could not tell": trace-service or vision did not answer, answered too late, too much, or with 5xx. Never says anything about a code. */
public final class UpstreamUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UpstreamUnavailable(String what, Throwable cause) {
        super(what, cause);
    }

    public UpstreamUnavailable(String what) {
        super(what);
    }
}
