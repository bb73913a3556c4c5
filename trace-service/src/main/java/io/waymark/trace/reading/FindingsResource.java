package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** What a device's own numbering, chain and clock show: the owner sees it, whoever is to blame. */
@Path("/api/devices/{id}/findings")
public class FindingsResource {
    private static final int MOST = 200;

    private final Tenant tenant;
    private final AgroalDataSource ofTenant;

    FindingsResource(Tenant tenant, AgroalDataSource ofTenant) {
        this.tenant = tenant;
        this.ofTenant = ofTenant;
    }

    /**
     * Numbers that did not come, or came late.
     *
     * @param state  open (noticed), asked (the device was asked for them), missing (the log says so, at {@code index}), declared (by the device,
     *               at {@code index}), late (missing at {@code index}, and here since)
     * @param reason what the device gave as its reason, in declared ones: 0 unspecified, 1 store lost, 2 let go after a receipt
     */
    public record Gap(
            long epoch,
            long from,
            long to,
            String state,
            Instant noticedAt,
            Instant askedAt,
            Long index,
            Long reason) {}

    /** A message whose predecessor is another than it says. */
    public record ChainBreak(long epoch, long seq, long index) {}

    /** A second message under one number; {@code firstIndex} is the one that counts. */
    public record Equivocation(long epoch, long seq, long index, long firstIndex, String kid, Instant receivedAt) {}

    /** A key of which nothing new is taken after this place. */
    public record Held(String kid, long epoch, long seq, Instant since) {}

    /**
     * A message whose time does not fit.
     *
     * @param time      what the device says
     * @param notBefore when the receipt was signed that the message names; null when nobody knows
     * @param notAfter  when the message came
     * @param marks     ahead-of-arrival, before-predecessor, before-anchor
     */
    public record Clock(
            long epoch, long seq, long index, Instant time, Instant notBefore, Instant notAfter, List<String> marks) {}

    /** A refused message that an operator took after all. */
    public record Admitted(
            long epoch, long seq, long index, String refusedAs, String reason, String by, Instant admittedAt) {}

    /** All of it, the newest {@value MOST} of each kind. */
    public record Findings(
            List<Gap> gaps,
            List<ChainBreak> chainBreaks,
            List<Equivocation> equivocations,
            List<Held> held,
            List<Clock> clocks,
            List<Admitted> admissions) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed({"producer", "viewer", "administrator"})
    public Findings findings(@PathParam("id") String id) {
        tenant.required();
        byte[] device = Input.hex("id", id, 16);
        if (list(device, "SELECT 1 FROM stream WHERE id = ? AND role = 'device' LIMIT " + MOST, row -> true)
                .isEmpty()) {
            throw Problem.notFound("no such device");
        }
        return new Findings(
                list(
                        device,
                        """
                        SELECT * FROM (
                          SELECT g.epoch, g.first, g.last, CASE WHEN g.declared_index IS NOT NULL THEN 'declared'
                                   WHEN g.missing_index IS NOT NULL THEN 'missing' WHEN g.asked_at IS NOT NULL THEN 'asked' ELSE 'open' END
                                   AS state,
                                 g.noticed_at, g.asked_at, coalesce(g.declared_index, g.missing_index) AS index,
                                 (SELECT min(d.reason) FROM declared_gap d WHERE d.stream_id = g.stream_id AND d.epoch = g.epoch
                                    AND d.first <= g.last AND d.last >= g.first) AS reason, g.stream_id
                          FROM sequence_gap g
                          UNION ALL
                          SELECT e.epoch, e.first, e.last, 'late', e.noticed_at, NULL, e.ledger_index, NULL, e.stream_id FROM gap_entry e
                          WHERE NOT EXISTS (SELECT FROM sequence_gap g WHERE g.stream_id = e.stream_id AND g.epoch = e.epoch
                                              AND g.first <= e.last AND g.last >= e.first)) AS gap
                        WHERE stream_id = ? ORDER BY epoch DESC, first DESC LIMIT\s""" + MOST,
                        row -> new Gap(
                                row.getLong(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getString(4),
                                instant(row, 5),
                                instant(row, 6),
                                row.getObject(7, Long.class),
                                row.getObject(8, Long.class))),
                list(
                        device,
                        "SELECT epoch, seq, ledger_index FROM message WHERE stream_id = ? AND link_state = 'chain-break' "
                                + "ORDER BY ledger_index DESC LIMIT " + MOST,
                        row -> new ChainBreak(row.getLong(1), row.getLong(2), row.getLong(3))),
                list(
                        device,
                        "SELECT e.epoch, e.seq, e.ledger_index, m.ledger_index, e.kid, e.received_at FROM equivocation e "
                                + "JOIN message m USING (stream_id, epoch, seq) WHERE stream_id = ? ORDER BY e.ledger_index DESC LIMIT "
                                + MOST,
                        row -> new Equivocation(
                                row.getLong(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                HexFormat.of().formatHex(row.getBytes(5)),
                                instant(row, 6))),
                list(
                        device,
                        "SELECT kid, held_epoch, held_seq, held_at FROM stream_key WHERE stream_id = ? AND held_epoch IS NOT NULL "
                                + "ORDER BY binding_index DESC LIMIT " + MOST,
                        row -> new Held(
                                HexFormat.of().formatHex(row.getBytes(1)),
                                row.getLong(2),
                                row.getLong(3),
                                instant(row, 4))),
                list(
                        device,
                        "SELECT epoch, seq, ledger_index, device_time, not_before, received_at, time_flags FROM message "
                                + "WHERE stream_id = ? AND time_flags <> 0 ORDER BY ledger_index DESC LIMIT " + MOST,
                        row -> new Clock(
                                row.getLong(1),
                                row.getLong(2),
                                row.getLong(3),
                                instant(row, 4),
                                instant(row, 5),
                                instant(row, 6),
                                SignedTime.words(row.getInt(7)))),
                list(
                        device,
                        "SELECT epoch, seq, ledger_index, refused_as, reason, admitted_by, admitted_at FROM message_admission "
                                + "WHERE stream_id = ? ORDER BY ledger_index DESC LIMIT " + MOST,
                        row -> new Admitted(
                                row.getLong(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                instant(row, 7))));
    }

    private <T> List<T> list(byte[] device, String sql, Readings.Row<T> row) {
        return Readings.query(ofTenant, sql, (c, s) -> s.setBytes(1, device), row);
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getTimestamp(column) == null
                ? null
                : row.getTimestamp(column).toInstant();
    }
}
