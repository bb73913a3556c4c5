package io.waymark.trace.custody;

import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.message.SignedMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From one signed step about a lot to the next: who had it, and where it was said to be. Times are the signers' claims.
 *
 * @param holder     slug of the organisation
 * @param place      as the step names it; empty when it does not
 * @param latE7      10^-7 degrees, null when the step tells no position; as {@code lonE7}
 * @param resting    whether it was at the place and not on its way
 * @param unit       SSCC path of the unit it was packed in, or null
 * @param fromMillis first ms of it
 * @param toMillis   first ms after it; {@link #OPEN} while no step followed
 */
public record Leg(
        String holder,
        String place,
        Long latE7,
        Long lonE7,
        boolean resting,
        String unit,
        long fromMillis,
        long toMillis) {
    /** After everything. */
    public static final long OPEN = Long.MAX_VALUE;

    private static final int MOST_STEPS = 5_000;

    private record Told(String tenant, PublicSummary step) {}

    /**
     * The legs of a lot by time, from the distinct steps of all its items. A lot that was split has legs at the same time: each item's own
     * are told
     * when {@code serial} is given. Empty when nothing is signed about it.
     */
    public static List<Leg> of(Connection c, String gtin, String lot, String serial) throws SQLException {
        List<Told> told = new ArrayList<>();
        for (Optional<Told> step : list(
                c,
                "SELECT s.wire, s.tenant_id FROM trace.step s WHERE s.digest IN (SELECT l.step_digest FROM trace.link l "
                        + "JOIN trace.traced_object o ON o.uri = l.uri WHERE o.gtin = ? AND o.lot = ? AND (o.serial = ?::text OR ?::text IS NULL)) "
                        + "ORDER BY s.event_time, s.received_at, s.digest LIMIT " + MOST_STEPS,
                r -> told(r.getBytes(1), r.getString(2)),
                gtin,
                lot,
                serial,
                serial)) {
            step.ifPresent(told::add);
        }
        List<Leg> legs = new ArrayList<>();
        Standing standing = Standing.fresh("", "", new byte[0]);
        for (int i = 0; i < told.size(); i++) {
            PublicSummary step = told.get(i).step;
            standing = standing.after(step, told.get(i).tenant, null);
            long to = i + 1 < told.size() ? told.get(i + 1).step.timeMillis() : OPEN;
            boolean over =
                    standing.state().equals(Standing.SOLD) || standing.state().equals(Standing.ENDED);
            if (!over && to > step.timeMillis()) {
                legs.add(new Leg(
                        standing.holder(),
                        step.place(),
                        step.latE7(),
                        step.lonE7(),
                        standing.state().equals(Standing.ACTIVE),
                        standing.parent() == null ? null : standing.parent().substring("https://id.gs1.org".length()),
                        step.timeMillis(),
                        to));
            }
        }
        return legs;
    }

    private static Optional<Told> told(byte[] wire, String tenant) {
        try {
            return SignedMessage.parse(wire)
                    .group(CustodyStep.SUMMARY)
                    .map(g -> new Told(tenant, CustodyStep.summary(g)));
        } catch (MalformedException | IllegalArgumentException damaged) {
            // Bytes that no longer say it: the passport tells that; here the step is as if it told nothing.
            return Optional.empty();
        }
    }
}
