package io.waymark.trace.device;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.ReceiptKeys;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.Ledger;
import jakarta.annotation.security.PermitAll;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.TreeSet;

/** What a device needs to know whose receipts count: every receipt key that the log bound, and what it revoked of them, with its proof. */
@Path("/ledger/" + ReceiptKeys.FILE)
@ApplicationScoped
@PermitAll
public class LoggedReceiptKeys {
    /** A receipt key changes once in months; so long an answer is given again, whoever asks however often. */
    private static final long SAME_FOR_NANOS = 1_000_000_000L;

    private final Ledger ledger;
    private final AgroalDataSource database;
    private byte[] made;
    private long madeAt;

    LoggedReceiptKeys(Ledger ledger, @DataSource("ledger") AgroalDataSource database) {
        this.ledger = ledger;
        this.database = database;
    }

    /** The file of FORMAT.md §8; 404 while the log has bound none. */
    @GET
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    public Response file() {
        byte[] file = current();
        return (file.length == 0 ? Response.status(404) : Response.ok(file))
                .header("Cache-Control", file.length == 0 ? "no-store" : "public, max-age=1")
                .header("X-Content-Type-Options", "nosniff")
                .build();
    }

    private synchronized byte[] current() {
        if (made == null || System.nanoTime() - madeAt > SAME_FOR_NANOS) {
            made = make();
            madeAt = System.nanoTime();
        }
        return made;
    }

    private byte[] make() {
        TreeSet<Long> indexes = indexes();
        if (indexes.isEmpty()) {
            return new byte[0];
        }
        VerifiedCheckpoint checkpoint = ledger.checkpointOver(indexes.last() + 1);
        return new ReceiptKeys(
                        checkpoint.note(),
                        indexes.stream()
                                .map(i -> new HandOvers.Placed(ledger.entry(i), ledger.inclusion(i, checkpoint.size())))
                                .toList(),
                        ledger.handOvers(checkpoint).orElse(null))
                .encode();
    }

    /** Of bindings and revocations; also of keys whose rows were lost with a database: the log has them still. */
    private TreeSet<Long> indexes() {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT unnest(ARRAY[k.binding_index, k.revoked_index] || k.later_revocations)
                        FROM stream s JOIN stream_key k ON k.stream_id = s.id WHERE s.tenant_id = ? AND s.role = ?
                        UNION SELECT unnest(binding_index || revoked) FROM lost_binding WHERE role = ?""")) {
            select.setString(1, Registration.PLATFORM);
            select.setString(2, KeyBinding.RECEIPT);
            select.setString(3, KeyBinding.RECEIPT);
            TreeSet<Long> found = new TreeSet<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Long index = row.getObject(1, Long.class);
                    if (index != null) {
                        found.add(index);
                    }
                }
            }
            return found;
        } catch (SQLException e) {
            throw new BusyException("cannot read the receipt keys", e);
        }
    }
}
