package io.waymark.web.console;

import io.quarkus.security.identity.SecurityIdentity;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Who is logged in, as the pages' frame shows it. {@code page} is the entry of the navigation that is open. */
public record Person(String page, String name, String organisation, boolean writes, boolean administers, String csrf) {
    static final String TOKEN = "waymark.console.token";
    static final String ORGANISATION = "waymark.console.organisation";

    static Person of(SecurityIdentity identity, String page) {
        String organisation = identity.getAttribute(ORGANISATION);
        return new Person(
                page,
                identity.getPrincipal().getName(),
                organisation == null ? "" : organisation,
                identity.hasRole("producer") || identity.hasRole("administrator"),
                identity.hasRole("administrator"),
                csrf(identity.getAttribute(TOKEN)));
    }

    /**
     * The token that every form of a session carries. Derived from the session's own secret, which no other site can read, so nothing needs
     * to be stored and a restart breaks no open form.
     */
    static String csrf(String session) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(session.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of()
                    .formatHex(mac.doFinal("waymark console form".getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
