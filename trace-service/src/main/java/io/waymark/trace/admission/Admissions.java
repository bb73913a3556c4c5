package io.waymark.trace.admission;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Entries;
import io.waymark.trace.device.Enrolment;
import io.waymark.trace.device.Enrolment.Description;
import io.waymark.trace.device.Enrolment.Registered;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Devices on their way in. A person expects one and gets a code; the device shows the code with the key it made; a person approves that very key;
 * the device asks again and is bound. Each step may be repeated, and a restart anywhere loses none.
 */
@ApplicationScoped
class Admissions {
    static final int MOST_OPEN = 10_000;
    private static final Duration KEPT = Duration.ofDays(30);

    private final Database database;
    private final Enrolment enrolment;
    private final Streams streams;

    Admissions(Database database, Enrolment enrolment, Streams streams) {
        this.database = database;
        this.enrolment = enrolment;
        this.streams = streams;
    }

    /** A device as it shows itself; the possession of its key is checked. */
    record Shown(byte[] id, VerificationKey key, String keeper, byte[] streamSecret, long firstEpoch) {
        byte[] commitment() {
            return Entries.streamCommitment(id, streamSecret);
        }
    }

    /**
     * For people.
     *
     * @param state  open, expired, waiting (for a person), approved, bound or rejected
     * @param factory who vouched for it, and factorySubject as what; null when it came by a code
     * @param device hex; null until one showed itself
     * @param kid    of its key, hex: what the person compares with what the device shows
     */
    record Admission(
            UUID id,
            String state,
            String site,
            String name,
            String kind,
            String madeBy,
            Instant madeAt,
            Instant expiresAt,
            String device,
            String kid,
            String keeper,
            Instant seenAt,
            String decidedBy,
            Long index,
            String factory,
            String factorySubject) {}

    /** Expects a device of the request's tenant. */
    UUID expect(String tenant, byte[] codeHash, Description what, String by, Instant expires) {
        return database.app(c -> {
            run(
                    c,
                    "DELETE FROM trace.admission WHERE made_at < ? AND state <> 'waiting'",
                    Instant.now().minus(KEPT));
            int open = first(
                            c,
                            "SELECT count(*) AS n FROM trace.admission WHERE state IN ('open', 'waiting', 'approved')",
                            r -> r.getInt("n"))
                    .orElse(0);
            if (open >= MOST_OPEN) {
                throw Problem.conflict(
                        "too-many-expected", MOST_OPEN + " devices are expected: end some of them first");
            }
            return first(
                            c,
                            "INSERT INTO trace.admission (tenant_id, code_hash, state, site, name, kind, made_by, expires_at) "
                                    + "VALUES (?, ?, 'open', ?, ?, ?, ?, ?) RETURNING id",
                            r -> r.getObject("id", UUID.class),
                            tenant,
                            codeHash,
                            what.site(),
                            what.name(),
                            what.kind(),
                            by,
                            expires)
                    .orElseThrow();
        });
    }

    /**
     * What became of one row of a table.
     *
     * @param outcome expected (a code was made), would-be-expected (dry run), already-expected, already-registered or error
     * @param code    shown this once; only with expected
     */
    record RowResult(long line, String site, String name, String outcome, String code, String detail) {}

    /**
     * Expects every good row's device that is not expected or registered yet, all of them or, when the database fails, none. Sent again it
     * makes nothing twice; codes that were shown once are not shown again.
     */
    List<RowResult> expectAll(String tenant, List<DeviceTable.Row> rows, String by, Instant expires, boolean dryRun) {
        return database.app(c -> {
            // One table at a time: two at once would not see each other's rows.
            first(c, "SELECT pg_advisory_xact_lock(hashtextextended('admissions of ' || ?, 0))", r -> true, tenant);
            String[] sites = rows.stream().map(DeviceTable.Row::site).toArray(String[]::new);
            String[] names = rows.stream().map(DeviceTable.Row::name).toArray(String[]::new);
            Set<List<String>> registered = new HashSet<>(list(
                    c,
                    "SELECT DISTINCT s.site, s.name FROM trace.stream s JOIN unnest(?, ?) AS w (site, name) ON s.site = w.site AND s.name = w.name "
                            + "WHERE s.role = 'device'",
                    r -> List.of(r.getString(1), r.getString(2)),
                    sites,
                    names));
            Set<List<String>> expected = new HashSet<>(list(
                    c,
                    "SELECT DISTINCT a.site, a.name FROM trace.admission a JOIN unnest(?, ?) AS w (site, name) ON a.site = w.site AND a.name = w.name "
                            + "WHERE a.state IN ('waiting', 'approved') OR (a.state = 'open' AND a.expires_at > now())",
                    r -> List.of(r.getString(1), r.getString(2)),
                    sites,
                    names));
            int open = first(
                            c,
                            "SELECT count(*) AS n FROM trace.admission WHERE state IN ('open', 'waiting', 'approved')",
                            r -> r.getInt("n"))
                    .orElse(0);
            List<RowResult> results = new ArrayList<>();
            for (DeviceTable.Row row : rows) {
                List<String> key = List.of(row.site(), row.name());
                String outcome;
                String code = null;
                String detail = row.error();
                if (row.error() != null) {
                    outcome = "error";
                } else if (registered.contains(key)) {
                    outcome = "already-registered";
                    detail = "a device of this name is registered at this site";
                } else if (expected.contains(key)) {
                    outcome = "already-expected";
                    detail =
                            "it has a code already; if the code is lost, reject it in the console and send the row again";
                } else if (open >= MOST_OPEN) {
                    outcome = "error";
                    detail = MOST_OPEN + " devices are expected: end some of them first";
                } else if (dryRun) {
                    outcome = "would-be-expected";
                    open++;
                } else {
                    outcome = "expected";
                    code = ClaimCode.issue();
                    open++;
                    run(
                            c,
                            "INSERT INTO trace.admission (tenant_id, code_hash, state, site, name, kind, made_by, expires_at) "
                                    + "VALUES (?, ?, 'open', ?, ?, ?, ?, ?)",
                            tenant,
                            ClaimCode.hash(code),
                            row.site(),
                            row.name(),
                            row.kind(),
                            by,
                            expires);
                }
                results.add(new RowResult(row.line(), row.site(), row.name(), outcome, code, detail));
            }
            return results;
        });
    }

    /**
     * A device shows itself with a code. The first to do so has it: nobody else gets another answer than for a code that never was.
     *
     * @return where the device publishes, once it is approved; empty while it waits for a person
     * @throws Problem 404, the same whatever is wrong with the code
     */
    Optional<Registered> claim(byte[] codeHash, Shown shown) {
        Row row = database.ledger(c -> {
            Row found = first(c, ROW + " WHERE code_hash = ? FOR UPDATE", Row::of, (Object) codeHash)
                    .orElseThrow(Admissions::refused);
            if (!found.state.equals("open")) {
                return found;
            }
            if (found.expires.isBefore(Instant.now())) {
                throw refused();
            }
            run(
                    c,
                    "UPDATE trace.admission SET state = 'waiting', stream_id = ?, cose_key = ?, keeper = ?, first_epoch = ?, commitment = ?, "
                            + "seen_at = now() WHERE id = ?::uuid",
                    shown.id(),
                    shown.key().coseKey(),
                    shown.keeper(),
                    shown.firstEpoch(),
                    shown.commitment(),
                    found.id.toString());
            return found.seen(shown);
        });
        if (!row.isOf(shown)) {
            throw refused();
        }
        return switch (row.state) {
            case "waiting" -> Optional.empty();
            case "approved" -> Optional.of(bind(row, shown));
            case "bound" -> Optional.of(placeOf(row, shown));
            default -> throw refused();
        };
    }

    /** Devices of factories that may wait for one organisation's word. */
    static final int MOST_WAITING = 1_000;

    /**
     * A device shows itself with the word of a factory that the organisation trusts. The first contact notes it; the same call again asks how it
     * stands.
     *
     * @return where the device publishes, once it is approved; empty while it waits for a person
     */
    Optional<Registered> contact(String tenant, Shown shown, Factories.Voucher voucher) {
        Row row = database.ledger(c -> {
            first(c, "SELECT pg_advisory_xact_lock(hashtextextended('admissions of ' || ?, 0))", r -> true, tenant);
            Optional<Row> known = first(
                    c,
                    ROW + " WHERE tenant_id = ? AND stream_id = ? AND factory IS NOT NULL",
                    Row::of,
                    tenant,
                    shown.id());
            if (known.isPresent()) {
                return known.get();
            }
            int waiting = first(
                            c,
                            "SELECT count(*) AS n FROM trace.admission WHERE tenant_id = ? AND factory IS NOT NULL AND state = 'waiting'",
                            r -> r.getInt("n"),
                            tenant)
                    .orElse(0);
            if (waiting >= MOST_WAITING) {
                throw new Problem(
                        429,
                        "too-many-waiting",
                        "Too many devices wait",
                        MOST_WAITING + " devices wait for this organisation's word: try again when it has decided",
                        3600);
            }
            boolean approved = voucher.approvedSite() != null;
            run(
                    c,
                    "INSERT INTO trace.admission (tenant_id, state, site, name, kind, made_by, expires_at, stream_id, cose_key, keeper, first_epoch, "
                            + "commitment, seen_at, decided_by, decided_at, factory, factory_subject) "
                            + "VALUES (?, ?, ?, ?, ?, ?, now() + interval '30 days', ?, ?, ?, ?, ?, now(), ?, ?, ?, ?)",
                    tenant,
                    approved ? "approved" : "waiting",
                    voucher.approvedSite(),
                    approved ? cut(voucher.subject(), 120) : null,
                    approved ? cut(voucher.factory(), 60) : null,
                    "factory " + voucher.factory(),
                    shown.id(),
                    shown.key().coseKey(),
                    shown.keeper(),
                    shown.firstEpoch(),
                    shown.commitment(),
                    approved ? "rule for factory " + voucher.factory() : null,
                    approved ? Instant.now() : null,
                    voucher.factory(),
                    voucher.subject());
            return first(
                            c,
                            ROW + " WHERE tenant_id = ? AND stream_id = ? AND factory IS NOT NULL",
                            Row::of,
                            tenant,
                            shown.id())
                    .orElseThrow();
        });
        if (!row.isOf(shown) || row.state.equals("rejected")) {
            throw notKnown();
        }
        return switch (row.state) {
            case "approved" -> Optional.of(bind(row, shown));
            case "bound" -> Optional.of(placeOf(row, shown));
            default -> Optional.empty();
        };
    }

    static Problem notKnown() {
        return new Problem(
                404,
                "contact-refused",
                "This device is not admitted",
                "no factory that this organisation trusts vouches for this device, or it was refused");
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most);
    }

    /** The key is bound first: a crash in between binds it again, which changes nothing. */
    private Registered bind(Row row, Shown shown) {
        Registered registered = enrolment.enrol(
                row.tenant,
                shown.id(),
                row.what,
                shown.key(),
                shown.keeper(),
                shown.streamSecret(),
                shown.firstEpoch());
        database.ledger(c -> run(
                c,
                "UPDATE trace.admission SET state = 'bound', binding_index = ? WHERE id = ?::uuid AND state = 'approved'",
                registered.index(),
                row.id.toString()));
        return registered;
    }

    /** Where it is today: its owner may have moved it since. */
    private Registered placeOf(Row row, Shown shown) {
        Stream stream = streams.find(shown.id())
                .filter(s ->
                        s.tenant().equals(row.tenant) && s.hasKid(shown.key().kid()) && !s.revoked())
                .orElseThrow(Admissions::refused);
        return enrolment.place(row.tenant, stream.site(), shown.id(), stream.bindingIndex());
    }

    static Problem refused() {
        return new Problem(
                404,
                "claim-refused",
                "This code admits no device",
                "the code is unknown, used, expired or was refused: ask for a new one");
    }

    /** Of the request's tenant, newest first. */
    List<Admission> page(int page, int size) {
        return database.app(c -> list(
                c,
                "SELECT * FROM (SELECT id, state, site, name, kind, made_by, made_at, expires_at, stream_id, cose_key, keeper, seen_at, decided_by, "
                        + "binding_index, factory, factory_subject FROM trace.admission) a ORDER BY state <> 'waiting', made_at DESC, id LIMIT ? OFFSET ?",
                Admissions::shown,
                size,
                (long) page * size));
    }

    private static Admission shown(ResultSet r) throws SQLException {
        byte[] id = r.getBytes("stream_id");
        byte[] key = r.getBytes("cose_key");
        Instant expires = instant(r, "expires_at");
        String state = r.getString("state");
        HexFormat hex = HexFormat.of();
        return new Admission(
                r.getObject("id", UUID.class),
                state.equals("open") && expires.isBefore(Instant.now()) ? "expired" : state,
                r.getString("site"),
                r.getString("name"),
                r.getString("kind"),
                r.getString("made_by"),
                instant(r, "made_at"),
                expires,
                id == null ? null : hex.formatHex(id),
                key == null ? null : hex.formatHex(Registration.key(key).kid()),
                r.getString("keeper"),
                instant(r, "seen_at"),
                r.getString("decided_by"),
                r.getObject("binding_index", Long.class),
                r.getString("factory"),
                r.getString("factory_subject"));
    }

    /**
     * A person of the request's tenant says that the device with this key is the one.
     *
     * @param what where and what it is; null when that was said with the code
     * @param kid what the person saw: another device may have been quicker since
     */
    void approve(UUID id, byte[] kid, Description what, String by) {
        database.app(c -> {
            Waiting waiting = waiting(c, id);
            if (waiting.state.equals("approved") || waiting.state.equals("bound")) {
                requireKid(waiting, kid);
                return 0;
            }
            if (!waiting.state.equals("waiting")) {
                throw Problem.conflict("not-waiting", "no device waits here: it is " + waiting.state);
            }
            requireKid(waiting, kid);
            if (waiting.site == null && what == null) {
                throw Problem.malformed(
                        "site, name and kind are needed: this device came without a code that says them");
            }
            return run(
                    c,
                    "UPDATE trace.admission SET state = 'approved', decided_by = ?, decided_at = now(), site = coalesce(site, ?), "
                            + "name = coalesce(name, ?), kind = coalesce(kind, ?) WHERE id = ?::uuid",
                    by,
                    what == null ? null : what.site(),
                    what == null ? null : what.name(),
                    what == null ? null : what.kind(),
                    id.toString());
        });
    }

    /** Ends an admission that has not led to a bound key; after that its code is as unknown. */
    void reject(UUID id, String by) {
        database.app(c -> {
            if (waiting(c, id).state.equals("bound")) {
                throw Problem.conflict("already-bound", "the device is registered: revoke its key instead");
            }
            return run(
                    c,
                    "UPDATE trace.admission SET state = 'rejected', decided_by = ?, decided_at = now() WHERE id = ?::uuid",
                    by,
                    id.toString());
        });
    }

    private record Waiting(String state, byte[] key, String site) {}

    private static Waiting waiting(Connection c, UUID id) throws SQLException {
        return first(
                        c,
                        "SELECT state, cose_key, site FROM trace.admission WHERE id = ?::uuid",
                        r -> new Waiting(r.getString("state"), r.getBytes("cose_key"), r.getString("site")),
                        id.toString())
                .orElseThrow(() -> Problem.notFound("no such admission"));
    }

    private static void requireKid(Waiting waiting, byte[] kid) {
        if (!Arrays.equals(Registration.key(waiting.key).kid(), kid)) {
            throw Problem.conflict("another-key", "the device that waits has another key than the one approved");
        }
    }

    private static final String ROW =
            "SELECT id, tenant_id, state, site, name, kind, expires_at, stream_id, cose_key, commitment FROM trace.admission";

    private record Row(
            UUID id,
            String tenant,
            String state,
            Description what,
            Instant expires,
            byte[] streamId,
            byte[] key,
            byte[] commitment) {
        static Row of(ResultSet r) throws SQLException {
            return new Row(
                    r.getObject("id", UUID.class),
                    r.getString("tenant_id"),
                    r.getString("state"),
                    new Description(r.getString("site"), r.getString("name"), r.getString("kind")),
                    instant(r, "expires_at"),
                    r.getBytes("stream_id"),
                    r.getBytes("cose_key"),
                    r.getBytes("commitment"));
        }

        Row seen(Shown shown) {
            return new Row(
                    id,
                    tenant,
                    "waiting",
                    what,
                    expires,
                    shown.id(),
                    shown.key().coseKey(),
                    shown.commitment());
        }

        boolean isOf(Shown shown) {
            return Arrays.equals(streamId, shown.id())
                    && Arrays.equals(key, shown.key().coseKey())
                    && Arrays.equals(commitment, shown.commitment());
        }
    }
}
