package io.waymark.ingest.platform;

/** A service understood the request and will never accept it: sending the same again is useless. */
public final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    public Rejected(String service, int status, String answer) {
        super(service + ": HTTP " + status + " " + (answer.length() > 300 ? answer.substring(0, 300) : answer));
        this.status = status;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    public int status() {
        return status;
    }
}
