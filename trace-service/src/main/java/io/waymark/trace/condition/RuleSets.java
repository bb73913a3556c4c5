package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.custody.PlatformSigner;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The organisations' rule sets and their versions. A version is in force once the ledger holds a statement with its digest, signed for the
 * organisation; of each name the highest such version counts, and no version ever changes.
 */
@ApplicationScoped
public class RuleSets {
    private static final String SUBJECT = "rule";

    private final Database database;
    private final PlatformSigner signer;

    RuleSets(Database database, PlatformSigner signer) {
        this.database = database;
        this.signer = signer;
    }

    /**
     * A version as it is stored.
     *
     * @param bytes       FORMAT.md §5.4, whose SHA-256 is {@code digest}
     * @param ledgerIndex of the statement that put it in force; null while that is being written
     */
    public record Version(
            RuleSet rules, byte[] bytes, byte[] digest, Long ledgerIndex, String author, Instant createdAt) {}

    /**
     * Puts rules in force: as the next version, unless the newest says the same. Whoever was interrupted asks again, and gets what was
     * begun.
     *
     * @param draft makes the rule set with the version it is given
     */
    public Version put(String tenant, String name, String author, IntFunction<RuleSet> draft) {
        Optional<Version> newest = versions(tenant, name, 1).stream().findFirst();
        if (newest.isPresent()
                && Arrays.equals(
                        newest.get().bytes(),
                        draft.apply(newest.get().rules().version()).bytes())) {
            return newest.get().ledgerIndex() != null ? newest.get() : inForce(tenant, newest.get());
        }
        RuleSet rules = draft.apply(newest.map(v -> v.rules().version() + 1).orElse(1));
        Version next = new Version(rules, rules.bytes(), rules.digest(), null, author, Instant.now());
        try {
            database.asTenant(
                    tenant,
                    c -> run(
                            c,
                            "INSERT INTO trace.rule_set (tenant_id, name, version, bytes, digest, author, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                            tenant,
                            name,
                            rules.version(),
                            next.bytes(),
                            next.digest(),
                            author,
                            next.createdAt()));
        } catch (Database.DatabaseException e) {
            if (e.conflict()) {
                throw Problem.conflict(
                        "rule-set-changed",
                        "somebody put version " + rules.version() + " of " + name + " in force: look at it");
            }
            throw e;
        }
        return inForce(tenant, next);
    }

    private Version inForce(String tenant, Version version) {
        Statement statement = new Statement(SUBJECT, version.digest(), null);
        long index = stated(tenant, version.digest())
                .orElseGet(() -> signer.state(tenant, statement, () -> stated(tenant, version.digest())));
        RuleSet rules = version.rules();
        database.asTenant(tenant, c -> {
            run(
                    c,
                    "UPDATE trace.rule_set SET ledger_index = ? WHERE tenant_id = ? AND name = ? AND version = ?",
                    index,
                    tenant,
                    rules.name(),
                    rules.version());
            // Everything is evaluated anew: what it stands on changed.
            run(c, "DELETE FROM trace.condition_due WHERE tenant_id = ?", tenant);
            run(
                    c,
                    "INSERT INTO trace.condition_due (tenant_id, about, subject) "
                            + "SELECT tenant_id, 'device', encode(id, 'hex') FROM trace.stream WHERE role = 'device' AND tenant_id = ? UNION ALL "
                            + "SELECT tenant_id, 'lot', '/01/' || gtin || '/10/' || lot FROM trace.batch WHERE tenant_id = ?",
                    tenant,
                    tenant);
            return null;
        });
        return new Version(rules, version.bytes(), version.digest(), index, version.author(), version.createdAt());
    }

    /** Index of the statement with this digest that one of the organisation's keys signed. */
    private Optional<Long> stated(String tenant, byte[] digest) {
        record Row(byte[] wire, long index) {}
        return database
                .ledger(c -> list(
                        c,
                        "SELECT m.wire, m.ledger_index FROM trace.message m WHERE m.stream_id IN "
                                + "(SELECT id FROM trace.stream WHERE tenant_id = ? AND role = 'organisation') "
                                + "AND m.type = ? AND position(? IN m.wire) > 0 ORDER BY m.ledger_index LIMIT 10",
                        r -> new Row(r.getBytes(1), r.getLong(2)),
                        tenant,
                        MessageType.STATEMENT,
                        digest))
                .stream()
                .filter(row -> says(row.wire, digest))
                .map(Row::index)
                .findFirst();
    }

    private static boolean says(byte[] wire, byte[] digest) {
        try {
            return SignedMessage.parse(wire)
                    .group(Statement.KEY)
                    .map(Statement::of)
                    .filter(s -> s.subject().equals(SUBJECT) && Arrays.equals(s.digest(), digest))
                    .isPresent();
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored statement is damaged", e);
        }
    }

    /** The newest versions of one name, or with null of every name, newest first. */
    public List<Version> versions(String tenant, String name, int most) {
        return database.asTenant(
                tenant,
                c -> list(
                        c,
                        "SELECT * FROM trace.rule_set WHERE tenant_id = ? AND (name = ?::text OR ?::text IS NULL) ORDER BY name, version DESC LIMIT ?",
                        RuleSets::version,
                        tenant,
                        name,
                        name,
                        most));
    }

    /** One version. */
    public Optional<Version> version(String tenant, String name, int version) {
        return database.asTenant(
                tenant,
                c -> first(
                        c,
                        "SELECT * FROM trace.rule_set WHERE tenant_id = ? AND name = ? AND version = ?",
                        RuleSets::version,
                        tenant,
                        name,
                        version));
    }

    private static Version version(ResultSet r) throws SQLException {
        return new Version(
                parsed(r.getBytes("bytes")),
                r.getBytes("bytes"),
                r.getBytes("digest"),
                r.getObject("ledger_index", Long.class),
                r.getString("author"),
                instant(r, "created_at"));
    }

    /** Rules in force and whose they are. */
    record InForce(String tenant, RuleSet rules) {}

    /** Of every organisation, or of one, what is in force. On the sequencer's connection. */
    static List<InForce> inForce(Connection c, String tenant) throws SQLException {
        return list(
                c,
                "SELECT DISTINCT ON (tenant_id, name) tenant_id, bytes FROM trace.rule_set WHERE ledger_index IS NOT NULL "
                        + "AND (tenant_id = ?::text OR ?::text IS NULL) ORDER BY tenant_id, name, version DESC",
                r -> new InForce(r.getString(1), parsed(r.getBytes(2))),
                tenant,
                tenant);
    }

    private static RuleSet parsed(byte[] bytes) {
        try {
            return RuleSet.parse(bytes);
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored rule set is damaged", e);
        }
    }
}
