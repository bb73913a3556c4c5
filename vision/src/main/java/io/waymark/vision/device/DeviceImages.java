package io.waymark.vision.device;

import io.waymark.vision.VisionConfig;
import io.waymark.vision.intake.ImageRefusedException;
import io.waymark.vision.photo.ObjectUri;
import io.waymark.vision.photo.Photos;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.storage.Database;
import io.waymark.vision.vault.Digest;
import io.waymark.vision.vault.Vault;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The chunk store. A chunk is durable when its request is answered; an image counts as complete only when every chunk had its
 * digest, the whole has its own, and the whole is in the vault.
 *
 * <p>Requests about one image are serialised by an advisory lock, across processes: two last chunks at the same moment make one
 * complete image.
 */
@ApplicationScoped
public class DeviceImages {
    /** Chunks that came before their manifest, or of an image nobody finished, are dropped after this long without change. */
    static final Duration ABANDONED = Duration.ofHours(24);

    private final Database database;
    private final Vault vault;
    private final Photos photos;
    private final VisionConfig config;

    DeviceImages(Database database, Vault vault, Photos photos, VisionConfig config) {
        this.database = database;
        this.vault = vault;
        this.photos = photos;
        this.config = config;
    }

    /**
     * How far an image is.
     *
     * @param missing chunk numbers; null while the manifest is unknown
     * @param photo   null, "registered" or "refused: why", for a complete image that shows an item
     */
    public record Progress(boolean complete, List<Integer> missing, String photo) {
        static final Progress MANIFEST_UNKNOWN = new Progress(false, null, null);
    }

    private record Stored(Manifest manifest, boolean complete, String photo) {}

    /**
     * Takes a manifest. The same again is free; one with further objects adds them.
     *
     * @throws VisionProblem 409 if another manifest described these bytes differently, 507 if the device has announced too much in a day
     */
    public Progress announce(Digest image, Manifest manifest) {
        Progress progress = locked(manifest.tenant(), image, connection -> {
            Optional<Stored> before = find(connection, manifest.tenant(), image);
            if (before.isEmpty()) {
                requireRoom(connection, manifest);
                insert(connection, image, manifest);
                return advance(connection, image, new Stored(manifest, false, null));
            }
            if (!before.get().manifest.describesTheSameBytes(manifest)) {
                throw VisionProblem.conflict("another manifest describes this image differently");
            }
            Set<ObjectUri> objects = new LinkedHashSet<>(before.get().manifest.objects());
            Stored known = before.get();
            if (objects.addAll(manifest.objects())) {
                known = new Stored(with(known.manifest, List.copyOf(objects)), known.complete, null);
                update(connection, image, known);
            }
            return advance(connection, image, known);
        });
        return registered(manifest.tenant(), image, progress);
    }

    /**
     * Takes a chunk of a tenant's image, with or without a manifest known.
     *
     * @throws VisionProblem 422 if it is not the chunk its manifest announced, 507 if too much is under way
     */
    public Progress chunk(String tenant, Digest image, int n, byte[] chunk) {
        Progress progress = locked(tenant, image, connection -> {
            Optional<Stored> known = find(connection, tenant, image);
            if (known.isPresent() && known.get().complete) {
                return new Progress(true, List.of(), known.get().photo);
            }
            if (known.isPresent()) {
                check(known.get().manifest, n, chunk);
            }
            try {
                BitSet held = vault.chunkNumbers(tenant, image);
                if (!held.get(n) || known.isEmpty()) {
                    makeRoom(connection, tenant, chunk.length, known.isEmpty());
                    vault.putChunk(tenant, image, n, chunk);
                }
            } catch (IOException e) {
                throw new IllegalStateException("a chunk could not be stored", e);
            }
            return known.isEmpty() ? Progress.MANIFEST_UNKNOWN : advance(connection, image, known.get());
        });
        return registered(tenant, image, progress);
    }

    /** How many of a device's newest images are told. */
    static final int NEWEST = 50;

    /**
     * An image that a device announced.
     *
     * @param state   "complete", "under-way", or "incomplete" after {@link #ABANDONED}: a manifest in the ledger whose picture never came
     * @param missing chunks that have not come; 0 of a complete one
     * @param photo   as in {@link Progress}
     */
    public record Announced(
            String digest, long bytes, int chunks, int missing, String state, Instant announcedAt, String photo) {}

    /** The newest images of a tenant's device, newest first; empty for a device of another. */
    public List<Announced> newest(String tenant, byte[] device) {
        return database.as(tenant, connection -> {
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT digest, bytes, length(chunk_digests) / 32, completed_at IS NOT NULL, created_at, photo"
                            + " FROM vision.device_image WHERE device = ? ORDER BY created_at DESC LIMIT " + NEWEST)) {
                query.setBytes(1, device);
                List<Announced> newest = new ArrayList<>();
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        Digest image = new Digest(row.getBytes(1));
                        boolean complete = row.getBoolean(4);
                        Instant at = row.getTimestamp(5).toInstant();
                        int chunks = row.getInt(3);
                        newest.add(new Announced(
                                image.toString(),
                                row.getLong(2),
                                chunks,
                                complete
                                        ? 0
                                        : chunks
                                                - vault.chunkNumbers(tenant, image)
                                                        .cardinality(),
                                complete
                                        ? "complete"
                                        : at.isBefore(Instant.now().minus(ABANDONED)) ? "incomplete" : "under-way",
                                at,
                                row.getString(6)));
                    }
                } catch (IOException e) {
                    throw new IllegalStateException("chunks could not be counted", e);
                }
                return newest;
            }
        });
    }

    /** Tenants whose manifest announced this image. */
    public List<String> awaiting(Digest image) {
        return database.acrossTenants(connection -> {
            try (PreparedStatement query =
                    connection.prepareStatement("SELECT tenant_id FROM vision.tenants_awaiting(?)")) {
                query.setBytes(1, image.bytes());
                List<String> tenants = new ArrayList<>();
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        tenants.add(row.getString(1));
                    }
                }
                return tenants;
            }
        });
    }

    private static void check(Manifest manifest, int n, byte[] chunk) {
        if (n >= manifest.chunkDigests().size()) {
            throw VisionProblem.unusableImage(
                    "the image has " + manifest.chunkDigests().size() + " chunks");
        }
        if (chunk.length != manifest.length(n)
                || !Digest.of(chunk).equals(manifest.chunkDigests().get(n))) {
            throw VisionProblem.unusableImage("chunk " + n + " does not have the digest its manifest gives");
        }
    }

    /** Assembles the image if all chunks are there; drops chunks that came early and turn out wrong. */
    private Progress advance(Connection connection, Digest image, Stored stored) throws SQLException {
        if (stored.complete) {
            return new Progress(true, List.of(), stored.photo);
        }
        Manifest manifest = stored.manifest;
        String tenant = manifest.tenant();
        int chunks = manifest.chunkDigests().size();
        try {
            BitSet held = vault.chunkNumbers(tenant, image);
            List<Integer> missing = new ArrayList<>();
            for (int n = held.nextClearBit(0); n < chunks; n = held.nextClearBit(n + 1)) {
                missing.add(n);
            }
            if (!missing.isEmpty()) {
                return new Progress(false, missing, null);
            }
            ByteBuffer whole = ByteBuffer.allocate((int) manifest.bytes());
            for (int n = 0; n < chunks; n++) {
                byte[] chunk = vault.chunk(tenant, image, n).orElseThrow();
                // A chunk from before the manifest has not been checked yet.
                if (chunk.length != manifest.length(n)
                        || !Digest.of(chunk).equals(manifest.chunkDigests().get(n))) {
                    vault.deleteChunk(tenant, image, n);
                    missing.add(n);
                } else {
                    whole.put(chunk);
                }
            }
            if (!missing.isEmpty()) {
                return new Progress(false, missing, null);
            }
            if (!Digest.of(whole.array()).equals(image)) {
                // Every chunk is what the manifest says, so the manifest contradicts itself; no chunk can mend that.
                throw VisionProblem.unusableImage("the chunks together do not have the image's digest");
            }
            vault.putPhoto(tenant, whole.array());
        } catch (IOException e) {
            throw new IllegalStateException("a device image could not be stored", e);
        }
        update(connection, image, new Stored(manifest, true, null));
        return new Progress(true, List.of(), null);
    }

    /**
     * After the commit: chunks of a complete image go, and it is registered for the items it shows. Outside the transaction,
     * because decoding may take seconds; a crash in between is made good by the next repeat of the manifest or of a chunk.
     */
    private Progress registered(String tenant, Digest image, Progress progress) {
        if (!progress.complete || progress.photo != null) {
            return progress;
        }
        try {
            vault.deleteChunks(tenant, image);
            Stored stored = database.as(tenant, connection -> find(connection, tenant, image))
                    .orElseThrow(() -> new IllegalStateException("a complete image has no row"));
            if (stored.manifest.objects().isEmpty()) {
                return progress;
            }
            byte[] bytes =
                    vault.photo(tenant, image).orElseThrow(() -> new IOException(image + " is not in the vault"));
            String outcome = register(tenant, stored.manifest, bytes);
            return database.as(tenant, connection -> {
                update(connection, image, new Stored(stored.manifest, true, outcome));
                return new Progress(true, List.of(), outcome);
            });
        } catch (IOException e) {
            throw new IllegalStateException("a device image could not be registered", e);
        }
    }

    private String register(String tenant, Manifest manifest, byte[] image) {
        try {
            for (ObjectUri object : manifest.objects()) {
                photos.register(tenant, object, image, manifest.device());
            }
            return "registered";
        } catch (ImageRefusedException e) {
            return "refused: " + e.getMessage();
        } catch (VisionProblem e) {
            if (e.isTemporary()) {
                throw e;
            }
            return "refused: " + e.getMessage();
        }
    }

    /** Refuses a chunk that would go over the bounds, after dropping what nobody touched for a day. */
    private void makeRoom(Connection connection, String tenant, int bytes, boolean orphan)
            throws IOException, SQLException {
        long all = bytes;
        long orphans = orphan ? bytes : 0;
        Instant abandoned = Instant.now().minus(ABANDONED);
        for (Vault.Unfinished image : vault.unfinished(tenant)) {
            if (image.touched().isBefore(abandoned)) {
                vault.deleteChunks(tenant, image.image());
                continue;
            }
            all += image.bytes();
            if (orphan && find(connection, tenant, image.image()).isEmpty()) {
                orphans += image.bytes();
            }
        }
        if (all > config.maxUnfinishedBytes()) {
            throw VisionProblem.full("too many unfinished images of this organisation");
        }
        if (orphans > config.maxOrphanBytes()) {
            throw VisionProblem.full("too many chunks without a manifest; send the manifest first");
        }
    }

    /** A stuck shutter must not fill the disk, nor take the place of the organisation's other devices. */
    private void requireRoom(Connection connection, Manifest manifest) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT coalesce(sum(bytes), 0) FROM vision.device_image"
                        + " WHERE device = ? AND created_at > now() - interval '24 hours'")) {
            query.setBytes(1, manifest.device());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (row.getLong(1) + manifest.bytes() > config.maxDeviceBytesPerDay()) {
                    throw VisionProblem.full("this device has announced " + (row.getLong(1) >> 20)
                            + " MiB of images in 24 hours; send the manifest again later");
                }
            }
        }
    }

    private <T> T locked(String tenant, Digest image, Database.Work<T> work) {
        return database.as(tenant, connection -> {
            try (PreparedStatement lock = connection.prepareStatement(
                    "SELECT pg_advisory_xact_lock(hashtextextended('vision image ' || ?, 0))")) {
                lock.setString(1, tenant + " " + image);
                lock.execute();
            }
            return work.with(connection);
        });
    }

    private static Optional<Stored> find(Connection connection, String tenant, Digest image) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT device, bytes, media_type, chunk_bytes, chunk_digests, uris, completed_at IS NOT NULL, photo"
                        + " FROM vision.device_image WHERE digest = ?")) {
            query.setBytes(1, image.bytes());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                byte[] digests = row.getBytes(5);
                List<Digest> chunkDigests = new ArrayList<>();
                for (int at = 0; at < digests.length; at += 32) {
                    chunkDigests.add(new Digest(Arrays.copyOfRange(digests, at, at + 32)));
                }
                List<ObjectUri> objects = Arrays.stream(
                                (String[]) row.getArray(6).getArray())
                        .map(ObjectUri::new)
                        .toList();
                return Optional.of(new Stored(
                        new Manifest(
                                tenant,
                                row.getBytes(1),
                                row.getLong(2),
                                row.getString(3),
                                row.getInt(4),
                                chunkDigests,
                                objects),
                        row.getBoolean(7),
                        row.getString(8)));
            }
        }
    }

    private static void insert(Connection connection, Digest image, Manifest manifest) throws SQLException {
        ByteBuffer digests = ByteBuffer.allocate(32 * manifest.chunkDigests().size());
        manifest.chunkDigests().forEach(digest -> digests.put(digest.bytes()));
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO vision.device_image (tenant_id, digest, device, bytes, media_type, chunk_bytes, chunk_digests, uris)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, manifest.tenant());
            insert.setBytes(2, image.bytes());
            insert.setBytes(3, manifest.device());
            insert.setLong(4, manifest.bytes());
            insert.setString(5, manifest.mediaType());
            insert.setInt(6, manifest.chunkBytes());
            insert.setBytes(7, digests.array());
            insert.setArray(8, uris(connection, manifest));
            insert.executeUpdate();
        }
    }

    private static void update(Connection connection, Digest image, Stored stored) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE vision.device_image SET uris = ?, photo = ?,"
                        + " completed_at = CASE WHEN ? THEN coalesce(completed_at, now()) END WHERE digest = ?")) {
            update.setArray(1, uris(connection, stored.manifest));
            update.setString(2, stored.photo);
            update.setBoolean(3, stored.complete);
            update.setBytes(4, image.bytes());
            update.executeUpdate();
        }
    }

    private static Array uris(Connection connection, Manifest manifest) throws SQLException {
        return connection.createArrayOf(
                "text", manifest.objects().stream().map(ObjectUri::value).toArray());
    }

    private static Manifest with(Manifest manifest, List<ObjectUri> objects) {
        return new Manifest(
                manifest.tenant(),
                manifest.device(),
                manifest.bytes(),
                manifest.mediaType(),
                manifest.chunkBytes(),
                manifest.chunkDigests(),
                objects);
    }
}
