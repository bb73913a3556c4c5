package io.waymark.local.lan;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The installation's own certificate authority (P-256), kept in the home. People are asked to trust it on their phones, so it can vouch
 * for little: its certificate's critical name constraints allow private addresses, {@code localhost} and {@code .local} only. Whoever
 * steals its key cannot imitate a site on the Internet with it.
 */
public final class LocalAuthority {
    private static final Duration CA_LIFE = Duration.ofDays(3650);
    /** Phones refuse server certificates of more than 825 days even under an authority their owner installed. */
    private static final Duration SERVER_LIFE = Duration.ofDays(397);

    private static final String[] ALLOWED_NETWORKS = {
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10"
    };

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final Path certificateFile;

    private LocalAuthority(X509Certificate certificate, PrivateKey key, Path certificateFile) {
        this.certificate = certificate;
        this.key = key;
        this.certificateFile = certificateFile;
    }

    /** The authority of this home, made at the first call. The key store's password only satisfies the format; the file is 0600. */
    public static LocalAuthority of(Home home, String password) throws CannotProceed {
        Path store = home.keys("lan-authority.p12");
        Path certificateFile = home.keys("lan-authority.crt");
        try {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            if (Files.exists(store)) {
                try (var in = Files.newInputStream(store)) {
                    keys.load(in, password.toCharArray());
                }
            } else {
                KeyPair pair = keyPair();
                X509Certificate made = selfSigned(pair);
                keys.load(null, null);
                keys.setKeyEntry("ca", pair.getPrivate(), password.toCharArray(), new Certificate[] {made});
                Home.writePrivate(store, "");
                try (var out = Files.newOutputStream(store)) {
                    keys.store(out, password.toCharArray());
                }
                Files.writeString(certificateFile, pem(made));
            }
            return new LocalAuthority(
                    (X509Certificate) keys.getCertificate("ca"),
                    (PrivateKey) keys.getKey("ca", password.toCharArray()),
                    certificateFile);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new CannotProceed("cannot read or make the local certificate authority in " + store + ": " + e, e);
        }
    }

    /** What a phone's owner installs. */
    public Path certificateFile() {
        return certificateFile;
    }

    /** SHA-256 of the certificate, in pairs as phones show it. */
    public String fingerprint() throws CannotProceed {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
        } catch (GeneralSecurityException e) {
            throw new CannotProceed("cannot read the local authority's certificate: " + e, e);
        }
    }

    /** A fresh server certificate for this address and {@code localhost}, with a key that never touches the disk. */
    public SSLContext serverContext(InetAddress address) throws CannotProceed {
        char[] password = new char[0];
        KeyStore keys = server(address, password);
        try {
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new CannotProceed("cannot make a certificate for " + address.getHostAddress() + ": " + e, e);
        }
    }

    /** The same as a PKCS#12 file (0600), for a listener that reads one. Replaces the one of the last start. */
    public void writeServerStore(InetAddress address, Path file, String password) throws CannotProceed {
        KeyStore keys = server(address, password.toCharArray());
        try {
            Home.writePrivate(file, "");
            try (var out = Files.newOutputStream(file)) {
                keys.store(out, password.toCharArray());
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new CannotProceed("cannot write " + file + ": " + e, e);
        }
    }

    private KeyStore server(InetAddress address, char[] password) throws CannotProceed {
        try {
            KeyPair pair = keyPair();
            Instant now = Instant.now();
            X500Name subject = new X500Name("CN=Waymark at " + address.getHostAddress());
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                    serial(),
                    Date.from(now.minus(Duration.ofHours(1))),
                    Date.from(now.plus(SERVER_LIFE)),
                    subject,
                    pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                new GeneralName(GeneralName.iPAddress, address.getHostAddress()),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                new GeneralName(GeneralName.dNSName, "localhost")
            }));
            X509Certificate server = signed(builder, key);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            keys.setKeyEntry("server", pair.getPrivate(), password, new Certificate[] {server, certificate});
            return keys;
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new CannotProceed("cannot make a certificate for " + address.getHostAddress() + ": " + e, e);
        }
    }

    private static X509Certificate selfSigned(KeyPair pair)
            throws GeneralSecurityException, OperatorCreationException, CertIOException {
        Instant now = Instant.now();
        byte[] suffix = new byte[3];
        new SecureRandom().nextBytes(suffix);
        // The suffix tells two installations apart in a phone's list.
        X500Name name =
                new X500Name("CN=Waymark local authority " + HexFormat.of().formatHex(suffix));
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name,
                serial(),
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(CA_LIFE)),
                name,
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        List<GeneralSubtree> permitted = new ArrayList<>();
        for (String network : ALLOWED_NETWORKS) {
            permitted.add(new GeneralSubtree(new GeneralName(GeneralName.iPAddress, network)));
        }
        permitted.add(new GeneralSubtree(new GeneralName(GeneralName.dNSName, "localhost")));
        permitted.add(new GeneralSubtree(new GeneralName(GeneralName.dNSName, "local")));
        builder.addExtension(
                Extension.nameConstraints, true, new NameConstraints(permitted.toArray(new GeneralSubtree[0]), null));
        return signed(builder, pair.getPrivate());
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }

    private static KeyPair keyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static BigInteger serial() {
        return new BigInteger(127, new SecureRandom()).add(BigInteger.ONE);
    }

    private static String pem(X509Certificate certificate) throws IOException {
        Writer text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(certificate);
        }
        return text.toString();
    }
}
