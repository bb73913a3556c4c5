package io.waymark.trace.certificate;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate with its private key that signs others: the root (20 years), an organisation's (5 years) under it, devices' (90 days) under that.
 * P-256 throughout. RFC 5280.
 *
 * @param certificate its own
 * @param key         its private key
 */
public record Authority(X509Certificate certificate, PrivateKey key) {
    /** How long a device's certificate lives; it is renewed after two thirds. */
    public static final Duration DEVICE_LIFE = Duration.ofDays(90);

    static final Duration ROOT_LIFE = Duration.ofDays(20 * 365);
    static final Duration ISSUING_LIFE = Duration.ofDays(5 * 365);
    private static final Duration BACKDATED = Duration.ofMinutes(5); // clocks of devices

    /** A new root. @param installation tells two installations' roots apart */
    public static Authority root(String installation, Instant now) {
        KeyPair pair = keyPair();
        X500Name name = name("Waymark device root", installation);
        return new Authority(
                signed(
                        builder(name, now, ROOT_LIFE, name, pair.getPublic()),
                        pair.getPublic(),
                        1,
                        null,
                        pair.getPrivate()),
                pair.getPrivate());
    }

    /** A new authority under this one, for the devices of an organisation. */
    public Authority issuing(String slug, Instant now) {
        KeyPair pair = keyPair();
        X500Name name = name("Waymark devices of " + slug, slug);
        return new Authority(
                signed(builder(subject(), now, ISSUING_LIFE, name, pair.getPublic()), pair.getPublic(), 0, null, key),
                pair.getPrivate());
    }

    /** A device's certificate: common name and alternative DNS name are its id, good for TLS clients and nothing else. */
    public X509Certificate device(byte[] id, PublicKey deviceKey, Instant now) {
        String hex = HexFormat.of().formatHex(id);
        X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, hex).build();
        return signed(builder(subject(), now, DEVICE_LIFE, name, deviceKey), deviceKey, -1, hex, key);
    }

    /** PEM, RFC 7468. */
    public static String pem(X509Certificate... chain) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (X509Certificate certificate : chain) {
                writer.writeObject(certificate);
            }
        } catch (IOException e) {
            throw new IllegalStateException("a string cannot be written", e);
        }
        return text.toString();
    }

    private X500Name subject() {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    private static X500Name name(String common, String organisation) {
        return new X500NameBuilder()
                .addRDN(BCStyle.O, organisation)
                .addRDN(BCStyle.CN, common)
                .build();
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, Instant now, Duration life, X500Name subject, PublicKey key) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, new SecureRandom()).add(BigInteger.ONE),
                Date.from(now.minus(BACKDATED)),
                Date.from(now.plus(life)),
                subject,
                key);
    }

    /** @param below how many authorities may follow below it; −1 for a device */
    private static X509Certificate signed(
            JcaX509v3CertificateBuilder builder, PublicKey key, int below, String dnsName, PrivateKey signer) {
        try {
            boolean authority = below >= 0;
            builder.addExtension(
                    Extension.basicConstraints,
                    true,
                    authority ? new BasicConstraints(below) : new BasicConstraints(false));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
            if (!authority) {
                builder.addExtension(
                        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.dNSName, dnsName)));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("a certificate cannot be made", e);
        }
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }
}
