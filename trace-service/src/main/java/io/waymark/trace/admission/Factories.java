package io.waymark.trace.admission;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The factory authorities that an organisation trusts, and whether one of them made the device that shows itself. */
@ApplicationScoped
class Factories {
    static final int MOST = 50;
    static final int MOST_CHAIN = 3;
    static final int MOST_CERTIFICATE = 4096;

    private final Database database;

    Factories(Database database) {
        this.database = database;
    }

    /**
     * @param approvedSite where its devices go without a person's word; null: each waits for one
     * @param fingerprint  SHA-256 of the certificate, hex
     */
    record Factory(
            UUID id,
            String name,
            String subject,
            String fingerprint,
            String approvedSite,
            String madeBy,
            Instant madeAt) {}

    /** Who vouched for a device. */
    record Voucher(String factory, String subject, String approvedSite) {}

    Factory trust(String tenant, String name, byte[] der, String approvedSite, String by) {
        X509Certificate certificate = certificate("certificate", der);
        if (certificate.getBasicConstraints() < 0) {
            throw Problem.malformed(
                    "certificate is of no authority: it must be that of the factory's, not of a device");
        }
        return database.app(c -> {
            int all = first(c, "SELECT count(*) AS n FROM trace.factory", r -> r.getInt("n"))
                    .orElse(0);
            if (all >= MOST) {
                throw Problem.conflict("too-many-factories", MOST + " factories are trusted: end one first");
            }
            UUID id = first(
                            c,
                            "INSERT INTO trace.factory (tenant_id, name, certificate, approved_site, made_by) VALUES (?, ?, ?, ?, ?) RETURNING id",
                            r -> r.getObject("id", UUID.class),
                            tenant,
                            name,
                            der,
                            approvedSite,
                            by)
                    .orElseThrow();
            return new Factory(
                    id,
                    name,
                    certificate.getSubjectX500Principal().getName(),
                    fingerprint(der),
                    approvedSite,
                    by,
                    Instant.now());
        });
    }

    List<Factory> all() {
        return database.app(c -> list(
                c,
                "SELECT id, name, certificate, approved_site, made_by, made_at FROM trace.factory ORDER BY made_at, id",
                r -> new Factory(
                        r.getObject("id", UUID.class),
                        r.getString("name"),
                        certificate("certificate", r.getBytes("certificate"))
                                .getSubjectX500Principal()
                                .getName(),
                        fingerprint(r.getBytes("certificate")),
                        r.getString("approved_site"),
                        r.getString("made_by"),
                        instant(r, "made_at"))));
    }

    /** Devices it vouched for before stay; those that wait still wait. */
    void end(UUID id) {
        if (database.app(c -> run(c, "DELETE FROM trace.factory WHERE id = ?::uuid", id.toString())) == 0) {
            throw Problem.notFound("no such factory");
        }
    }

    /**
     * The factory of this organisation that made the device, if the device has the key of the chain's first certificate.
     *
     * @param chain     DER, the device's own first; without the factory's authority itself
     * @param signature by that key over {@code signed}: SHA256withECDSA in DER, or Ed25519
     */
    Optional<Voucher> vouched(String tenant, List<byte[]> chain, byte[] signed, byte[] signature) {
        if (chain.isEmpty() || chain.size() > MOST_CHAIN) {
            throw Problem.malformed("chain must be 1 to " + MOST_CHAIN + " certificates");
        }
        List<X509Certificate> path = new ArrayList<>();
        for (byte[] der : chain) {
            path.add(certificate("chain", der));
        }
        X509Certificate own = path.get(0);
        if (!has(own, signed, signature)) {
            return Optional.empty();
        }
        String subject = own.getSubjectX500Principal().getName();
        return database
                .ledger(c -> list(
                        c,
                        "SELECT name, certificate, approved_site FROM trace.factory WHERE tenant_id = ? ORDER BY made_at, id",
                        r -> madeBy(certificate("certificate", r.getBytes("certificate")), path)
                                ? new Voucher(
                                        r.getString("name"),
                                        subject.length() > 200 ? subject.substring(0, 200) : subject,
                                        r.getString("approved_site"))
                                : null,
                        tenant))
                .stream()
                .filter(java.util.Objects::nonNull)
                .findFirst();
    }

    private static boolean has(X509Certificate own, byte[] signed, byte[] signature) {
        try {
            String algorithm = own.getPublicKey() instanceof ECPublicKey
                    ? "SHA256withECDSA"
                    : own.getPublicKey() instanceof EdECPublicKey ? "Ed25519" : null;
            if (algorithm == null) {
                throw Problem.malformed("chain: the device's key must be of an elliptic curve or Ed25519");
            }
            Signature check = Signature.getInstance(algorithm);
            check.initVerify(own.getPublicKey());
            check.update(signed);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean madeBy(X509Certificate factory, List<X509Certificate> path) {
        try {
            PKIXParameters trust = new PKIXParameters(Set.of(new TrustAnchor(factory, null)));
            // Factories seldom publish revocations; a stolen factory key is ended by ending the factory here.
            trust.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), trust);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static X509Certificate certificate(String field, byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw Problem.malformed(field + " must be an X.509 certificate in DER, base64");
        }
    }

    private static String fingerprint(byte[] der) {
        return HexFormat.of().formatHex(io.waymark.evidence.log.MerkleHash.sha256(der));
    }
}
