package io.waymark.web.edge;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** robots.txt, the favicon, and the browser verifier's scripts from the evidence jar. */
@Path("/")
@PermitAll
public class SmallFiles {
    private static final String SCRIPTS = "META-INF/waymark/verify/";
    // Passports of single items are for whoever holds the item; crawlers have no business there. The landing page may
    // be found.
    private static final String ROBOTS =
            "User-agent: *\nDisallow: /01/\nDisallow: /00/\nDisallow: /proof/\nDisallow: /qr/\nDisallow: /console\nDisallow: /report\nDisallow: /check\n";

    private record Script(byte[] bytes, String etag) {}

    private final Map<String, Script> scripts = new ConcurrentHashMap<>();

    @GET
    @Path("robots.txt")
    public Response robots() {
        return Response.ok(ROBOTS)
                .type("text/plain;charset=UTF-8")
                .header("Cache-Control", "public, max-age=86400")
                .build();
    }

    @GET
    @Path("favicon.svg")
    public Response favicon() throws IOException {
        try (InputStream in = SmallFiles.class.getResourceAsStream("favicon.svg")) {
            return Response.ok(in.readAllBytes())
                    .type("image/svg+xml")
                    .header("Cache-Control", "public, max-age=86400")
                    .build();
        }
    }

    /** Browsers that ask without being told get the same drawing; there is no .ico. */
    @GET
    @Path("favicon.ico")
    public Response ico() throws IOException {
        return favicon();
    }

    /** A module of the verifier. Short-lived in caches, so that modules of two releases are never mixed for long. */
    @GET
    @Path("verify/{name:[a-z0-9-]{1,40}}.js")
    public Response script(@PathParam("name") String name, @HeaderParam("If-None-Match") String known)
            throws IOException {
        Script script = scripts.get(name);
        if (script == null) {
            try (InputStream in =
                    Thread.currentThread().getContextClassLoader().getResourceAsStream(SCRIPTS + name + ".js")) {
                if (in == null) {
                    return Response.status(404).build();
                }
                byte[] bytes = in.readAllBytes();
                script = new Script(
                        bytes,
                        "\""
                                + Style.sha256(new String(bytes, StandardCharsets.UTF_8))
                                        .substring(0, 22) + "\"");
            }
            scripts.put(name, script);
        }
        boolean same = known != null && known.contains(script.etag());
        Response.ResponseBuilder response =
                same ? Response.notModified() : Response.ok(script.bytes()).type("text/javascript;charset=UTF-8");
        return response.header("ETag", script.etag())
                .header("Cache-Control", "public, max-age=300")
                .build();
    }
}
