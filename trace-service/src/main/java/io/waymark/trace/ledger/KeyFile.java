package io.waymark.trace.ledger;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * One secret key in a file that only its owner may read. Two forms, told apart by the name:
 *
 * <ul>
 *   <li>{@code .p12}: PKCS#12 (RFC 7292) as the JDK writes it and OpenSSL 3 reads it, its passphrase in a file of its own. An Ed25519 key has
 *       a self-signed certificate beside it, because key stores want one; nobody is asked to trust it.
 *   <li>anything else: an Ed25519 seed as 64 hex digits and a line break, as installations had it before. Where {@code log.p12} is missing
 *       and {@code log.key} is there, that one is opened.
 * </ul>
 *
 * @param file       as configured; it need not exist
 * @param passphrase one line of printable ASCII, 0600
 */
public record KeyFile(Path file, Path passphrase) {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final String PKCS12 = ".p12";
    private static final String SEED = ".key";
    private static final String ALIAS = "waymark";
    private static final int MOST_BYTES = 65_536;
    private static final int SEED_LENGTH = 32;
    // X.509's "no well-defined expiration date" (RFC 5280 §4.1.2.5): until when a key counts, the log says.
    private static final Instant NEVER = Instant.parse("9999-12-31T23:59:59Z");

    /** The passphrase of a {@code .p12} lies beside it, in {@code NAME.p12.passphrase}. */
    public static KeyFile at(Path file) {
        return new KeyFile(file, file.resolveSibling(file.getFileName() + ".passphrase"));
    }

    /** @param passphrase where the passphrase is kept; empty: beside the key */
    public static KeyFile at(Path file, Optional<Path> passphrase) {
        return passphrase.map(elsewhere -> new KeyFile(file, elsewhere)).orElseGet(() -> at(file));
    }

    /** {@link #key()} of the file at this place. */
    public static Optional<SigningKey> read(Path file) {
        return at(file).key();
    }

    /** {@link #create()} at this place. */
    public static SigningKey create(Path file) {
        return at(file).create();
    }

    /**
     * The signing key, or empty when there is no such file.
     *
     * @throws IllegalStateException in one line: the file is open to others, the passphrase is missing or wrong, or it holds no Ed25519 key
     */
    public Optional<SigningKey> key() {
        return stored().map(from -> SigningKey.ofSeed(from.isPkcs12() ? from.seed() : from.hexSeed()));
    }

    /** Makes a new signing key and its file, synced to disk; never overwrites. */
    public SigningKey create() {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        keep(key);
        return key;
    }

    /** Stores a signing key, synced to disk; never overwrites. */
    public void keep(SigningKey key) {
        byte[] seed = key.secretBytes();
        if (isPkcs12()) {
            store(certified(seed, key.verificationKey().raw()));
        } else {
            write(file, (HexFormat.of().formatHex(seed) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    /**
     * The AES key in a {@code .p12}, or empty when there is no such file.
     *
     * @throws IllegalStateException as {@link #key()}
     */
    public Optional<byte[]> secret() {
        return Files.exists(file) ? Optional.of(opened(SecretKey.class).getEncoded()) : Optional.empty();
    }

    /** Stores an AES key in a {@code .p12}, synced to disk; never overwrites. */
    public void keepSecret(byte[] key) {
        store(new KeyStore.SecretKeyEntry(new SecretKeySpec(key, "AES")));
    }

    /**
     * Moves the key of {@link #before()} into this {@code .p12} and deletes that file; nobody may be using the key meanwhile. Whatever it is cut
     * short by, one of the two files holds the whole key.
     *
     * @param signing whether it is a signing key; else 32 bytes of AES
     * @return false when there is nothing to move: this file is there, or that one is not
     */
    public boolean convert(boolean signing) {
        KeyFile before = before();
        if (Files.exists(file) || !Files.exists(before.file)) {
            return false;
        }
        byte[] key = signing ? before.hexSeed() : bytes(before.file);
        if (signing) {
            keep(SigningKey.ofSeed(key));
        } else {
            keepSecret(key);
        }
        byte[] read = signing ? seed() : opened(SecretKey.class).getEncoded();
        if (!Arrays.equals(key, read)) {
            throw new IllegalStateException("key file " + file + " does not hold the key of " + before.file);
        }
        try {
            Files.delete(before.file);
            DurableFile.syncDirectory(before.file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + before.file + ", whose key is in " + file + " now", e);
        }
        return true;
    }

    public boolean isPkcs12() {
        return file.getFileName().toString().endsWith(PKCS12);
    }

    /** The file that is there: this one, or the hex seed it replaces. */
    public Optional<KeyFile> stored() {
        if (Files.exists(file)) {
            return Optional.of(this);
        }
        KeyFile before = before();
        return isPkcs12() && Files.exists(before.file) ? Optional.of(before) : Optional.empty();
    }

    /** Where the key of a {@code .p12} was before there was one. */
    public KeyFile before() {
        String name = file.getFileName().toString();
        return at(file.resolveSibling(name.substring(0, name.length() - (isPkcs12() ? PKCS12.length() : 0)) + SEED));
    }

    // ---- hex ----

    private byte[] hexSeed() {
        try {
            byte[] seed = HexFormat.of().parseHex(new String(bytes(file), StandardCharsets.US_ASCII).strip());
            if (seed.length == SEED_LENGTH) {
                return seed;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalStateException("key file " + file + " does not hold 64 hex digits");
    }

    // ---- PKCS#12 ----

    private byte[] seed() {
        return opened(EdECPrivateKey.class)
                .getBytes()
                .filter(seed -> seed.length == SEED_LENGTH)
                .orElseThrow(() -> new IllegalStateException("key file " + file + " holds a key that is not Ed25519"));
    }

    private <K extends Key> K opened(Class<K> kind) {
        byte[] bytes = bytes(file);
        char[] password = password();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(bytes), password);
            List<String> aliases = Collections.list(store.aliases());
            Key key = aliases.size() == 1 ? store.getKey(aliases.get(0), password) : null;
            if (!kind.isInstance(key)) {
                throw new IllegalStateException("key file " + file + " does not hold one "
                        + (kind == SecretKey.class ? "AES" : "Ed25519") + " key and nothing else");
            }
            return kind.cast(key);
        } catch (IOException | GeneralSecurityException e) {
            boolean wrong = e instanceof UnrecoverableKeyException || e.getCause() instanceof UnrecoverableKeyException;
            throw new IllegalStateException(
                    wrong
                            ? "key file " + file + " does not open with the passphrase in " + passphrase
                                    + ": another one, or the file is damaged"
                            : "key file " + file + " is damaged, or no PKCS#12 file",
                    e);
        }
    }

    private void store(KeyStore.Entry entry) {
        // Before the key: a passphrase without a key is used for the next one, a key without its passphrase is lost.
        char[] password = Files.exists(passphrase) ? password() : newPassphrase();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, password);
            store.setEntry(ALIAS, entry, new KeyStore.PasswordProtection(password));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.store(out, password);
            write(file, out.toByteArray());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot make key file " + file, e);
        }
    }

    private char[] newPassphrase() {
        byte[] random = new byte[SEED_LENGTH];
        new SecureRandom().nextBytes(random);
        String fresh = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        write(passphrase, (fresh + "\n").getBytes(StandardCharsets.US_ASCII));
        return fresh.toCharArray();
    }

    private char[] password() {
        if (!Files.exists(passphrase)) {
            throw new IllegalStateException("key file " + file + " needs its passphrase in " + passphrase);
        }
        String line = new String(bytes(passphrase), StandardCharsets.ISO_8859_1).strip();
        if (line.isEmpty() || line.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw new IllegalStateException("passphrase file " + passphrase + " is not one line of printable ASCII");
        }
        return line.toCharArray();
    }

    private static KeyStore.Entry certified(byte[] seed, byte[] publicKey) {
        try {
            KeyFactory keys = KeyFactory.getInstance("Ed25519");
            PrivateKey secret = keys.generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
            SubjectPublicKeyInfo info =
                    new SubjectPublicKeyInfo(new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519), publicKey);
            PublicKey open = keys.generatePublic(new X509EncodedKeySpec(info.getEncoded()));
            X500Name name =
                    new X500NameBuilder().addRDN(BCStyle.CN, "Waymark key").build();
            ContentSigner signer = new JcaContentSignerBuilder("Ed25519").build(secret);
            Certificate self = new JcaX509CertificateConverter()
                    .getCertificate(new X509v3CertificateBuilder(
                                    name, BigInteger.ONE, Date.from(Instant.now()), Date.from(NEVER), name, info)
                            .build(signer));
            self.verify(open);
            return new KeyStore.PrivateKeyEntry(secret, new Certificate[] {self});
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("cannot make a certificate for a key", e);
        }
    }

    // ---- files ----

    private static byte[] bytes(Path file) {
        try {
            if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                throw new IllegalStateException("key file " + file + " may be read by others: chmod 600 it");
            }
            try (var in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(MOST_BYTES + 1);
                if (bytes.length > MOST_BYTES) {
                    throw new IllegalStateException("key file " + file + " is larger than any key");
                }
                return bytes;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read key file " + file, e);
        }
    }

    private static void write(Path file, byte[] bytes) {
        Path aside = file.resolveSibling(file.getFileName() + ".new");
        try {
            DurableFile.directories(file);
            if (Files.exists(file)) {
                throw new IllegalStateException("key file " + file + " is there already");
            }
            // What a start that was cut short has left is nobody's key.
            Files.deleteIfExists(aside);
            Files.createFile(aside, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
                ByteBuffer left = ByteBuffer.wrap(bytes);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncDirectory(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create key file " + file, e);
        }
    }
}
