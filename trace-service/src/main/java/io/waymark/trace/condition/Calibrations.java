package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** Calibration certificates of the organisations' devices: their digests and how long they are valid, as their owner entered them. */
@ApplicationScoped
public class Calibrations {
    private final Database database;

    Calibrations(Database database) {
        this.database = database;
    }

    /**
     * Adds a certificate. The same again is no change.
     *
     * @throws Problem 404 when the tenant has no such device, 409 when it is known with other dates
     */
    public void add(String tenant, byte[] stream, byte[] digest, Instant from, Instant until, String author) {
        database.asTenant(tenant, c -> {
            if (first(
                            c,
                            "SELECT 1 FROM trace.stream WHERE id = ? AND tenant_id = ? AND role = 'device'",
                            r -> 1,
                            stream,
                            tenant)
                    .isEmpty()) {
                throw Problem.notFound("no such device");
            }
            int added = run(
                    c,
                    "INSERT INTO trace.calibration (tenant_id, stream_id, digest, valid_from, valid_until, author) VALUES (?, ?, ?, ?, ?, ?) "
                            + "ON CONFLICT DO NOTHING",
                    tenant,
                    stream,
                    digest,
                    from,
                    until,
                    author);
            if (added > 0) {
                String device = HexFormat.of().formatHex(stream);
                run(
                        c,
                        "DELETE FROM trace.condition_due WHERE tenant_id = ? AND about = 'device' AND subject = ?",
                        tenant,
                        device);
                run(
                        c,
                        "INSERT INTO trace.condition_due (tenant_id, about, subject) VALUES (?, 'device', ?)",
                        tenant,
                        device);
                return null;
            }
            return first(
                            c,
                            "SELECT 1 FROM trace.calibration WHERE tenant_id = ? AND stream_id = ? AND digest = ? AND valid_from = ? AND valid_until = ?",
                            r -> 1,
                            tenant,
                            stream,
                            digest,
                            from,
                            until)
                    .orElseThrow(() -> Problem.conflict(
                            "calibration-known", "this certificate is entered with other dates; it has one validity"));
        });
    }

    /** A device's, newest first. */
    public List<Calibration> of(String tenant, byte[] stream) {
        return database.asTenant(tenant, c -> of(c, tenant, stream));
    }

    static List<Calibration> of(Connection c, String tenant, byte[] stream) throws SQLException {
        return list(
                c,
                "SELECT encode(stream_id, 'hex') AS device, encode(digest, 'hex') AS digest, valid_from, valid_until FROM trace.calibration "
                        + "WHERE tenant_id = ? AND stream_id = ? ORDER BY valid_from DESC, digest LIMIT 1000",
                r -> new Calibration(
                        r.getString(1),
                        r.getString(2),
                        Database.instant(r, "valid_from").toEpochMilli(),
                        Database.instant(r, "valid_until").toEpochMilli()),
                tenant,
                stream);
    }
}
