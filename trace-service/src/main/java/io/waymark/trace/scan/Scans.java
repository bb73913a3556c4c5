package io.waymark.trace.scan;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.trace.organisation.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * Scans per item. A copied label shows as one serial in many hands: the rule is simple on purpose and only ever a caution, because a gift, a
 * holiday or a shared photo of the code looks the same.
 */
@ApplicationScoped
public class Scans {
    /** This many devices in {@link #SUSPICIOUS_COUNTRIES} countries are suspicious for one item. */
    static final int SUSPICIOUS_DEVICES = 3;

    static final int SUSPICIOUS_COUNTRIES = 2;

    private static final int MOST_PER_ITEM = 10_000;

    private final Database database;

    Scans(Database database) {
        this.database = database;
    }

    /**
     * @param abroadAfterSale devices that scanned the item after it was sold, in another country than the seller's
     */
    public record Seen(long total, long phones, long countries, long abroadAfterSale, Instant first) {
        /** Whether the label may have been copied. */
        public boolean suspicious() {
            return phones >= SUSPICIOUS_DEVICES && countries >= SUSPICIOUS_COUNTRIES || abroadAfterSale > 0;
        }
    }

    /**
     * Records a scan; does nothing for a code we do not know (the caller must not learn that from us), for the same device within ten minutes,
     * and once an item has {@value #MOST_PER_ITEM} scans.
     */
    public void record(String uri, String device, String country, Instant at) {
        record Item(String maker, boolean sold) {}
        Optional<Item> item = database.passport(c -> first(
                c,
                "SELECT tenant_id, state = 'sold' AND last_time <= ? AS sold FROM trace.traced_object WHERE uri = ? AND last_n >= 0",
                r -> new Item(r.getString(1), r.getBoolean(2)),
                at,
                uri));
        item.ifPresent(i -> database.asTenant(
                i.maker(),
                c -> run(
                        c,
                        "INSERT INTO trace.scan (tenant_id, uri, device, country, after_sale, at) SELECT ?, ?, ?, ?, ?, ? "
                                + "WHERE NOT EXISTS (SELECT 1 FROM trace.scan WHERE uri = ? AND device = ? AND at BETWEEN ?::timestamptz - interval '10 minutes' AND ?) "
                                + "AND (SELECT count(*) FROM trace.scan WHERE uri = ?) < " + MOST_PER_ITEM,
                        i.maker(),
                        uri,
                        device,
                        country,
                        i.sold(),
                        at,
                        uri,
                        device,
                        at,
                        at,
                        uri)));
    }

    /** What was seen of an item; {@code sellerCountry} may be null. Runs on the passport's connection. */
    public static Seen of(Connection c, String uri, String sellerCountry) throws SQLException {
        return first(
                        c,
                        "SELECT count(*) AS total, count(DISTINCT device) AS phones, count(DISTINCT country) AS countries, "
                                + "count(DISTINCT device) FILTER (WHERE after_sale AND country <> ?::text) AS abroad, min(at) AS first "
                                + "FROM trace.scan WHERE uri = ?",
                        r -> new Seen(
                                r.getLong("total"),
                                r.getLong("phones"),
                                r.getLong("countries"),
                                r.getLong("abroad"),
                                instant(r, "first")),
                        sellerCountry,
                        uri)
                .orElseThrow();
    }
}
