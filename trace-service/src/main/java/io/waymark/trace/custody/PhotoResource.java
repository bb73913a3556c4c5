package io.waymark.trace.custody;

import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;

/** For vision: whose photographs of an object count, and their digests into the ledger. */
@Path("/api/photos")
@RolesAllowed("service-vision")
public class PhotoResource {
    private final PhotoStatements photos;

    PhotoResource(PhotoStatements photos) {
        this.photos = photos;
    }

    /** Digest: SHA-256 of the file, lower-case hex. */
    record Photo(String uri, String digest) {}

    /** Index of the statement in the ledger. */
    public record Stated(long index) {}

    /** Slug of the organisation that made the object. */
    public record Maker(String organisation) {}

    /** The same photograph again answers the same index. */
    @POST
    public Stated state(@HeaderParam("X-Waymark-Tenant") String tenant, Photo photo) {
        if (!Tenant.isName(tenant)) {
            throw Problem.malformed("X-Waymark-Tenant names the organisation this is done for");
        }
        byte[] digest = Input.hex("digest", Input.body(photo).digest(), 32);
        return new Stated(photos.index(tenant, object(photo.uri()), digest));
    }

    @GET
    @Path("/maker")
    public Maker maker(@QueryParam("uri") String uri) {
        return new Maker(photos.maker(object(uri)));
    }

    private static ObjectUri object(String uri) {
        return ObjectUri.parse(uri)
                .filter(u -> u.kind() != ObjectUri.Kind.TRADE_ITEM)
                .orElseThrow(() -> Problem.malformed("uri is not that of an item, a batch or a logistic unit"));
    }
}
