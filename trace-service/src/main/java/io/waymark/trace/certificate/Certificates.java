package io.waymark.trace.certificate;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.organisation.MasterKey;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Issues certificates to devices. The same key again within a day gets the same certificate, so a lost answer costs nothing. */
@ApplicationScoped
class Certificates {
    static final int MOST_PER_DAY = 10;
    private static final Duration SAME_ANSWER = Duration.ofDays(1);
    /** Below this an issuing authority is followed by a new one: no device certificate may outlive its issuer. */
    private static final Duration ISSUING_LEAST = Authority.DEVICE_LIFE.multipliedBy(2);

    private final Database database;
    private final MasterKey master;
    private final Optional<DeviceRoot> root;
    private final String origin;

    Certificates(
            Database database,
            MasterKey master,
            @ConfigProperty(name = "waymark.trace.device-root-file") Optional<Path> rootFile,
            @ConfigProperty(name = "waymark.trace.origin") String origin) {
        this.database = database;
        this.master = master;
        this.root = rootFile.map(DeviceRoot::at);
        this.origin = origin;
    }

    /** @param chain the device's, its issuer's, the root's */
    record Issued(List<X509Certificate> chain) {
        X509Certificate device() {
            return chain.get(0);
        }

        Instant renewAfter() {
            Instant from = device().getNotBefore().toInstant();
            Duration life = Duration.between(from, device().getNotAfter().toInstant());
            return from.plus(life.multipliedBy(2).dividedBy(3));
        }
    }

    /** @throws Problem 404 when this installation issues none, 429 when the device has asked too often, 503 when the root's key is away */
    Issued issue(String tenant, byte[] device, PublicKey key) {
        DeviceRoot at = root.orElseThrow(() -> Problem.notFound("this installation issues no device certificates"));
        at.ensure(origin);
        X509Certificate rootCertificate = at.certificate().orElseThrow();
        byte[] keyHash = MerkleHash.sha256(key.getEncoded());
        return database.ledger(c -> {
            // One at a time per organisation: two requests must not make two issuing authorities, or one certificate
            // twice.
            first(c, "SELECT pg_advisory_xact_lock(hashtextextended('certificates of ' || ?, 0))", r -> true, tenant);
            Instant now = Instant.now();
            Optional<X509Certificate> before = first(
                    c,
                    "SELECT certificate FROM trace.device_certificate WHERE stream_id = ? AND key_hash = ? AND issued_at > ? AND not_after > ? "
                            + "ORDER BY issued_at DESC LIMIT 1",
                    r -> certificate(r.getBytes(1)),
                    device,
                    keyHash,
                    now.minus(SAME_ANSWER),
                    now);
            Authority issuing = issuing(c, tenant, at, rootCertificate, now);
            if (before.isPresent() && isBy(before.get(), issuing.certificate())) {
                return new Issued(List.of(before.get(), issuing.certificate(), rootCertificate));
            }
            run(c, "DELETE FROM trace.device_certificate WHERE stream_id = ? AND not_after < ?", device, now);
            int today = first(
                            c,
                            "SELECT count(*) AS n FROM trace.device_certificate WHERE stream_id = ? AND issued_at > ?",
                            r -> r.getInt("n"),
                            device,
                            now.minus(Duration.ofDays(1)))
                    .orElse(0);
            if (today >= MOST_PER_DAY) {
                throw new Problem(
                        429,
                        "too-many-certificates",
                        "Too many certificates",
                        "at most " + MOST_PER_DAY + " certificates a day for one device",
                        3600);
            }
            X509Certificate made = issuing.device(device, key, now);
            run(
                    c,
                    "INSERT INTO trace.device_certificate (serial, tenant_id, stream_id, key_hash, certificate, issued_at, not_after) "
                            + "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    made.getSerialNumber().toByteArray(),
                    tenant,
                    device,
                    keyHash,
                    encoded(made),
                    now,
                    made.getNotAfter().toInstant());
            return new Issued(List.of(made, issuing.certificate(), rootCertificate));
        });
    }

    private Authority issuing(Connection c, String tenant, DeviceRoot at, X509Certificate rootCertificate, Instant now)
            throws SQLException {
        Optional<Authority> kept = first(
                c,
                "SELECT certificate, sealed FROM trace.issuing_authority WHERE tenant_id = ? AND not_after > ?",
                r -> opened(tenant, certificate(r.getBytes(1)), r.getBytes(2)),
                tenant,
                now.plus(ISSUING_LEAST));
        if (kept.isPresent() && isBy(kept.get().certificate(), rootCertificate)) {
            return kept.get();
        }
        Authority made = at.authority().issuing(tenant, now);
        run(
                c,
                "INSERT INTO trace.issuing_authority (tenant_id, certificate, sealed, not_after) VALUES (?, ?, ?, ?) "
                        + "ON CONFLICT (tenant_id) DO UPDATE SET certificate = excluded.certificate, sealed = excluded.sealed, "
                        + "not_after = excluded.not_after",
                tenant,
                encoded(made.certificate()),
                master.seal(made.key().getEncoded(), purpose(tenant)),
                made.certificate().getNotAfter().toInstant());
        return made;
    }

    private Authority opened(String tenant, X509Certificate certificate, byte[] sealed) {
        try {
            return new Authority(
                    certificate,
                    KeyFactory.getInstance("EC")
                            .generatePrivate(new PKCS8EncodedKeySpec(master.open(sealed, purpose(tenant)))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the issuing key of " + tenant + " cannot be read", e);
        }
    }

    private static String purpose(String tenant) {
        return "device certificates of " + tenant;
    }

    private static boolean isBy(X509Certificate certificate, X509Certificate issuer) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a stored certificate is damaged", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate cannot be encoded", e);
        }
    }
}
