package io.waymark.vision.photo;

import io.waymark.vision.access.Caller;
import io.waymark.vision.intake.ImageRefusedException;
import io.waymark.vision.intake.Intake;
import io.waymark.vision.problem.VisionProblem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Registering photographs and counting them. There is no way to get a picture back. */
@Path("/vision/photos")
@Produces(MediaType.APPLICATION_JSON)
public class PhotoResource {
    private final Photos photos;
    private final Caller caller;

    PhotoResource(Photos photos, Caller caller) {
        this.photos = photos;
        this.caller = caller;
    }

    /**
     * @param quality     variance of the Laplacian; what is too low is refused, higher is sharper
     * @param ledgerIndex where the ledger has the digest
     */
    public record Taken(String digest, int keyPoints, double quality, Long ledgerIndex) {}

    /** @param ledgerIndex null for a device's image: the ledger has its signed manifest */
    public record Listed(String digest, String registeredAt, Long ledgerIndex) {}

    public record Count(int count) {}

    @POST
    @RolesAllowed({"producer", "service-operator"})
    @Consumes({"image/jpeg", "image/png", MediaType.APPLICATION_OCTET_STREAM})
    public Response register(@QueryParam("uri") String uri, InputStream body) throws IOException {
        ObjectUri object = ObjectUri.of(uri);
        String tenant = caller.tenant();
        byte[] image = Intake.read(body);
        Photos.Registration registration;
        try {
            registration = photos.register(tenant, object, image, null);
        } catch (ImageRefusedException e) {
            throw VisionProblem.unusableImage(e.getMessage());
        }
        double quality = Math.round(registration.sharpness() * 10) / 10.0;
        return Response.status(registration.fresh() ? 201 : 200)
                .entity(new Taken(
                        registration.digest().toString(),
                        registration.keyPoints(),
                        quality,
                        registration.ledgerIndex()))
                .build();
    }

    @GET
    @RolesAllowed({"producer", "viewer", "administrator", "service-operator", "service-web"})
    public List<Listed> list(@QueryParam("uri") String uri) {
        return visible(ObjectUri.of(uri)).stream()
                .map(photo -> new Listed(
                        photo.digest().toString(), photo.registeredAt().toString(), photo.ledgerIndex()))
                .toList();
    }

    /** How many; a page asks this to decide whether to offer the photograph check. */
    @GET
    @Path("/count")
    @RolesAllowed({"producer", "viewer", "administrator", "service-operator", "service-web"})
    public Count count(@QueryParam("uri") String uri) {
        return new Count(visible(ObjectUri.of(uri)).size());
    }

    /** An organisation sees its own; a service that names no tenant sees whatever the object has. */
    private List<Photos.Registered> visible(ObjectUri object) {
        if (!caller.isService()) {
            return photos.of(caller.tenant(), object);
        }
        return caller.namedTenant().map(tenant -> photos.of(tenant, object)).orElseGet(() -> photos.ofAnyone(object));
    }
}
