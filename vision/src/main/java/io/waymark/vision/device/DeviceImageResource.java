package io.waymark.vision.device;

import io.waymark.vision.access.Caller;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.vault.Digest;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** Where ingest puts device images. Repeating a request is harmless; the answer says what is still missing. */
@Path("/vision/images/{digest}")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed("service-ingest")
public class DeviceImageResource {
    private static final int MAX_MANIFEST = 64 * 1024;

    private final DeviceImages images;
    private final Caller caller;

    DeviceImageResource(DeviceImages images, Caller caller) {
        this.images = images;
        this.caller = caller;
    }

    /** Body: {@link Manifest}. Its tenant is the one the device is registered for, as ingest found it. */
    @PUT
    @Path("/manifest")
    @Consumes("application/cbor")
    public DeviceImages.Progress manifest(@PathParam("digest") String digest, InputStream body) throws IOException {
        Digest image = name(digest);
        Manifest manifest = Manifest.read(bounded(body, MAX_MANIFEST));
        Optional<String> header = caller.namedTenant();
        if (header.isPresent() && !header.get().equals(manifest.tenant())) {
            throw VisionProblem.malformed("the manifest is of another tenant than " + Caller.TENANT_HEADER);
        }
        return images.announce(image, manifest);
    }

    /**
     * Body: the chunk's bytes. With the tenant named, a chunk may come before its manifest. Without, it belongs to whoever
     * announced the image.
     */
    @PUT
    @Path("/chunks/{n: \\d{1,3}}")
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    public DeviceImages.Progress chunk(@PathParam("digest") String digest, @PathParam("n") int n, InputStream body)
            throws IOException {
        Digest image = name(digest);
        if (n >= Manifest.MAX_CHUNKS) {
            throw VisionProblem.malformed("an image has at most " + Manifest.MAX_CHUNKS + " chunks");
        }
        byte[] chunk = bounded(body, Manifest.MAX_CHUNK);
        if (chunk.length == 0) {
            throw VisionProblem.malformed("the chunk is empty");
        }
        Optional<String> tenant = caller.namedTenant();
        List<String> tenants = tenant.map(List::of).orElseGet(() -> images.awaiting(image));
        if (tenants.isEmpty()) {
            throw VisionProblem.unknown("no manifest announced this image; name the tenant in " + Caller.TENANT_HEADER);
        }
        DeviceImages.Progress progress = null;
        for (String each : tenants) {
            progress = images.chunk(each, image, n, chunk);
        }
        return progress;
    }

    private static Digest name(String digest) {
        return Digest.ofHex(digest).orElseThrow(() -> VisionProblem.malformed("the image's name is not a SHA-256"));
    }

    private static byte[] bounded(InputStream body, int most) throws IOException {
        byte[] bytes = body.readNBytes(most + 1);
        if (bytes.length > most) {
            throw VisionProblem.tooLarge("at most " + most + " bytes");
        }
        return bytes;
    }
}
