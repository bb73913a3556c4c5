package io.waymark.vision.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Encrypted files below one folder:
 *
 * <pre>
 * {tenant}/photo/{2 hex}/{sha256}             a photograph or device image
 * {tenant}/fingerprint/{2 hex}/{sha256}       the fingerprint of that photograph
 * {tenant}/chunk/{sha256 of the image}/{n}    a chunk of an unfinished device image
 * key-check                                   known text, to notice a wrong master key at start
 * </pre>
 *
 * A file is there whole or not at all: written under another name, synced, renamed, the folder synced.
 */
public final class Vault {
    private static final byte[] MAGIC = {'W', 'M', 'V', '1'};
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final Pattern TENANT = Pattern.compile("[a-z0-9-]{1,32}");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,4}");
    private static final byte[] KNOWN = "waymark vision vault 1".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final Path root;
    private final SecretKey key;
    private final SecureRandom random = new SecureRandom();

    /**
     * Opens the folder, creating it if need be.
     *
     * @throws IOException if the folder was written under another key, or cannot be written to
     */
    public Vault(Path root, SecretKey key) throws IOException {
        this.root = root;
        this.key = key;
        Files.createDirectories(root);
        Path check = root.resolve("key-check");
        Optional<byte[]> known = get(check, KNOWN);
        if (known.isEmpty()) {
            put(check, KNOWN, KNOWN);
        }
    }

    /** Whether anything was ever stored below {@code root}. */
    public static boolean used(Path root) {
        return Files.exists(root.resolve("key-check"));
    }

    /** Keeps a photograph under its own SHA-256. Storing the same again does nothing. Durable on return. */
    public Digest putPhoto(String tenant, byte[] image) throws IOException {
        Digest digest = Digest.of(image);
        Path file = file(tenant, "photo", digest);
        if (!Files.exists(file)) {
            put(file, image, digest.bytes());
        }
        return digest;
    }

    /** The photograph of that name, checked against it; empty if it is not here. */
    public Optional<byte[]> photo(String tenant, Digest digest) throws IOException {
        Optional<byte[]> image = get(file(tenant, "photo", digest), digest.bytes());
        if (image.isPresent() && !Digest.of(image.get()).equals(digest)) {
            throw new IOException("photograph " + digest + " does not have its digest");
        }
        return image;
    }

    /** Keeps (or replaces) the fingerprint of the photograph of that name. */
    public void putFingerprint(String tenant, Digest photo, byte[] fingerprint) throws IOException {
        put(file(tenant, "fingerprint", photo), fingerprint, fingerprintOf(photo));
    }

    public Optional<byte[]> fingerprint(String tenant, Digest photo) throws IOException {
        return get(file(tenant, "fingerprint", photo), fingerprintOf(photo));
    }

    /** Keeps a chunk; a chunk already there is replaced. */
    public void putChunk(String tenant, Digest image, int n, byte[] chunk) throws IOException {
        put(chunks(tenant, image).resolve(Integer.toString(n)), chunk, chunkOf(image, n));
    }

    public Optional<byte[]> chunk(String tenant, Digest image, int n) throws IOException {
        return get(chunks(tenant, image).resolve(Integer.toString(n)), chunkOf(image, n));
    }

    public void deleteChunk(String tenant, Digest image, int n) throws IOException {
        Files.deleteIfExists(chunks(tenant, image).resolve(Integer.toString(n)));
    }

    /** Numbers of the chunks held of an image. */
    public BitSet chunkNumbers(String tenant, Digest image) throws IOException {
        BitSet numbers = new BitSet();
        Path folder = chunks(tenant, image);
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    if (NUMBER.matcher(name).matches()) {
                        numbers.set(Integer.parseInt(name));
                    }
                }
            }
        }
        return numbers;
    }

    public void deleteChunks(String tenant, Digest image) throws IOException {
        Path folder = chunks(tenant, image);
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(folder);
        }
    }

    /** One image with chunks under way. */
    public record Unfinished(Digest image, long bytes, Instant touched) {}

    /** Every image of the tenant with chunks under way. Reads the folder: tens of entries, not thousands. */
    public java.util.List<Unfinished> unfinished(String tenant) throws IOException {
        Path folder = root.resolve(checked(tenant)).resolve("chunk");
        if (!Files.isDirectory(folder)) {
            return java.util.List.of();
        }
        java.util.List<Unfinished> all = new java.util.ArrayList<>();
        try (DirectoryStream<Path> images = Files.newDirectoryStream(folder)) {
            for (Path image : images) {
                Optional<Digest> digest = Digest.ofHex(image.getFileName().toString());
                if (digest.isEmpty()) {
                    continue;
                }
                long bytes = 0;
                Instant touched;
                try (Stream<Path> files = Files.list(image)) {
                    for (Path file : files.toList()) {
                        bytes += Files.size(file);
                    }
                    FileTime time = Files.getLastModifiedTime(image);
                    touched = time.toInstant();
                } catch (NoSuchFileException e) {
                    continue; // finished meanwhile
                }
                all.add(new Unfinished(digest.get(), bytes, touched));
            }
        }
        return all;
    }

    /** Whether a file can be written now; throws with the reason if not. */
    public void checkWritable() throws IOException {
        Path probe = Files.createTempFile(root, "probe", ".tmp");
        Files.delete(probe);
    }

    private Path file(String tenant, String kind, Digest digest) {
        String name = digest.toString();
        return root.resolve(checked(tenant))
                .resolve(kind)
                .resolve(name.substring(0, 2))
                .resolve(name);
    }

    private Path chunks(String tenant, Digest image) {
        return root.resolve(checked(tenant)).resolve("chunk").resolve(image.toString());
    }

    private static String checked(String tenant) {
        if (!TENANT.matcher(tenant).matches()) {
            throw new IllegalArgumentException("\"" + tenant + "\" is not a tenant");
        }
        return tenant;
    }

    private static byte[] fingerprintOf(Digest photo) {
        return ByteBuffer.allocate(33).put(photo.bytes()).put((byte) 1).array();
    }

    private static byte[] chunkOf(Digest image, int n) {
        return ByteBuffer.allocate(37)
                .put(image.bytes())
                .put((byte) 2)
                .putInt(n)
                .array();
    }

    // file = "WMV1" ‖ nonce(12) ‖ AES-256-GCM(key, nonce, associated data, plaintext) with its tag(16)
    // Associated data binds the file to its name, so that two files cannot be exchanged unnoticed.
    // Nonces are random: with 2^32 files under one key two of them are equal with probability 2^-33 (NIST SP 800-38D
    // §8.3's
    // bound); long before that, make a new vault.
    private void put(Path file, byte[] plaintext, byte[] associated) throws IOException {
        byte[] nonce = new byte[NONCE];
        random.nextBytes(nonce);
        byte[] sealed;
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(associated);
            sealed = cipher.doFinal(plaintext);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has AES-GCM", e);
        }
        Path folder = file.getParent();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            for (Path at = folder; !at.equals(root); at = at.getParent()) {
                syncFolder(at.getParent());
            }
        }
        Path fresh = Files.createTempFile(folder, "new", ".tmp");
        try {
            try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                for (byte[] part : new byte[][] {MAGIC, nonce, sealed}) {
                    ByteBuffer bytes = ByteBuffer.wrap(part);
                    while (bytes.hasRemaining()) {
                        out.write(bytes);
                    }
                }
                out.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
        syncFolder(folder);
    }

    private Optional<byte[]> get(Path file, byte[] associated) throws IOException {
        byte[] stored;
        try {
            stored = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        int head = MAGIC.length + NONCE;
        if (stored.length < head + TAG_BITS / 8
                || ByteBuffer.wrap(stored, 0, 4).compareTo(ByteBuffer.wrap(MAGIC)) != 0) {
            throw new IOException(file + " is not a file of this vault");
        }
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, stored, MAGIC.length, NONCE));
            cipher.updateAAD(associated);
            return Optional.of(cipher.doFinal(stored, head, stored.length - head));
        } catch (AEADBadTagException e) {
            throw new IOException(file + " was altered, or belongs to another master key", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has AES-GCM", e);
        }
    }

    static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
