package io.waymark.trace.organisation;

import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;

/** An organisation's places. Posting one again with the same id changes it. */
@Path("/api/locations")
public class LocationResource {
    private final Tenant tenant;

    LocationResource(Tenant tenant) {
        this.tenant = tenant;
    }

    /** Latitude and longitude in degrees, WGS 84; both or none. */
    public record Place(String id, String name, Double lat, Double lon, String kind) {}

    @POST
    @Transactional
    @RolesAllowed({"producer", "administrator"})
    public Place put(Place place) {
        Input.body(place);
        String id = Input.needed("id", place.id(), 80);
        Location row = Location.findById(new Location.Key(tenant.required(), id));
        boolean known = row != null;
        if (!known) {
            row = new Location();
            row.tenantId = tenant.required();
            row.id = id;
        }
        row.name = Input.needed("name", place.name(), 200);
        row.kind = Input.optional("kind", place.kind(), 40);
        row.lat = degrees("lat", place.lat(), 90);
        row.lon = degrees("lon", place.lon(), 180);
        if ((row.lat == null) != (row.lon == null)) {
            throw Problem.malformed("lat and lon come together");
        }
        if (!known) {
            row.persist();
        }
        return place;
    }

    @GET
    @Transactional
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Place> all(@BeanParam Paging paging) {
        tenant.required();
        return Location.<Location>find("order by id").page(paging.page(), paging.size()).stream()
                .map(l -> new Place(l.id, l.name, l.lat, l.lon, l.kind))
                .toList();
    }

    private static Double degrees(String name, Double value, int most) {
        if (value != null && !(Math.abs(value) <= most)) {
            throw Problem.malformed(name + " is between -" + most + " and " + most);
        }
        return value;
    }
}
