package io.waymark.vision.photo;

import io.waymark.vision.VisionConfig;
import io.waymark.vision.intake.GreyPicture;
import io.waymark.vision.intake.ImageRefusedException;
import io.waymark.vision.intake.Intake;
import io.waymark.vision.match.Extraction;
import io.waymark.vision.match.Fingerprint;
import io.waymark.vision.match.Matching;
import io.waymark.vision.match.Quality;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.storage.Database;
import io.waymark.vision.vault.Digest;
import io.waymark.vision.vault.Vault;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The registered photographs of objects. */
@ApplicationScoped
public class Photos {
    /** Key points of a photograph registered where OpenCV could not be loaded. */
    static final int NOT_EXTRACTED = -1;

    private final Database database;
    private final Vault vault;
    private final Intake intake;
    private final Matching matching;
    private final LedgerEntries ledger;
    private final VisionConfig config;

    Photos(
            Database database,
            Vault vault,
            Intake intake,
            Matching matching,
            LedgerEntries ledger,
            VisionConfig config) {
        this.ledger = ledger;
        this.database = database;
        this.vault = vault;
        this.intake = intake;
        this.matching = matching;
        this.config = config;
    }

    /** One registered photograph, without its picture. Ledger index: null when it has no entry of its own. */
    public record Registered(String tenant, Digest digest, Instant registeredAt, Long ledgerIndex) {}

    /** A photograph without an entry in the ledger. */
    record Open(String tenant, ObjectUri uri, Digest digest) {}

    /**
     * What came of a registration.
     *
     * @param keyPoints   −1 when the photograph was kept without being looked at
     * @param ledgerIndex where the ledger has its digest; null for a device's image, of which it has the signed manifest
     * @param fresh       false when this very file was registered for this object before
     */
    public record Registration(Digest digest, int keyPoints, double sharpness, Long ledgerIndex, boolean fresh) {}

    private record Taken(Optional<Fingerprint> fingerprint, int keyPoints, double sharpness) {}

    /**
     * Registers a photograph of an object. When this returns, file, fingerprint and row are on disk and the digest is in the ledger. A
     * refusal leaves no file.
     *
     * @param device 16 bytes of the device that took it, or null for an organisation's own photograph
     * @throws ImageRefusedException bytes outside the limits, or a picture too poor to compare with (with the reason)
     * @throws VisionProblem 404 when nothing is known of the object, 409 when another organisation made it or it has too many photographs,
     *     503 when trace-service cannot be asked
     */
    public Registration register(String tenant, ObjectUri uri, byte[] image, byte[] device)
            throws ImageRefusedException {
        Digest digest = Digest.of(image);
        Optional<Registration> before = database.as(tenant, connection -> known(connection, uri, digest));
        if (before.isPresent()) {
            Registration known = before.get();
            return device != null || known.ledgerIndex != null
                    ? known
                    : new Registration(digest, known.keyPoints, known.sharpness, enter(tenant, uri, digest), false);
        }
        if (device != null) {
            ledger.checkMaker(tenant, uri);
        }
        Taken taken = intake.picture(image, this::take);
        // The ledger first: a photograph that counts always has its entry, and an entry whose photograph could not be
        // kept after all is
        // found again by the next try.
        Long index = device == null ? ledger.index(tenant, uri, digest) : null;
        return database.as(tenant, connection -> {
            // Serialises registrations of one object, so that what was counted holds.
            try (PreparedStatement lock = connection.prepareStatement(
                    "SELECT pg_advisory_xact_lock(hashtextextended('vision photo ' || ?, 0))")) {
                lock.setString(1, uri.value());
                lock.execute();
            }
            Optional<Registration> meanwhile = known(connection, uri, digest);
            if (meanwhile.isPresent()) {
                return meanwhile.get();
            }
            keep(tenant, image, digest, taken);
            insert(connection, tenant, uri, digest, taken, device, index);
            return new Registration(digest, taken.keyPoints, taken.sharpness, index, true);
        });
    }

    /** Gives a registered photograph its entry in the ledger; the index. Refuses as {@link LedgerEntries#index} does. */
    long enter(String tenant, ObjectUri uri, Digest digest) {
        long index = ledger.index(tenant, uri, digest);
        database.as(tenant, connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE vision.photo SET ledger_index = ? WHERE uri = ? AND digest = ?")) {
                update.setLong(1, index);
                update.setString(2, uri.value());
                update.setBytes(3, digest.bytes());
                return update.executeUpdate();
            }
        });
        return index;
    }

    /** Some of the organisations' photographs without an entry, the oldest first, leaving out the first {@code skip}. */
    List<Open> withoutEntry(int skip) {
        return database.acrossTenants(connection -> {
            try (PreparedStatement query =
                    connection.prepareStatement("SELECT tenant_id, uri, digest FROM vision.photos_without_entry(?)")) {
                query.setInt(1, skip);
                List<Open> open = new ArrayList<>();
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        open.add(new Open(
                                row.getString(1), new ObjectUri(row.getString(2)), new Digest(row.getBytes(3))));
                    }
                }
                return open;
            }
        });
    }

    private void keep(String tenant, byte[] image, Digest digest, Taken taken) {
        try {
            vault.putPhoto(tenant, image);
            if (taken.fingerprint.isPresent()) {
                vault.putFingerprint(tenant, digest, taken.fingerprint.get().toBytes());
            }
        } catch (IOException e) {
            throw new IllegalStateException("a photograph could not be stored", e);
        }
    }

    private Taken take(GreyPicture picture) throws ImageRefusedException {
        if (!matching.available()) {
            // Kept all the same: the fingerprint is computed by the first instance that can.
            return new Taken(
                    Optional.empty(), NOT_EXTRACTED, Quality.of(picture, 0).sharpness());
        }
        Fingerprint fingerprint = Extraction.of(picture);
        Quality quality = Quality.of(fingerprint.picture(), fingerprint.keyPoints());
        if (!quality.sufficient()) {
            throw new ImageRefusedException(String.join("; ", quality.reasons()));
        }
        return new Taken(Optional.of(fingerprint), fingerprint.keyPoints(), quality.sharpness());
    }

    /** This file's registration, if there is one; refuses when there is none and the object has its photographs. */
    private Optional<Registration> known(Connection connection, ObjectUri uri, Digest digest) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT digest = ?, key_points, sharpness, ledger_index FROM vision.photo WHERE uri = ?")) {
            query.setBytes(1, digest.bytes());
            query.setString(2, uri.value());
            int others = 0;
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (row.getBoolean(1)) {
                        return Optional.of(new Registration(
                                digest, row.getInt(2), row.getFloat(3), row.getObject(4, Long.class), false));
                    }
                    others++;
                }
            }
            if (others >= config.maxPhotosPerObject()) {
                throw VisionProblem.conflict("this object has its " + config.maxPhotosPerObject() + " photographs");
            }
            return Optional.empty();
        }
    }

    private static void insert(
            Connection connection, String tenant, ObjectUri uri, Digest digest, Taken taken, byte[] device, Long index)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO vision.photo (tenant_id, uri, digest, key_points, sharpness, device, ledger_index)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, tenant);
            insert.setString(2, uri.value());
            insert.setBytes(3, digest.bytes());
            insert.setInt(4, taken.keyPoints);
            insert.setFloat(5, (float) taken.sharpness);
            insert.setBytes(6, device);
            insert.setObject(7, index, Types.BIGINT);
            insert.executeUpdate();
        }
    }

    /** This tenant's photographs of the object, oldest first. */
    public List<Registered> of(String tenant, ObjectUri uri) {
        return database.as(
                tenant,
                connection -> list(
                        connection,
                        "SELECT tenant_id, digest, registered_at, ledger_index FROM vision.photo WHERE uri = ?"
                                + " ORDER BY registered_at, digest",
                        uri));
    }

    /** The object's photographs whoever registered them, oldest first. Only names come out, never a picture. */
    public List<Registered> ofAnyone(ObjectUri uri) {
        return database.acrossTenants(connection -> list(
                connection, "SELECT tenant_id, digest, registered_at, ledger_index FROM vision.photos_of(?)", uri));
    }

    private static List<Registered> list(Connection connection, String sql, ObjectUri uri) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, uri.value());
            List<Registered> photos = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    photos.add(new Registered(
                            row.getString(1),
                            new Digest(row.getBytes(2)),
                            row.getTimestamp(3).toInstant(),
                            row.getObject(4, Long.class)));
                }
            }
            return photos;
        }
    }

    /**
     * The fingerprint of a registered photograph, computed now if it was registered without one or by an older release.
     * Call on an intake thread with OpenCV loaded.
     */
    public Fingerprint fingerprint(Registered photo) throws IOException, ImageRefusedException {
        Optional<byte[]> stored = vault.fingerprint(photo.tenant, photo.digest);
        if (stored.isPresent() && Fingerprint.isCurrent(stored.get())) {
            return Fingerprint.ofBytes(stored.get());
        }
        byte[] image = vault.photo(photo.tenant, photo.digest)
                .orElseThrow(
                        () -> new IOException("photograph " + photo.digest + " is registered but not in the vault"));
        Fingerprint fingerprint = Extraction.of(Intake.decodeOnThisThread(image));
        vault.putFingerprint(photo.tenant, photo.digest, fingerprint.toBytes());
        return fingerprint;
    }
}
