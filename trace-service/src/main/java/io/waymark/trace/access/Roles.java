package io.waymark.trace.access;

/** The roles, as they stand in {@code @RolesAllowed}. */
public final class Roles {
    public static final String ADMINISTRATOR = "administrator";
    public static final String PRODUCER = "producer";
    public static final String VIEWER = "viewer";
    public static final String SERVICE_INGEST = "service-ingest";
    public static final String SERVICE_WEB = "service-web";
    public static final String SERVICE_VISION = "service-vision";
    public static final String SERVICE_OPERATOR = "service-operator";

    private Roles() {}
}
