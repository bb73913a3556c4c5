package io.waymark.sdk;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.CertificationRequestInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * The certificate by which a device proves itself to a broker over TLS: its key is made here and is another one than the signing key, which
 * only vouches for the request. One file {@code tls.pem} (0600) holds key and chain, replaced whole. After two thirds of its life it is
 * renewed with a new key; {@link Device} does so by itself and connects anew. Thread-safe.
 */
public final class DeviceCertificate {
    private static final String FILE = "tls.pem";
    private static final String NEXT_KEY =
            "tls-next.key"; // kept until the answer is there: asked again, the answer is the same
    private static final byte[] REQUEST = "waymark certificate\n".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]{4,30})-----([A-Za-z0-9+/=\\s]{1,16384})-----END \\1-----");
    private static final int MOST = 64 * 1024;

    private final Path folder;
    private final DeviceKeys keys;
    private final URI traceUrl;
    private volatile Held held;

    private record Held(PrivateKey key, List<X509Certificate> chain) {
        X509Certificate own() {
            return chain.get(0);
        }
    }

    private DeviceCertificate(Path folder, DeviceKeys keys, URI traceUrl, Held held) {
        this.folder = folder;
        this.keys = keys;
        this.traceUrl = traceUrl;
        this.held = held;
    }

    /**
     * The saved certificate, or one from the platform when there is none, or it has run out by {@code now}. The device must be registered.
     *
     * @throws RegistrationException when the platform refuses, in its words
     */
    public static DeviceCertificate obtain(Path folder, DeviceKeys keys, URI traceUrl, Instant now)
            throws IOException, InterruptedException {
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            Held saved = read(Files.readString(file));
            if (saved.own().getNotAfter().toInstant().isAfter(now))
                return new DeviceCertificate(folder, keys, traceUrl, saved);
        }
        return new DeviceCertificate(folder, keys, traceUrl, ask(folder, keys, traceUrl));
    }

    public Instant notAfter() {
        return held.own().getNotAfter().toInstant();
    }

    /** Two thirds of its life. */
    public Instant renewAfter() {
        Instant from = held.own().getNotBefore().toInstant();
        return from.plus(Duration.between(from, notAfter()).multipliedBy(2).dividedBy(3));
    }

    /** Its own first, as sent in TLS; no root. */
    public List<X509Certificate> chain() {
        return held.chain();
    }

    /**
     * Gets the next certificate when two thirds of this one's life are over; until it is there the old one stays in use.
     *
     * @return whether there is a new one: connections made from now on use it
     */
    public synchronized boolean renewIfDue(Instant now) throws IOException, InterruptedException {
        if (now.isBefore(renewAfter())) return false;
        held = ask(folder, keys, traceUrl);
        return true;
    }

    /** For an SSLContext. */
    KeyManager[] keyManagers() throws GeneralSecurityException, IOException {
        Held now = held;
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("device", now.key(), new char[0], now.chain().toArray(Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, new char[0]);
        return managers.getKeyManagers();
    }

    private static Held ask(Path folder, DeviceKeys keys, URI traceUrl) throws IOException, InterruptedException {
        try {
            KeyPair pair = nextKey(folder);
            byte[] csr = request(pair, keys.idHex());
            byte[] over = new byte[REQUEST.length + 16 + 32];
            System.arraycopy(REQUEST, 0, over, 0, REQUEST.length);
            System.arraycopy(keys.id(), 0, over, REQUEST.length, 16);
            System.arraycopy(DeviceChain.sha256(csr), 0, over, REQUEST.length + 16, 32);
            Base64.Encoder base64 = Base64.getEncoder();
            // One look at the key: a rotation may end between the two.
            var signing = keys.signingKey();
            HttpResponse<String> response = Registration.post(
                    traceUrl,
                    "/api/devices/" + keys.idHex() + "/certificates",
                    "{\"csr\":\"" + base64.encodeToString(csr) + "\",\"kid\":\""
                            + HexFormat.of().formatHex(signing.verificationKey().kid()) + "\",\"signature\":\""
                            + base64.encodeToString(signing.sign(over)) + "\"}");
            if (response.statusCode() != 200 || response.body().length() > MOST)
                throw new RegistrationException(response.statusCode(), response.body());
            String chain = Registration.field(response.body(), "\"certificate\"\\s*:\\s*\"([^\"]*)\"", 200)
                    .replace("\\n", "\n")
                    .replace("\\r", "");
            String pem = "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(pair.getPrivate().getEncoded())
                    + "\n-----END PRIVATE KEY-----\n" + chain;
            Held held = read(pem);
            if (!held.own().getPublicKey().equals(pair.getPublic())
                    || !held.own().getSubjectX500Principal().getName().equals("CN=" + keys.idHex()))
                throw new IOException("the platform's certificate is not for this device's key");
            DeviceKeys.writeDurably(folder.resolve(FILE), pem.getBytes(StandardCharsets.US_ASCII));
            Files.deleteIfExists(folder.resolve(NEXT_KEY));
            return held;
        } catch (GeneralSecurityException e) {
            throw new IOException("a TLS key cannot be made: " + e.getMessage(), e);
        }
    }

    // PKCS#8 ‖ X.509 public key, each with its length before it.
    private static KeyPair nextKey(Path folder) throws IOException, GeneralSecurityException {
        Path file = folder.resolve(NEXT_KEY);
        KeyFactory factory = KeyFactory.getInstance("EC");
        if (Files.exists(file)) {
            String[] parts = Files.readString(file).strip().split(" ");
            if (parts.length == 2) {
                Base64.Decoder base64 = Base64.getDecoder();
                return new KeyPair(
                        factory.generatePublic(new X509EncodedKeySpec(base64.decode(parts[1]))),
                        factory.generatePrivate(new PKCS8EncodedKeySpec(base64.decode(parts[0]))));
            }
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        Base64.Encoder base64 = Base64.getEncoder();
        DeviceKeys.writeDurably(
                file,
                (base64.encodeToString(pair.getPrivate().getEncoded()) + " "
                                + base64.encodeToString(pair.getPublic().getEncoded()))
                        .getBytes(StandardCharsets.US_ASCII));
        return pair;
    }

    /** PKCS#10 (RFC 2986) that asks for the device's id as DNS name. */
    private static byte[] request(KeyPair pair, String idHex) throws IOException, GeneralSecurityException {
        Extensions wanted = new Extensions(new Extension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, idHex)).getEncoded()));
        ASN1EncodableVector attributes = new ASN1EncodableVector();
        attributes.add(new Attribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, new DERSet(wanted)));
        PublicKey key = pair.getPublic();
        CertificationRequestInfo info = new CertificationRequestInfo(
                new X500Name("CN=" + idHex),
                SubjectPublicKeyInfo.getInstance(key.getEncoded()),
                new DERSet(attributes));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(info.getEncoded("DER"));
        return new DERSequence(new org.bouncycastle.asn1.ASN1Encodable[] {
                    info,
                    new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256),
                    new DERBitString(signature.sign())
                })
                .getEncoded("DER");
    }

    private static Held read(String pem) throws IOException {
        try {
            PrivateKey key = null;
            ByteArrayOutputStream certificates = new ByteArrayOutputStream();
            Matcher block = BLOCK.matcher(pem);
            while (block.find()) {
                if (block.group(1).equals("PRIVATE KEY"))
                    key = KeyFactory.getInstance("EC")
                            .generatePrivate(new PKCS8EncodedKeySpec(
                                    Base64.getMimeDecoder().decode(block.group(2))));
                else certificates.writeBytes((block.group() + "\n").getBytes(StandardCharsets.US_ASCII));
            }
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(certificates.toByteArray()))
                    .stream()
                    .map(c -> (X509Certificate) c)
                    .toList();
            if (key == null || chain.isEmpty()) throw new IOException(FILE + " holds no key or no certificate");
            return new Held(key, chain);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(FILE + " cannot be read: " + e.getMessage(), e);
        }
    }
}
