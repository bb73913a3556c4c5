package io.waymark.trace.certificate;

import io.vertx.core.http.HttpServerRequest;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.access.ForAnybody;
import io.waymark.trace.access.Tries;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;

/** Where a device asks for the certificate by which it connects. It needs no token: its signing key, which the log knows, vouches for it. */
@Path("/api/devices/{id}/certificates")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class CertificateResource {
    private static final byte[] REQUEST = "waymark certificate\n".getBytes(StandardCharsets.US_ASCII);

    private final Certificates certificates;
    private final Streams streams;
    private final Tries<String> calls = new Tries<>(Clock.systemUTC(), 120);

    CertificateResource(Certificates certificates, Streams streams) {
        this.certificates = certificates;
        this.streams = streams;
    }

    /**
     * @param csr       PKCS#10 in DER, base64
     * @param kid       of the signing key, hex
     * @param signature by the signing key over "waymark certificate\n" ‖ id ‖ SHA-256(csr)
     */
    public record Request(String csr, String kid, String signature) {}

    /**
     * @param certificate PEM: the device's, then its issuer's
     * @param root        PEM: whom a broker trusts
     * @param renewAfter  two thirds of the lifetime
     */
    public record Granted(String certificate, String root, Instant renewAfter, Instant notAfter) {}

    @POST
    @PermitAll
    @ForAnybody
    public Granted issue(@PathParam("id") String id, Request body, @Context HttpServerRequest http) {
        calls.take(Tries.network(
                http.remoteAddress() == null ? "" : http.remoteAddress().hostAddress()));
        byte[] device = Input.hex("id", id, 16);
        Request in = Input.body(body);
        byte[] csr = Input.base64("csr", in.csr(), 1, CertificateRequest.MOST_BYTES);
        byte[] kid = Input.hex("kid", in.kid(), 8);
        byte[] signature = Input.base64("signature", in.signature(), 64, 64);
        byte[] hash = MerkleHash.sha256(csr);
        byte[] signed = new byte[REQUEST.length + device.length + hash.length];
        System.arraycopy(REQUEST, 0, signed, 0, REQUEST.length);
        System.arraycopy(device, 0, signed, REQUEST.length, device.length);
        System.arraycopy(hash, 0, signed, REQUEST.length + device.length, hash.length);
        // Asked anew: a revoked device must not get a certificate from what is remembered of it.
        streams.forget(device);
        Stream stream = streams.keysOf(device).stream()
                .filter(s -> s.role().equals(KeyBinding.DEVICE) && s.hasKid(kid) && !s.revoked())
                .filter(s -> s.key().verifies(signed, signature))
                .findFirst()
                .orElseThrow(() -> new Problem(
                        403,
                        "not-this-device",
                        "The device is not proved",
                        "signature is by no key of this device that is good in the log"));
        Certificates.Issued issued = certificates.issue(stream.tenant(), device, CertificateRequest.keyFor(csr, id));
        X509Certificate own = issued.device();
        return new Granted(
                Authority.pem(own, issued.chain().get(1)),
                Authority.pem(issued.chain().get(2)),
                issued.renewAfter(),
                own.getNotAfter().toInstant());
    }
}
