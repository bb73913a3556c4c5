package io.waymark.simulator.world;

/**
 * A place of the story.
 *
 * @param name as a person would say it
 * @param lat degrees north, WGS 84
 * @param lon degrees east, WGS 84
 */
public record Place(String name, double lat, double lon) {
    /** Mean Earth radius, kilometres (IUGG). */
    private static final double EARTH_KM = 6371.0088;

    public Place {
        if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) {
            throw new IllegalArgumentException("place \"" + name + "\" is not on Earth: " + lat + ", " + lon);
        }
    }

    /** Great-circle distance in kilometres (haversine). */
    public double kilometresTo(Place other) {
        double dLat = Math.toRadians(other.lat - lat);
        double dLon = Math.toRadians(other.lon - lon);
        double a = Math.pow(Math.sin(dLat / 2), 2)
                + Math.cos(Math.toRadians(lat)) * Math.cos(Math.toRadians(other.lat)) * Math.pow(Math.sin(dLon / 2), 2);
        return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
    }

    /** The point {@code share} (0–1) of the way to {@code other}; linear in degrees, good enough between waypoints 300 km apart. */
    Place towards(Place other, double share) {
        return new Place(name, lat + (other.lat - lat) * share, lon + (other.lon - lon) * share);
    }
}
