package io.waymark.trace.custody;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Accepts signed custody steps: checks them, links every object named, and keeps where each object stands. */
@ApplicationScoped
public class Steps {
    /** Most objects in one step (DESIGN §4): one commit, never split. */
    public static final int MOST_OBJECTS = 65_536;

    private final Database database;
    private final Ledger ledger;
    private final Streams streams;

    // One step at a time. Each object's next n and each stream's next seq are read, checked and then written in the
    // sequencer's transaction;
    // with two steps in between, one would be refused after its signature was spent. The sequencer is one thread
    // anyway, so this costs the
    // checking of a step, not the commit's fsync of others. The unique keys (link tag, stream+seq, uri+n) hold also
    // without it.
    private final Object turn = new Object();

    Steps(Database database, Ledger ledger, Streams streams) {
        this.database = database;
        this.ledger = ledger;
        this.streams = streams;
    }

    /** An object a step names; the secret (32 bytes) only where this step commissions it. */
    public record Named(String uri, byte[] secret) {}

    /** Where the link of an object stands. */
    public record Link(String uri, long n, long index) {}

    /** A step that is stored. */
    public record Accepted(byte[] digest, List<Link> links) {}

    /** The newest message of a stream: what the next one must continue. */
    public record StreamHead(long epoch, long seq, byte[] digest) {}

    /**
     * Stores a step and appends one link per object. The same step again answers as the first time.
     *
     * @param tenant organisation of the caller; the signing key must be bound to it
     * @throws Problem 400 when the bytes or objects are wrong by themselves, 403 for a key of somebody else, 409 when they contradict what is stored
     */
    public Accepted accept(String tenant, byte[] wire, List<Named> named) {
        SignedMessage message = parsed(wire);
        checkSigner(tenant, message);
        PublicSummary summary = summary(message);
        checkObjects(message, named);
        synchronized (turn) {
            Optional<Accepted> stored = stored(tenant, message);
            if (stored.isPresent()) {
                return stored.get();
            }
            checkContinuity(message);
            return append(tenant, message, summary, named);
        }
    }

    /** The newest message of the stream, step or statement, by sequence. */
    public Optional<StreamHead> head(byte[] streamId) {
        return database.ledger(c -> first(
                c,
                "SELECT epoch, seq, digest FROM trace.step WHERE stream_id = ? "
                        + "UNION ALL SELECT epoch, seq, digest FROM trace.message WHERE stream_id = ? "
                        + "ORDER BY epoch DESC, seq DESC LIMIT 1",
                r -> new StreamHead(r.getLong(1), r.getLong(2), r.getBytes(3)),
                streamId,
                streamId));
    }

    private static SignedMessage parsed(byte[] wire) {
        if (wire.length > SignedMessage.MAX_STEP) {
            throw new Problem(
                    413,
                    "too-large",
                    "The step is too large",
                    "a step is at most " + SignedMessage.MAX_STEP + " bytes");
        }
        try {
            SignedMessage message = SignedMessage.parse(wire);
            if (message.head().type() != MessageType.CUSTODY_STEP) {
                throw Problem.malformed("message type " + message.head().type() + " is not a custody step");
            }
            return message;
        } catch (MalformedException e) {
            throw Problem.malformed("the step cannot be read: " + e.getMessage());
        }
    }

    private void checkSigner(String tenant, SignedMessage message) {
        Stream key = streams.keysOf(message.head().id()).stream()
                .filter(k -> k.hasKid(message.kid()))
                .findFirst()
                .filter(k -> k.tenant().equals(tenant) && "organisation".equals(k.role()))
                .orElseThrow(() -> new Problem(
                        403,
                        "key-not-bound",
                        "The key is not bound",
                        "the signing key is not bound to this organisation: POST /api/keys first"));
        if (key.revoked()) {
            throw revoked();
        }
        if (!message.verifies(key.key())) {
            throw Problem.malformed("the signature does not verify with the bound key");
        }
    }

    /** {@link Streams} remembers for seconds; a revocation in between is seen here, in the order of the log. */
    private static void checkStillBound(Connection c, SignedMessage message) throws SQLException {
        boolean bound = first(
                        c,
                        "SELECT 1 FROM trace.stream_key WHERE stream_id = ? AND kid = ? AND revoked_index IS NULL",
                        r -> true,
                        message.head().id(),
                        message.kid())
                .isPresent();
        if (!bound) {
            throw revoked();
        }
    }

    private static Problem revoked() {
        return new Problem(403, "key-revoked", "The key is revoked", "the signing key was revoked");
    }

    private static PublicSummary summary(SignedMessage message) {
        PublicSummary summary = CustodyStep.summary(message)
                .orElseThrow(() -> Problem.malformed("a step needs a public summary (group 18)"));
        if (!summary.bizStep().matches("[a-z_]{1,40}")) {
            throw Problem.malformed("bizStep is a bare CBV word such as shipping");
        }
        Input.optional("actor", summary.actor(), 200);
        Input.optional("place", summary.place(), 200);
        Input.optional("note", summary.note(), 2000);
        Input.optional("disposition", summary.disposition(), 80);
        if (summary.parent() != null && Standing.unit(summary.parent()) == null) {
            throw Problem.malformed("parent is an SSCC: 18 digits or https://id.gs1.org/00/…");
        }
        return summary;
    }

    private static void checkObjects(SignedMessage message, List<Named> named) {
        if (named.isEmpty() || named.size() > MOST_OBJECTS) {
            throw Problem.malformed("a step names 1 to " + MOST_OBJECTS + " objects");
        }
        HashSet<String> seen = new HashSet<>();
        for (Named object : named) {
            ObjectUri uri = ObjectUri.parse(object.uri())
                    .filter(u -> u.uri().equals(object.uri()))
                    .filter(u -> u.kind() == ObjectUri.Kind.ITEM || u.kind() == ObjectUri.Kind.LOGISTIC_UNIT)
                    .orElseThrow(
                            () -> Problem.malformed(
                                    "\"" + shortened(object.uri())
                                            + "\" is not a canonical item or logistic unit URI (https://id.gs1.org/01/…/21/… or /00/…)"));
            if (!seen.add(uri.uri())) {
                throw Problem.malformed(uri.uri() + " is named twice");
            }
            if (object.secret() != null && object.secret().length != 32) {
                throw Problem.malformed("an object secret is 32 bytes");
            }
        }
        CustodyStep.Objects signed = CustodyStep.objects(message.group(CustodyStep.OBJECTS)
                .orElseThrow(() -> Problem.malformed("a step needs its objects' root (group 17)")));
        if (signed.count() != named.size()
                || !Arrays.equals(signed.root(), tree(message.secret(), named).root())) {
            throw Problem.malformed(
                    "the objects given are not those the step signs (group 17), in its order and with its secrets");
        }
    }

    private static ObjectTree tree(byte[] messageSecret, List<Named> named) {
        return new ObjectTree(
                messageSecret,
                named.stream()
                        .map(n -> new ObjectTree.Entry(n.uri(), n.secret()))
                        .toList());
    }

    private static String shortened(String text) {
        return text == null ? "null" : text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }

    private Optional<Accepted> stored(String tenant, SignedMessage message) {
        return database.ledger(c -> {
            Optional<String> owner =
                    first(c, "SELECT tenant_id FROM trace.step WHERE digest = ?", r -> r.getString(1), (Object)
                            message.digest());
            if (owner.isEmpty()) {
                return Optional.empty();
            }
            if (!owner.get().equals(tenant)) {
                throw Problem.conflict("step-conflict", "this step is stored for another organisation");
            }
            return Optional.of(new Accepted(
                    message.digest(),
                    list(
                            c,
                            "SELECT uri, n, ledger_index FROM trace.link WHERE step_digest = ? ORDER BY position",
                            r -> new Link(r.getString(1), r.getLong(2), r.getLong(3)),
                            (Object) message.digest())));
        });
    }

    /** A stream's steps and statements share one numbering: seq 0, 1, 2 …, each naming the digest of the one before. */
    // OPEN: a second step under a taken number is refused, but not kept as evidence in an entry of its own, as a
    // device's second message is
    // (DESIGN §3, stop 4). Both bear the same key's signature, so whoever holds the two can show it; the ledger does
    // not do it for them.
    private void checkContinuity(SignedMessage message) {
        Head head = message.head();
        Optional<byte[]> taken = digestAt(head.id(), head.epoch(), head.seq());
        if (taken.isPresent()) {
            throw Problem.conflict(
                    "sequence-conflict",
                    "epoch " + head.epoch() + " seq " + head.seq() + " of this key is another message already");
        }
        if (head.seq() == 0) {
            return;
        }
        byte[] before = digestAt(head.id(), head.epoch(), head.seq() - 1)
                .orElseThrow(
                        () -> Problem.conflict(
                                "sequence-gap",
                                "seq " + (head.seq() - 1)
                                        + " of this key is not stored: send it first, steps are accepted in order; if it is lost, begin a new epoch"));
        if (!Arrays.equals(before, head.prev())) {
            throw Problem.conflict("sequence-conflict", "prev is not the digest of seq " + (head.seq() - 1));
        }
    }

    private Optional<byte[]> digestAt(byte[] stream, long epoch, long seq) {
        return database.ledger(c -> first(
                c,
                "SELECT digest FROM trace.step WHERE stream_id = ? AND epoch = ? AND seq = ? "
                        + "UNION ALL SELECT digest FROM trace.message WHERE stream_id = ? AND epoch = ? AND seq = ?",
                r -> r.getBytes(1),
                stream,
                epoch,
                seq,
                stream,
                epoch,
                seq));
    }

    private Accepted append(String tenant, SignedMessage message, PublicSummary summary, List<Named> named) {
        Map<String, Standing> standing = standings(named);
        ObjectTree tree = tree(message.secret(), named);
        byte[] digest = message.digest();
        List<Submission> entries = new ArrayList<>(named.size());
        List<Standing> before = new ArrayList<>(named.size());
        List<Standing> after = new ArrayList<>(named.size());
        for (Named object : named) {
            Standing was = mayMove(tenant, summary, object, standing.get(object.uri()));
            byte[] link = Entries.linkDigest(digest, was.n() + 1, was.link());
            byte[] entry = Entries.link(was.secret(), was.n() + 1, link);
            // Its name is the tag: an object's n-th link exists once in the log.
            entries.add(Submission.of(entry));
            before.add(was);
            after.add(was.after(summary, tenant, link));
        }
        Instant received = Instant.now();
        List<Link> links = new ArrayList<>(named.size());
        try {
            ledger.append(entries, (c, indexes) -> {
                links.clear();
                checkStillBound(c, message);
                run(
                        c,
                        "INSERT INTO trace.step (digest, tenant_id, stream_id, epoch, seq, wire, biz_step, event_time, received_at) "
                                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        digest,
                        tenant,
                        message.head().id(),
                        message.head().epoch(),
                        message.head().seq(),
                        message.wire(),
                        summary.bizStep(),
                        Instant.ofEpochMilli(summary.timeMillis()),
                        received);
                for (int i = 0; i < indexes.length; i++) {
                    links.add(new Link(after.get(i).uri(), after.get(i).n(), indexes[i]));
                }
                storeLinks(c, tenant, digest, tree, after, indexes);
                storeStandings(c, before, after);
                storeFindings(c, tenant, summary, before, received);
            });
        } catch (ConflictException e) {
            Ledger.Standing other =
                    ledger.standing(List.of(entries.get(e.position()))).get(0);
            throw Problem.conflict(
                    "link-conflict",
                    "another step for "
                            + named.get(e.position()).uri()
                            + (other == null
                                    ? " was stored at the same moment"
                                    : " is in the log at index " + other.index()
                                            + ", stored a moment ago or lost here since: look again, or have its signer send it again"));
        }
        return new Accepted(digest, links);
    }

    private Map<String, Standing> standings(List<Named> named) {
        Map<String, Standing> found = new HashMap<>();
        database.ledger(c -> list(
                        c,
                        "SELECT * FROM trace.traced_object WHERE uri = ANY (?)",
                        r -> new Standing(
                                r.getString("uri"),
                                r.getString("tenant_id"),
                                r.getBytes("secret"),
                                r.getString("state"),
                                r.getString("holder"),
                                r.getString("place"),
                                r.getString("disposition"),
                                r.getString("parent"),
                                r.getLong("last_n"),
                                r.getBytes("last_link"),
                                r.getString("last_biz_step"),
                                instant(r, "last_time"),
                                r.getObject("last_lat_e7", Long.class),
                                r.getObject("last_lon_e7", Long.class)),
                        (Object) named.stream().map(Named::uri).toArray(String[]::new)))
                .forEach(s -> found.put(s.uri(), s));
        return found;
    }

    /** Whether this organisation may take this object through this step; the standing it starts from. */
    private static Standing mayMove(String tenant, PublicSummary summary, Named object, Standing was) {
        boolean unit = object.uri().startsWith(ObjectUri.HOST + "/00/");
        if (object.secret() != null) {
            if (was == null && unit) {
                return Standing.fresh(object.uri(), tenant, object.secret());
            }
            if (was == null || !was.maker().equals(tenant)) {
                throw Problem.conflict("object-unknown", object.uri() + " is not reserved by this organisation");
            }
            if (was.commissioned()) {
                throw Problem.conflict("already-commissioned", object.uri() + " is commissioned already");
            }
            if (!Arrays.equals(was.secret(), object.secret())) {
                throw Problem.conflict("object-secret", object.uri() + " was reserved with another secret");
            }
            if (!unit && !summary.bizStep().equals("commissioning")) {
                throw Problem.conflict(
                        "not-commissioned", object.uri() + " must be commissioned before " + summary.bizStep());
            }
            return was;
        }
        if (was == null) {
            throw Problem.conflict("object-unknown", object.uri() + " is unknown");
        }
        if (!was.commissioned()) {
            throw Problem.conflict("not-commissioned", object.uri() + " is not commissioned");
        }
        if (summary.bizStep().equals("commissioning")) {
            throw Problem.conflict("already-commissioned", object.uri() + " is commissioned already");
        }
        // Whoever can read a label knows its URI. So only the custodian speaks for an object, and another only by
        // taking it: which is shown.
        if (!tenant.equals(was.holder()) && !Standing.TAKING.contains(summary.bizStep())) {
            throw Problem.conflict(
                    "not-the-custodian",
                    object.uri() + " is held by another organisation: record receiving before " + summary.bizStep());
        }
        return was;
    }

    private static void storeLinks(
            Connection c, String tenant, byte[] digest, ObjectTree tree, List<Standing> after, long[] indexes)
            throws SQLException {
        int count = after.size();
        Integer[] positions = new Integer[count];
        byte[][] paths = new byte[count][];
        Long[] places = new Long[count];
        for (int i = 0; i < count; i++) {
            positions[i] = i;
            places[i] = indexes[i];
            ByteArrayOutputStream path = new ByteArrayOutputStream();
            tree.path(i).forEach(path::writeBytes);
            paths[i] = path.toByteArray();
        }
        run(
                c,
                "INSERT INTO trace.link (uri, n, tenant_id, step_digest, position, path, ledger_index, link_digest) "
                        + "SELECT u, n, ?, ?, p, h, i, l FROM unnest(?, ?, ?, ?, ?, ?) AS x (u, n, p, h, i, l)",
                tenant,
                digest,
                after.stream().map(Standing::uri).toArray(String[]::new),
                after.stream().map(Standing::n).toArray(Long[]::new),
                positions,
                paths,
                places,
                after.stream().map(Standing::link).toArray(byte[][]::new));
    }

    private static void storeStandings(Connection c, List<Standing> before, List<Standing> after) throws SQLException {
        for (int i = 0; i < after.size(); i++) {
            Standing s = after.get(i);
            if (before.get(i).n() < 0 && s.uri().startsWith(ObjectUri.HOST + "/00/")) {
                run(
                        c,
                        "INSERT INTO trace.traced_object (uri, tenant_id, secret, state) VALUES (?, ?, ?, 'reserved') ON CONFLICT DO NOTHING",
                        s.uri(),
                        s.maker(),
                        s.secret());
            }
        }
        Standing last = after.get(0); // step, time and position are the same for all of one step
        int changed = run(
                c,
                "UPDATE trace.traced_object o SET state = x.s, holder = x.h, disposition = x.d, parent = x.p, last_n = x.n, last_link = x.l, "
                        + "place = x.pl, last_biz_step = ?, last_time = ?, last_lat_e7 = ?::bigint, last_lon_e7 = ?::bigint, changed_at = now() "
                        + "FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS x (u, s, h, d, p, n, l, pl) WHERE o.uri = x.u AND o.last_n = x.n - 1",
                last.bizStep(),
                last.time(),
                last.latE7(),
                last.lonE7(),
                after.stream().map(Standing::uri).toArray(String[]::new),
                after.stream().map(Standing::state).toArray(String[]::new),
                after.stream().map(Standing::holder).toArray(String[]::new),
                after.stream().map(Standing::disposition).toArray(String[]::new),
                after.stream().map(Standing::parent).toArray(String[]::new),
                after.stream().map(Standing::n).toArray(Long[]::new),
                after.stream().map(Standing::link).toArray(byte[][]::new),
                after.stream().map(Standing::place).toArray(String[]::new));
        if (changed != after.size()) {
            throw Problem.conflict("link-conflict", "one of these objects moved at the same moment");
        }
    }

    private static void storeFindings(
            Connection c, String tenant, PublicSummary summary, List<Standing> before, Instant received)
            throws SQLException {
        for (Standing was : before) {
            for (Finding finding : Finding.between(was, summary, tenant, received)) {
                run(
                        c,
                        "INSERT INTO trace.finding (uri, n, kind, tenant_id, severity, detail) VALUES (?, ?, ?, ?, ?, ?)",
                        was.uri(),
                        was.n() + 1,
                        finding.kind(),
                        tenant,
                        finding.severity(),
                        finding.detail());
            }
        }
    }

    /** Lower-case hex, as digests are shown. */
    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
