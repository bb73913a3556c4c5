package io.waymark.trace.certificate;

import io.waymark.trace.problem.Problem;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** A PKCS#10 request (RFC 2986) of a device: its TLS key, signed by that key, for its own id and nothing more. */
final class CertificateRequest {
    /** One with a P-256 key and the name has about 350. */
    static final int MOST_BYTES = 2048;

    private CertificateRequest() {}

    /**
     * The key it asks a certificate for.
     *
     * @param der at most {@link #MOST_BYTES}
     * @throws Problem 400 naming what is wrong
     */
    static PublicKey keyFor(byte[] der, String deviceHex) {
        try {
            JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der);
            if (!Arrays.equals(request.getEncoded(), der)) {
                throw Problem.malformed("csr is not DER");
            }
            AlgorithmIdentifier algorithm = request.getSubjectPublicKeyInfo().getAlgorithm();
            PublicKey key = request.getPublicKey();
            boolean p256 = key instanceof ECPublicKey
                    && algorithm.getParameters() instanceof ASN1ObjectIdentifier curve
                    && curve.equals(SECObjectIdentifiers.secp256r1);
            boolean ed25519 = key instanceof EdECPublicKey edwards
                    && edwards.getParams().getName().equals("Ed25519");
            if (!p256 && !ed25519) {
                throw Problem.malformed("csr: the key must be P-256 (named curve) or Ed25519");
            }
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw Problem.malformed("csr: its signature does not verify under its key");
            }
            requireOnlyName(request, deviceHex);
            return key;
        } catch (IOException
                | GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | IllegalArgumentException
                | ClassCastException e) {
            throw Problem.malformed("csr is not a PKCS#10 request in DER");
        }
    }

    private static void requireOnlyName(JcaPKCS10CertificationRequest request, String deviceHex) {
        Attribute[] attributes = request.getAttributes();
        if (attributes.length == 1
                && attributes[0].getAttrType().equals(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest)
                && attributes[0].getAttrValues().size() == 1) {
            Extensions asked =
                    Extensions.getInstance(attributes[0].getAttrValues().getObjectAt(0));
            GeneralNames names = asked.getExtensionOIDs().length == 1
                    ? GeneralNames.fromExtensions(asked, Extension.subjectAlternativeName)
                    : null;
            if (names != null
                    && names.getNames().length == 1
                    && names.getNames()[0].equals(new GeneralName(GeneralName.dNSName, deviceHex))) {
                return;
            }
        }
        throw Problem.malformed("csr must ask for one extension, subjectAltName with the DNS name " + deviceHex);
    }
}
