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
    private final VisionConfig config;

    Photos(Database database, Vault vault, Intake intake, Matching matching, VisionConfig config) {
        this.database = database;
        this.vault = vault;
        this.intake = intake;
        this.matching = matching;
        this.config = config;
    }

    /** One registered photograph, without its picture. */
    public record Registered(String tenant, Digest digest, Instant registeredAt) {}

    /**
     * What came of a registration.
     *
     * @param keyPoints −1 when the photograph was kept without being looked at
     * @param fresh     false when this very file was registered for this object before
     */
    public record Registration(Digest digest, int keyPoints, double sharpness, boolean fresh) {}

    private record Taken(Optional<Fingerprint> fingerprint, int keyPoints, double sharpness) {}

    /**
     * Registers a photograph of an object. When this returns, file, fingerprint and row are on disk.
     *
     * @param device 16 bytes of the device that took it, or null for an organisation's own photograph
     * @throws ImageRefusedException bytes outside the limits, or a picture too poor to compare with (with the reason)
     * @throws VisionProblem 409 when another organisation has registered photographs of this object, or there are too many
     */
    public Registration register(String tenant, ObjectUri uri, byte[] image, byte[] device)
            throws ImageRefusedException {
        Digest digest = Digest.of(image);
        Optional<Registration> before = database.as(tenant, connection -> find(connection, uri, digest));
        if (before.isPresent()) {
            return before.get();
        }
        Taken taken = intake.picture(image, this::take);
        try {
            vault.putPhoto(tenant, image);
            if (taken.fingerprint.isPresent()) {
                vault.putFingerprint(tenant, digest, taken.fingerprint.get().toBytes());
            }
        } catch (IOException e) {
            throw new IllegalStateException("a photograph could not be stored", e);
        }
        return database.as(tenant, connection -> insert(connection, tenant, uri, digest, taken, device));
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

    private Optional<Registration> find(Connection connection, ObjectUri uri, Digest digest) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT key_points, sharpness FROM vision.photo WHERE uri = ? AND digest = ?")) {
            query.setString(1, uri.value());
            query.setBytes(2, digest.bytes());
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Registration(digest, row.getInt(1), row.getFloat(2), false))
                        : Optional.empty();
            }
        }
    }

    private Registration insert(
            Connection connection, String tenant, ObjectUri uri, Digest digest, Taken taken, byte[] device)
            throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(
                "INSERT INTO vision.subject (uri, tenant_id) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
            claim.setString(1, uri.value());
            claim.setString(2, tenant);
            claim.executeUpdate();
        }
        // Serialises registrations of one object, so that the count below holds.
        try (PreparedStatement lock = connection.prepareStatement(
                "SELECT pg_advisory_xact_lock(hashtextextended('vision photo ' || ?, 0))")) {
            lock.setString(1, uri.value());
            lock.execute();
        }
        try (PreparedStatement query =
                connection.prepareStatement("SELECT EXISTS (SELECT 1 FROM vision.subject WHERE uri = ?),"
                        + " (SELECT count(*) FROM vision.photo WHERE uri = ?)")) {
            query.setString(1, uri.value());
            query.setString(2, uri.value());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw VisionProblem.conflict("another organisation has registered photographs of this object");
                }
                if (row.getInt(2) >= config.maxPhotosPerObject()) {
                    throw VisionProblem.conflict("this object has its " + config.maxPhotosPerObject() + " photographs");
                }
            }
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO vision.photo (tenant_id, uri, digest, key_points, sharpness, device) VALUES (?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT DO NOTHING")) {
            insert.setString(1, tenant);
            insert.setString(2, uri.value());
            insert.setBytes(3, digest.bytes());
            insert.setInt(4, taken.keyPoints);
            insert.setFloat(5, (float) taken.sharpness);
            insert.setBytes(6, device);
            boolean fresh = insert.executeUpdate() == 1;
            return new Registration(digest, taken.keyPoints, taken.sharpness, fresh);
        }
    }

    /** This tenant's photographs of the object, oldest first. */
    public List<Registered> of(String tenant, ObjectUri uri) {
        return database.as(
                tenant,
                connection -> list(
                        connection,
                        "SELECT tenant_id, digest, registered_at FROM vision.photo WHERE uri = ? ORDER BY registered_at, digest",
                        uri));
    }

    /** The object's photographs whoever registered them, oldest first. Only names come out, never a picture. */
    public List<Registered> ofAnyone(ObjectUri uri) {
        return database.acrossTenants(connection ->
                list(connection, "SELECT tenant_id, digest, registered_at FROM vision.photos_of(?)", uri));
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
                            row.getTimestamp(3).toInstant()));
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
