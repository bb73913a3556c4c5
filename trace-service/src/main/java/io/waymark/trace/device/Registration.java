package io.waymark.trace.device;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Revocation;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Binds keys to streams in the log, and revokes them. */
@ApplicationScoped
public class Registration {
    /** Tenant of the platform's own streams; can never be a slug. */
    public static final String PLATFORM = "~platform";

    private static final byte[] POSSESSION = "waymark key possession\n".getBytes(StandardCharsets.US_ASCII);

    private final Ledger ledger;
    private final Streams streams;
    private final AgroalDataSource database;

    Registration(Ledger ledger, Streams streams, @DataSource("ledger") AgroalDataSource database) {
        this.ledger = ledger;
        this.streams = streams;
        this.database = database;
    }

    /**
     * A key and the stream it shall speak for.
     *
     * @param tenant slug, or {@link #PLATFORM}
     * @param secret the stream secret, 32 bytes
     * @param site, name, kind null for organisations' keys
     */
    public record Candidate(
            byte[] id,
            String tenant,
            String role,
            String keeper,
            VerificationKey key,
            byte[] secret,
            String label,
            String site,
            String name,
            String kind,
            long firstEpoch) {}

    /** The key, validated by the one rule for keys; a 400 problem when it is none. */
    public static VerificationKey key(byte[] coseKey) {
        try {
            return VerificationKey.ofCose(coseKey);
        } catch (MalformedException e) {
            throw new Problem(400, "key-refused", "This key cannot be used", "coseKey: " + e.getMessage());
        }
    }

    /** A 403 problem unless {@code signature} by {@code key} is over "waymark key possession\n" ‖ stream id. */
    public static void requirePossession(byte[] streamId, VerificationKey key, byte[] signature) {
        byte[] message = Arrays.copyOf(POSSESSION, POSSESSION.length + streamId.length);
        System.arraycopy(streamId, 0, message, POSSESSION.length, streamId.length);
        if (!key.verifies(message, signature)) {
            throw new Problem(
                    403,
                    "possession-not-proved",
                    "The key's possession is not proved",
                    "possession does not verify under coseKey");
        }
    }

    /**
     * Binds the key in the log; the same key again keeps its binding and only renews site, name and kind. A stream whose keys are all
     * revoked may be given a new one. Otherwise a new key comes by a rekey message, not here.
     *
     * @return ledger index of the binding
     */
    public long bind(Candidate candidate) {
        List<Stream> existing = streams.keysOf(candidate.id());
        for (Stream stream : existing) {
            requireSameOwner(candidate, stream);
            if (stream.hasKid(candidate.key().kid())) {
                boolean moved = candidate.site() != null
                        && !(candidate.site().equals(stream.site())
                                && candidate.name().equals(stream.name())
                                && candidate.kind().equals(stream.kind()));
                if (moved) {
                    ledger.append(List.of(), (c, indexes) -> insertStream(c, candidate));
                    streams.forget(candidate.id());
                }
                return stream.bindingIndex();
            }
        }
        if (!existing.stream().allMatch(Stream::revoked)) {
            throw Problem.conflict("stream-has-key", "the stream has another key; revoke it first, or rekey");
        }
        requireSameSecretAsLost(candidate);
        refuseRevoked(candidate);
        byte[] entry = new KeyBinding(
                        candidate.id(),
                        candidate.key(),
                        candidate.role(),
                        candidate.keeper(),
                        Entries.streamCommitment(candidate.id(), candidate.secret()),
                        organisationOf(candidate.tenant()),
                        "self-declared",
                        candidate.firstEpoch(),
                        candidate.label())
                .entry();
        try {
            long index = ledger.append(List.of(Submission.of(entry)), (c, indexes) -> {
                        requireOwnSecret(c, candidate);
                        insertStream(c, candidate);
                        insertKey(c, candidate, indexes[0]);
                    })
                    .get(0);
            streams.forget(candidate.id());
            return index;
        } catch (ConflictException e) {
            throw boundOtherwise(entry);
        }
    }

    /** Keys of one stream that may wait for their first message. */
    public static final int MOST_LIVE_KEYS = 8;

    /**
     * The entry by which the log binds the key that a rekey message names: with the words of the key that signed it, from the message's epoch
     * on. Empty when nothing is to be bound: the log has revoked this key for this stream, or bound it in other words.
     */
    public Optional<byte[]> successor(Stream signer, VerificationKey next, long epoch) {
        byte[] entry = new KeyBinding(
                        signer.id(),
                        next,
                        signer.role(),
                        signer.keeper(),
                        Entries.streamCommitment(signer.id(), signer.streamSecret()),
                        organisationOf(signer.tenant()),
                        "self-declared",
                        epoch,
                        signer.label())
                .entry();
        byte[] revoked = new Revocation(signer.id(), next.kid(), "", null).entry();
        Map<Integer, Ledger.Standing> standing = ledger.standing(List.of(Submission.of(entry), Submission.of(revoked)));
        boolean otherwise =
                standing.containsKey(0) && !Arrays.equals(standing.get(0).entry(), entry);
        return otherwise || standing.containsKey(1) ? Optional.empty() : Optional.of(entry);
    }

    /** {@link #bind} for a signing key of an organisation; epoch 0. */
    public long bindOrganisationKey(
            String tenant, byte[] streamId, VerificationKey key, String keeper, byte[] streamSecret, String label) {
        return bind(new Candidate(
                streamId, tenant, KeyBinding.ORGANISATION, keeper, key, streamSecret, label, null, null, null, 0));
    }

    /** A revocation in the log: its index, and from which index on the key's entries may be another's (null: nothing is suspected). */
    public record Revoked(long index, String reason, Long suspectFrom) {}

    /**
     * Revokes one key of a stream of {@code tenant} that was replaced or is gone.
     *
     * @param reason {@link Revocation#SUPERSEDED} or {@link Revocation#LOST}
     * @return the entry: what is included after it under this key is refused. A key that is revoked already stays as it is
     */
    public Revoked revoke(String tenant, byte[] streamId, byte[] kid, String reason) {
        Stream stream = key(tenant, streamId, kid);
        return stream.revoked() ? known(stream) : append(stream, Revocation.plain(streamId, kid, reason));
    }

    /**
     * Revokes one key of a stream of {@code tenant} that somebody else has, or may have: what stands in the log from {@code suspectFrom} on may
     * be the other one's. A key that is revoked already becomes suspect, or suspect from further back.
     *
     * @throws Problem 400 when the log has not come to that index yet
     */
    public Revoked compromised(String tenant, byte[] streamId, byte[] kid, long suspectFrom) {
        Stream stream = key(tenant, streamId, kid);
        long size = ledger.checkpoint().size();
        if (suspectFrom > size) {
            throw new Problem(
                    400,
                    "suspect-from-the-future",
                    "Nothing can be suspect yet",
                    "suspectFrom is " + suspectFrom + ", and the log has " + size + " entries");
        }
        // What is recorded after a revocation counts for nothing as it is.
        if (stream.revoked() && suspectFrom >= stream.revokedIndex()
                || stream.suspectFrom() != null && suspectFrom >= stream.suspectFrom()) {
            return known(stream);
        }
        return append(stream, Revocation.compromised(streamId, kid, suspectFrom));
    }

    /**
     * The first entry whose commit began at or after a time; the log's size when there is none. What was signed later cannot stand before it.
     *
     * @throws Problem 400 when the time is to come
     */
    public long firstEntryFrom(Instant time) {
        if (time.isAfter(Instant.now())) {
            throw new Problem(
                    400,
                    "suspect-from-the-future",
                    "Nothing can be suspect yet",
                    "suspectSince " + time + " is to come");
        }
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT size FROM ledger_checkpoint WHERE signed_at < ? ORDER BY size DESC LIMIT 1")) {
            select.setObject(1, time.atOffset(ZoneOffset.UTC));
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the checkpoints", e);
        }
    }

    private static Revoked known(Stream stream) {
        return new Revoked(stream.revokedIndex(), stream.revokedReason(), stream.suspectFrom());
    }

    private Stream key(String tenant, byte[] streamId, byte[] kid) {
        streams.forget(streamId);
        return streams.keysOf(streamId).stream()
                .filter(s -> s.tenant().equals(tenant) && s.hasKid(kid))
                .findFirst()
                .orElseThrow(() -> Problem.notFound("no key " + HexFormat.of().formatHex(kid) + " of such a stream"));
    }

    private Revoked append(Stream stream, Revocation revocation) {
        long index = ledger.append(
                        List.of(Submission.of(revocation.entry())),
                        (c, indexes) -> LoggedKeys.revoked(c, indexes[0], revocation))
                .get(0);
        streams.forget(stream.id());
        return new Revoked(index, revocation.reason(), revocation.suspectFrom());
    }

    private static void requireSameOwner(Candidate candidate, Stream stream) {
        if (!stream.tenant().equals(candidate.tenant())
                || !stream.role().equals(candidate.role())
                || !Arrays.equals(stream.streamSecret(), candidate.secret())) {
            throw Problem.conflict("stream-taken", "this id is registered with another owner, role or stream secret");
        }
    }

    /** The log keeps what it said of a stream, also when its row was lost with a database: one stream, one secret. */
    private void requireSameSecretAsLost(Candidate candidate) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT binding_index FROM lost_binding WHERE stream_id = ? AND (commitment <> ? OR role <> ?) LIMIT 1")) {
            select.setBytes(1, candidate.id());
            select.setBytes(2, Entries.streamCommitment(candidate.id(), candidate.secret()));
            select.setString(3, candidate.role());
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    throw otherThanLogged(row.getLong(1), "another stream secret or role");
                }
            }
        } catch (SQLException e) {
            throw new BusyException("cannot look up lost bindings", e);
        }
    }

    private static Problem otherThanLogged(long index, String what) {
        return Problem.conflict(
                "bound-otherwise",
                "the log has bound this stream already, at index " + index + ", with " + what
                        + ": register it as it was then, or give the device a new id, key and stream secret");
    }

    /** A revocation holds although the row of the key is gone. */
    private void refuseRevoked(Candidate candidate) {
        byte[] any = new Revocation(candidate.id(), candidate.key().kid(), "", null).entry();
        Ledger.Standing revocation =
                ledger.standing(List.of(Submission.of(any))).get(0);
        if (revocation != null) {
            throw Problem.conflict(
                    "key-revoked",
                    "this key was revoked at index " + revocation.index() + " of the log: give the stream a new key");
        }
    }

    /** Equal secrets would give two streams the same tags in the log. */
    private static void requireOwnSecret(Connection c, Candidate candidate) throws SQLException {
        try (PreparedStatement select =
                c.prepareStatement("SELECT 1 FROM stream WHERE secret = ? AND id <> ? LIMIT 1")) {
            select.setBytes(1, candidate.secret());
            select.setBytes(2, candidate.id());
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    throw Problem.conflict(
                            "stream-secret-taken", "another stream has this stream secret: every stream needs its own");
                }
            }
        }
    }

    /** The log binds this very key to this stream in other words: the row is gone, or another registration was quicker. */
    private Problem boundOtherwise(byte[] entry) {
        Ledger.Standing standing =
                ledger.standing(List.of(Submission.of(entry))).get(0);
        if (standing == null) {
            return Problem.conflict(
                    "bound-otherwise", "this key was bound at the same moment in other words: try again");
        }
        try {
            KeyBinding ours = KeyBinding.parse(entry);
            KeyBinding logged = KeyBinding.parse(standing.entry());
            List<String> other = new ArrayList<>();
            if (!Arrays.equals(ours.streamCommitment(), logged.streamCommitment())) {
                other.add("another stream secret");
            }
            if (!ours.role().equals(logged.role())) {
                other.add("role " + logged.role());
            }
            if (!ours.keeper().equals(logged.keeper())) {
                other.add("keeper " + logged.keeper());
            }
            if (!ours.organisation().equals(logged.organisation())) {
                other.add("organisation " + logged.organisation());
            }
            if (ours.firstEpoch() != logged.firstEpoch()) {
                other.add("firstEpoch " + logged.firstEpoch());
            }
            if (!ours.label().equals(logged.label())) {
                other.add("kind or label \"" + logged.label() + "\"");
            }
            return otherThanLogged(standing.index(), other.isEmpty() ? "other words" : String.join(", ", other));
        } catch (MalformedException e) {
            throw new IllegalStateException("entry " + standing.index() + " is no key binding", e);
        }
    }

    private static void insertStream(Connection c, Candidate candidate) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement("""
                INSERT INTO stream (id, tenant_id, role, secret, label, site, name, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET site = excluded.site, name = excluded.name, kind = excluded.kind
                WHERE stream.tenant_id = excluded.tenant_id AND stream.role = excluded.role AND stream.secret = excluded.secret""")) {
            insert.setBytes(1, candidate.id());
            insert.setString(2, candidate.tenant());
            insert.setString(3, candidate.role());
            insert.setBytes(4, candidate.secret());
            insert.setString(5, candidate.label());
            insert.setString(6, candidate.site());
            insert.setString(7, candidate.name());
            insert.setString(8, candidate.kind());
            if (insert.executeUpdate() != 1) {
                throw Problem.conflict(
                        "stream-taken", "this id is registered with another owner, role or stream secret");
            }
        }
    }

    private static void insertKey(Connection c, Candidate candidate, long index) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO stream_key (stream_id, kid, tenant_id, cose_key, keeper, first_epoch, binding_index) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id, kid) DO NOTHING")) {
            insert.setBytes(1, candidate.id());
            insert.setBytes(2, candidate.key().kid());
            insert.setString(3, candidate.tenant());
            insert.setBytes(4, candidate.key().coseKey());
            insert.setString(5, candidate.keeper());
            insert.setLong(6, candidate.firstEpoch());
            insert.setLong(7, index);
            insert.executeUpdate();
        }
    }

    /** What the binding calls the owner: its domain, else its name. */
    private String organisationOf(String tenant) {
        if (tenant.equals(PLATFORM)) {
            return ledger.checkpoint().checkpoint().origin();
        }
        try (Connection c = database.getConnection();
                PreparedStatement select =
                        c.prepareStatement("SELECT coalesce(domain, name) FROM organisation WHERE slug = ?")) {
            select.setString(1, tenant);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw Problem.conflict("unknown-organisation", "no organisation " + tenant);
                }
                return row.getString(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the organisation", e);
        }
    }
}
