package io.waymark.trace.custody;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.Optional;

/** Which photographs there are of an object, as its maker signed it into the ledger: the digest and the object, never the picture. */
@ApplicationScoped
public class PhotoStatements {
    private static final String SUBJECT = "photo";

    private final Database database;
    private final PlatformSigner signer;

    PhotoStatements(Database database, PlatformSigner signer) {
        this.database = database;
        this.signer = signer;
    }

    /**
     * The organisation that may speak for an object's looks: whose batch it is, who reserved the item, who first recorded the logistic unit.
     *
     * @throws Problem 404 when nothing is known of it
     */
    public String maker(ObjectUri object) {
        Optional<String> maker = database.ledger(c -> object.kind() == ObjectUri.Kind.BATCH
                ? first(
                        c,
                        "SELECT tenant_id FROM trace.batch WHERE gtin = ? AND lot = ?",
                        r -> r.getString(1),
                        object.gtin(),
                        object.lot())
                : first(
                        c,
                        "SELECT tenant_id FROM trace.traced_object WHERE uri = ?",
                        r -> r.getString(1),
                        object.uri()));
        return maker.orElseThrow(() -> new Problem(
                404,
                "unknown-object",
                "Nothing is known of this object",
                "register the object first: " + object.uri()));
    }

    /**
     * The statement's index in the ledger: of the one that is there, else of one the platform signs now for the organisation.
     *
     * @param digest SHA-256 of the photograph's file
     * @throws Problem 404 when nothing is known of the object, 409 when another organisation made it
     */
    public long index(String tenant, ObjectUri object, byte[] digest) {
        if (!maker(object).equals(tenant)) {
            throw Problem.conflict("not-the-maker", "another organisation made " + object.uri());
        }
        return stored(tenant, object, digest)
                .orElseGet(() -> signer.state(
                        tenant, new Statement(SUBJECT, digest, object.uri()), () -> stored(tenant, object, digest)));
    }

    private Optional<Long> stored(String tenant, ObjectUri object, byte[] digest) {
        record Row(byte[] wire, long index) {}
        return database
                .ledger(c -> list(
                        c,
                        "SELECT m.wire, m.ledger_index FROM trace.message_subject s JOIN trace.message m USING (stream_id, epoch, seq) "
                                + "WHERE s.subject = ? AND m.tenant_id = ? AND m.type = ? AND position(? IN m.wire) > 0 "
                                + "ORDER BY m.ledger_index LIMIT 100",
                        r -> new Row(r.getBytes(1), r.getLong(2)),
                        object.path(),
                        tenant,
                        MessageType.STATEMENT,
                        digest))
                .stream()
                .filter(row -> says(row.wire, object, digest))
                .map(Row::index)
                .findFirst();
    }

    private static boolean says(byte[] wire, ObjectUri object, byte[] digest) {
        try {
            return SignedMessage.parse(wire)
                    .group(Statement.KEY)
                    .map(Statement::of)
                    .filter(s -> s.subject().equals(SUBJECT) && object.uri().equals(s.uri()))
                    .filter(s -> Arrays.equals(s.digest(), digest))
                    .isPresent();
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored statement is damaged", e);
        }
    }
}
