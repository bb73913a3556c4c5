package io.waymark.vision.device;

import io.waymark.vision.access.Caller;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.HexFormat;
import java.util.List;

/** What became of the images that a device announced: for the people of its organisation. */
@Path("/vision/devices/{device: [0-9a-f]{32}}/images")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed({"producer", "viewer", "administrator"})
public class AnnouncedImages {
    private final DeviceImages images;
    private final Caller caller;

    AnnouncedImages(DeviceImages images, Caller caller) {
        this.images = images;
        this.caller = caller;
    }

    @GET
    public List<DeviceImages.Announced> newest(@PathParam("device") String device) {
        return images.newest(caller.tenant(), HexFormat.of().parseHex(device));
    }
}
