package io.waymark.trace.certificate;

import io.waymark.trace.problem.Problem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The root of the device certificates as files: {@code device-root.p12} with its passphrase in {@code device-root.p12.passphrase}, both 0600 and
 * to be taken away; {@code device-root.crt}, which stays, and which brokers trust. The key is needed once per organisation, for its issuing
 * authority. As long as the certificate is there, no new root is ever made.
 */
public final class DeviceRoot {
    private static final String ALIAS = "root";

    private final Path store;
    private final Path passphrase;
    private final Path certificate;

    private DeviceRoot(Path store) {
        this.store = store;
        String name = String.valueOf(store.getFileName());
        this.passphrase = store.resolveSibling(name + ".passphrase");
        this.certificate =
                store.resolveSibling((name.endsWith(".p12") ? name.substring(0, name.length() - 4) : name) + ".crt");
    }

    /** @param store the PKCS#12 file, which may be away */
    public static DeviceRoot at(Path store) {
        return new DeviceRoot(store.toAbsolutePath());
    }

    /** Where the certificate is. */
    public Path certificateFile() {
        return certificate;
    }

    /** Makes the root when there has never been one. */
    public synchronized void ensure(String installation) {
        if (Files.exists(certificate)) {
            return;
        }
        try {
            Files.createDirectories(store.getParent());
            Authority root = Files.exists(store) ? open() : Authority.root(installation, Instant.now());
            if (!Files.exists(store)) {
                byte[] random = new byte[24];
                new SecureRandom().nextBytes(random);
                String secret = HexFormat.of().formatHex(random);
                KeyStore keys = KeyStore.getInstance("PKCS12");
                keys.load(null, null);
                keys.setKeyEntry(ALIAS, root.key(), secret.toCharArray(), new Certificate[] {root.certificate()});
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                keys.store(out, secret.toCharArray());
                write(passphrase, (secret + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                write(store, out.toByteArray());
            }
            // Last: from here on the root is made.
            write(certificate, Authority.pem(root.certificate()).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot make the device root in " + store + ": " + e.getMessage(), e);
        }
    }

    /** Its certificate; empty when there is no root yet. */
    public Optional<X509Certificate> certificate() {
        if (!Files.exists(certificate)) {
            return Optional.empty();
        }
        try {
            return Optional.of((X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(certificate))));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot read " + certificate + ": " + e.getMessage(), e);
        }
    }

    /** The root with its key. @throws Problem 503 with what to do when the key is away */
    Authority authority() {
        if (!Files.exists(store)) {
            throw new Problem(
                    503,
                    "device-root-away",
                    "The device root's key is needed",
                    "this organisation has no issuing authority yet: the operator puts " + store.getFileName()
                            + " and its passphrase back, the device asks again, and they may be taken away again",
                    3600);
        }
        try {
            return open();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot open " + store + ": " + e.getMessage(), e);
        }
    }

    private Authority open() throws IOException, GeneralSecurityException {
        char[] secret = Files.readString(passphrase).strip().toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(new ByteArrayInputStream(Files.readAllBytes(store)), secret);
        return new Authority((X509Certificate) keys.getCertificate(ALIAS), (PrivateKey) keys.getKey(ALIAS, secret));
    }

    /** Whole or not at all, 0600 from its first byte on. */
    private static void write(Path file, byte[] bytes) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try {
            if (Files.getFileStore(file.getParent()).supportsFileAttributeView("posix")) {
                Files.createFile(
                        part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else {
                Files.createFile(part);
            }
        } catch (FileAlreadyExistsException e) {
            throw new IOException(part + " is being written by somebody else", e);
        }
        Files.write(part, bytes);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
