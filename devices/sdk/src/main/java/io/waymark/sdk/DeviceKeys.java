package io.waymark.sdk;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Everything secret about one device: its signing key, its stream secret and its identity, in one PKCS#12 file readable by its owner only.
 *
 * <p>The key is made here and leaves the device by no call of this SDK. The identity is 16 random bytes, not a serial number, so that a
 * ledger entry tells an outsider nothing about the maker.
 */
public final class DeviceKeys {

    // Kept as PKCS#12 secret-key entries, not as private-key entries: those need a certificate, and a self-signed one
    // would be a claim
    // that nobody checks. The key binding in the ledger is the certificate.
    private static final String STORE = "keys.p12";
    private static final String PASSWORD = "keys.password";
    private static final String ID = "device-id";
    private static final String STREAM_SECRET = "stream-secret";
    private static final String ED25519 = "ed25519-seed";
    private static final String P256 = "p256-scalar";
    private static final String NEXT = "next-"; // before the two above: the key of a rotation under way
    private static final byte[] POSSESSION = "waymark key possession\n".getBytes(StandardCharsets.UTF_8);

    private final Path store;
    private final char[] password;
    private final byte[] id;
    private final byte[] streamSecret;
    private volatile SigningKey signingKey;
    private volatile @Nullable SigningKey next;

    private DeviceKeys(
            Path store,
            char[] password,
            byte[] id,
            SigningKey signingKey,
            @Nullable SigningKey next,
            byte[] streamSecret) {
        this.store = store;
        this.password = password;
        this.id = id;
        this.signingKey = signingKey;
        this.next = next;
        this.streamSecret = streamSecret;
    }

    /** As {@link #openOrCreate(Path, Algorithm, String)} with Ed25519 and a password of its own. */
    public static DeviceKeys openOrCreate(Path folder) throws IOException {
        return openOrCreate(folder, Algorithm.ED25519, null);
    }

    /**
     * The keys in {@code folder/keys.p12}; made, durably, when there are none.
     *
     * @param algorithm only for new keys
     * @param password null = the one in {@code folder/keys.password} (0600), made at random with the keys. That guards against a copied
     *     key file, not against somebody who reads the whole folder; a device with a secure element should pass its own.
     * @throws IOException also when the password is wrong
     */
    public static DeviceKeys openOrCreate(Path folder, Algorithm algorithm, @Nullable String password)
            throws IOException {
        Files.createDirectories(folder);
        char[] secret = (password != null ? password : ownPassword(folder)).toCharArray();
        Path store = folder.resolve(STORE);
        if (!Files.exists(store)) {
            DeviceChain.markNew(folder); // before the key exists, so that a key without it means: it was lost
            byte[] id = new byte[16];
            byte[] streamSecret = new byte[32];
            SecureRandom random = new SecureRandom();
            random.nextBytes(id);
            random.nextBytes(streamSecret);
            new DeviceKeys(store, secret, id, SigningKey.generate(algorithm), null, streamSecret).write();
        }
        return read(store, secret);
    }

    /** 16 random bytes; a copy. */
    public byte[] id() {
        return id.clone();
    }

    /** The identity as 32 lower-case hex digits, as it appears in topics. */
    public String idHex() {
        return HexFormat.of().formatHex(id);
    }

    public SigningKey signingKey() {
        return signingKey;
    }

    public VerificationKey verificationKey() {
        return signingKey.verificationKey();
    }

    /** 32 bytes, shared with the platform at registration so that it can make this device's ledger tags; a copy. */
    public byte[] streamSecret() {
        return streamSecret.clone();
    }

    /** Signature over "waymark key possession\n" ‖ id: shows at registration that the caller holds the key. */
    public byte[] possession() {
        byte[] message = Arrays.copyOf(POSSESSION, POSSESSION.length + id.length);
        System.arraycopy(id, 0, message, POSSESSION.length, id.length);
        return signingKey.sign(message);
    }

    /** The key that a rotation goes to, durable before this returns; the one of a rotation that was begun before, if there was one. */
    synchronized SigningKey prepareNext() throws IOException {
        SigningKey prepared = next;
        if (prepared == null) {
            prepared = SigningKey.generate(signingKey.algorithm());
            next = prepared;
            write();
        }
        return prepared;
    }

    /** Whether there is a key to go to. */
    boolean hasNext() {
        return next != null;
    }

    /** From here on the next key signs, and the old one is gone from the disk. */
    synchronized void switchToNext() throws IOException {
        SigningKey prepared = Objects.requireNonNull(next, "no next key was prepared");
        new DeviceKeys(store, password, id, prepared, null, streamSecret).write();
        signingKey = prepared;
        next = null;
    }

    private void write() throws IOException {
        try {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            put(keys, ID, id, password);
            put(keys, STREAM_SECRET, streamSecret, password);
            put(keys, alias(signingKey), signingKey.secretBytes(), password);
            SigningKey prepared = next;
            if (prepared != null) put(keys, NEXT + alias(prepared), prepared.secretBytes(), password);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            keys.store(out, password);
            writeDurably(store, out.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IOException("the key store cannot be written: " + e.getMessage(), e);
        }
    }

    private static String alias(SigningKey key) {
        return key.algorithm() == Algorithm.ED25519 ? ED25519 : P256;
    }

    private static DeviceKeys read(Path store, char[] password) throws IOException {
        try {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(new ByteArrayInputStream(Files.readAllBytes(store)), password);
            SigningKey signing = signing(keys, "", password);
            if (signing == null) throw new IOException("the key store has no signing key");
            return new DeviceKeys(
                    store,
                    password,
                    get(keys, ID, password, 16),
                    signing,
                    signing(keys, NEXT, password),
                    get(keys, STREAM_SECRET, password, 32));
        } catch (GeneralSecurityException e) {
            throw new IOException("the key store cannot be read: " + e.getMessage(), e);
        }
    }

    private static @Nullable SigningKey signing(KeyStore keys, String prefix, char[] password)
            throws GeneralSecurityException, IOException {
        if (keys.containsAlias(prefix + ED25519)) return SigningKey.ofSeed(get(keys, prefix + ED25519, password, 32));
        if (keys.containsAlias(prefix + P256))
            return SigningKey.ofP256(new BigInteger(1, get(keys, prefix + P256, password, 32)));
        return null;
    }

    private static void put(KeyStore keys, String alias, byte[] value, char[] password)
            throws GeneralSecurityException {
        // The store knows secret keys only by an algorithm it can name; "AES" is a label here.
        keys.setEntry(
                alias,
                new KeyStore.SecretKeyEntry(new SecretKeySpec(value, "AES")),
                new KeyStore.PasswordProtection(password));
    }

    private static byte[] get(KeyStore keys, String alias, char[] password, int length)
            throws GeneralSecurityException, IOException {
        if (!(keys.getKey(alias, password) instanceof SecretKey key) || key.getEncoded().length != length)
            throw new IOException("the key store has no " + alias + " of " + length + " bytes");
        return key.getEncoded();
    }

    private static String ownPassword(Path folder) throws IOException {
        Path file = folder.resolve(PASSWORD);
        if (!Files.exists(file)) {
            if (Files.exists(folder.resolve(STORE)))
                throw new IOException("there are keys but no " + PASSWORD + ", and no password was given");
            byte[] random = new byte[24];
            new SecureRandom().nextBytes(random);
            writeDurably(file, HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII));
        }
        return Files.readString(file).strip();
    }

    /** Writes a new file of mode 0600 whole or not at all, and its name with it. */
    static void writeDurably(Path file, byte[] bytes) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
        Path part = folder.resolve(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Outbox.ownerOnly(part); // before the first byte
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) channel.write(buffer);
            channel.force(true);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(part.getFileName() + " is being written by somebody else", e);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Outbox.syncFolder(folder);
    }
}
