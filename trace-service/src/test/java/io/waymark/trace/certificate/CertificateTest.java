package io.waymark.trace.certificate;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.TokensResource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Devices ask for the certificates by which they connect. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class CertificateTest {
    @ConfigProperty(name = "waymark.trace.device-root-file")
    Path rootFile;

    @Test
    void aDeviceGetsACertificateForItsIdUnderItsOrganisationsAuthority() throws Exception {
        TestStream device = registered(Firm.founded("certified", "NO"));
        KeyPair key = keyPair("EC", "secp256r1");
        Response answer = ask(device, csr(key, device.hex(), false));
        answer.then().statusCode(200);
        List<X509Certificate> chain = certificates(answer.path("certificate"));
        X509Certificate root = certificates(answer.path("root")).get(0);

        PKIXParameters trust = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        trust.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), trust);
        X509Certificate own = chain.get(0);
        assertEquals(key.getPublic(), own.getPublicKey());
        assertEquals("CN=" + device.hex(), own.getSubjectX500Principal().getName());
        assertEquals(
                "[[2, " + device.hex() + "]]", own.getSubjectAlternativeNames().toString());
        assertEquals(List.of("1.3.6.1.5.5.7.3.2"), own.getExtendedKeyUsage(), "TLS clients only");
        assertEquals(-1, own.getBasicConstraints());
        assertEquals(0, chain.get(1).getBasicConstraints());
        assertTrue(chain.get(1).getSubjectX500Principal().getName().contains("Waymark devices of certified-"));
        Instant from = own.getNotBefore().toInstant();
        assertEquals(90, Duration.between(from, own.getNotAfter().toInstant()).toDays());
        assertEquals(
                60,
                Duration.between(from, Instant.parse(answer.path("renewAfter"))).toDays());

        assertEquals(
                answer.<String>path("certificate"),
                ask(device, csr(key, device.hex(), false)).path("certificate"),
                "a request of the same key again, signed anew");
        KeyPair edwards = keyPair("Ed25519", null);
        Response second = ask(device, csr(edwards, device.hex(), false));
        assertEquals(
                edwards.getPublic(),
                certificates(second.path("certificate")).get(0).getPublicKey());
        assertArrayEquals(
                chain.get(1).getEncoded(),
                certificates(second.path("certificate")).get(1).getEncoded());
    }

    @Test
    void onlyForItsOwnNameAndAKeyThatItHas() throws Exception {
        Firm firm = Firm.founded("csr", "NO");
        TestStream device = registered(firm);
        TestStream other = registered(firm);
        KeyPair key = keyPair("EC", "secp256r1");
        byte[] good = csr(key, device.hex(), false);
        byte[] tampered = good.clone();
        tampered[tampered.length - 1] ^= 1;
        for (byte[] bad : List.of(
                csr(key, other.hex(), false),
                csr(key, device.hex().toUpperCase(), false),
                csr(key, device.hex(), true),
                csr(keyPair("EC", "secp384r1"), device.hex(), false),
                csr(keyPair("RSA", null), device.hex(), false),
                tampered,
                Arrays.copyOf(good, good.length + 1),
                Arrays.copyOf(good, good.length - 1),
                new byte[] {0x30, (byte) 0x84, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff},
                new byte[2049])) {
            ask(device, bad).then().statusCode(400);
        }
        String of = "/api/devices/" + device.hex() + "/certificates";
        given().contentType(ContentType.JSON)
                .body(body(other, device.id, good))
                .post(of)
                .then()
                .statusCode(403);
        given().contentType(ContentType.JSON)
                .body(body(device, other.id, good))
                .post(of)
                .then()
                .statusCode(403);
        String unknown = given().contentType(ContentType.JSON)
                .body(body(device, device.id, good))
                .post("/api/devices/" + "0".repeat(32) + "/certificates")
                .then()
                .statusCode(403)
                .extract()
                .asString();
        firm.as()
                .body(Map.of(
                        "kid",
                        HexFormat.of().formatHex(device.key.verificationKey().kid()),
                        "reason",
                        "lost"))
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200);
        assertEquals(unknown, ask(device, good).then().statusCode(403).extract().asString());
    }

    @Test
    void aDeviceThatAsksTooOftenIsToldSo() throws Exception {
        TestStream device = registered(Firm.founded("often", "NO"));
        for (int i = 0; i < Certificates.MOST_PER_DAY; i++) {
            ask(device, csr(keyPair("EC", "secp256r1"), device.hex(), false))
                    .then()
                    .statusCode(200);
        }
        ask(device, csr(keyPair("EC", "secp256r1"), device.hex(), false)).then().statusCode(429);
    }

    @Test
    void theRootsKeyIsNeededOncePerOrganisationAndMayBeAwayOtherwise() throws Exception {
        TestStream early = registered(Firm.founded("early", "NO"));
        ask(early, csr(keyPair("EC", "secp256r1"), early.hex(), false)).then().statusCode(200);
        TestStream late = registered(Firm.founded("late", "NO"));
        byte[] csr = csr(keyPair("EC", "secp256r1"), late.hex(), false);
        Path away = rootFile.resolveSibling("taken-away.p12");
        Files.move(rootFile, away);
        try {
            ask(early, csr(keyPair("EC", "secp256r1"), early.hex(), false))
                    .then()
                    .statusCode(200);
            String said = ask(late, csr).then().statusCode(503).extract().path("detail");
            assertTrue(said.contains("device-root.p12"), said);
        } finally {
            Files.move(away, rootFile);
        }
        ask(late, csr).then().statusCode(200);
        assertNotEquals(
                ask(early, csr(keyPair("EC", "secp256r1"), early.hex(), false)).<String>path("certificate"),
                ask(late, csr).<String>path("certificate"));
    }

    private static TestStream registered(Firm firm) {
        TestStream device = new TestStream();
        firm.as().body(device.device()).post("/api/devices").then().statusCode(200);
        return device;
    }

    private static Response ask(TestStream device, byte[] csr) {
        return given().contentType(ContentType.JSON)
                .body(body(device, device.id, csr))
                .post("/api/devices/" + device.hex() + "/certificates");
    }

    private static Map<String, String> body(TestStream signer, byte[] id, byte[] csr) {
        ByteArrayOutputStream over = new ByteArrayOutputStream();
        over.writeBytes("waymark certificate\n".getBytes(StandardCharsets.US_ASCII));
        over.writeBytes(id);
        over.writeBytes(MerkleHash.sha256(csr));
        return Map.of(
                "csr", TestStream.base64(csr),
                "kid", HexFormat.of().formatHex(signer.key.verificationKey().kid()),
                "signature", TestStream.base64(signer.key.sign(over.toByteArray())));
    }

    private static byte[] csr(KeyPair key, String name, boolean authority) throws Exception {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.dNSName, name)));
        if (authority) {
            extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        }
        String algorithm = key.getPrivate().getAlgorithm();
        return new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=" + name), key.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
                .build(new JcaContentSignerBuilder(
                                algorithm.equals("EC")
                                        ? "SHA256withECDSA"
                                        : algorithm.equals("RSA") ? "SHA256withRSA" : "Ed25519")
                        .build(key.getPrivate()))
                .getEncoded();
    }

    private static KeyPair keyPair(String algorithm, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (curve != null) {
            generator.initialize(new ECGenParameterSpec(curve));
        }
        return generator.generateKeyPair();
    }

    private static List<X509Certificate> certificates(String pem) throws Exception {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                .stream()
                .map(c -> (X509Certificate) c)
                .toList();
    }
}
