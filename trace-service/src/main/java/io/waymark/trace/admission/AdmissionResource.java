package io.waymark.trace.admission;

import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.access.ForAnybody;
import io.waymark.trace.access.Roles;
import io.waymark.trace.access.Tries;
import io.waymark.trace.device.DeviceResource;
import io.waymark.trace.device.Enrolment;
import io.waymark.trace.device.Registration;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Codes for devices that are to come, the devices' own call, and the person's word on them. */
@Path("/api/admissions")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AdmissionResource {
    private static final byte[] CLAIM = "waymark claim\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_MINUTES = 7 * 24 * 60;
    private static final int MOST_TABLE = 1 << 20;

    private static final byte[] CONTACT = "waymark contact\n".getBytes(StandardCharsets.US_ASCII);

    private final Admissions admissions;
    private final Factories factories;
    private final Tenant tenant;
    private final SecurityIdentity identity;
    // Wrong codes per network; and all calls, because each costs a signature check.
    private final Tries<String> wrong;
    private final Tries<String> calls = new Tries<>(Clock.systemUTC(), 600);

    AdmissionResource(
            Admissions admissions,
            Factories factories,
            Tenant tenant,
            SecurityIdentity identity,
            @ConfigProperty(name = "waymark.trace.wrong-claims-per-minute", defaultValue = "10") int wrongPerMinute) {
        this.admissions = admissions;
        this.factories = factories;
        this.tenant = tenant;
        this.identity = identity;
        this.wrong = new Tries<>(Clock.systemUTC(), wrongPerMinute);
    }

    /** @param minutes how long the code is good for a first contact; 60 when absent, at most a week */
    public record NewCode(String site, String name, String kind, Integer minutes) {}

    /** @param code shown this once, stored nowhere */
    public record Code(UUID id, String code, Instant expiresAt) {}

    @POST
    @Path("codes")
    @RolesAllowed({Roles.PRODUCER, Roles.ADMINISTRATOR})
    public Code expect(NewCode body) {
        NewCode in = Input.body(body);
        if (!Tenant.isName(in.site())) {
            throw Problem.malformed("site must be 1 to 32 of a-z 0-9 -");
        }
        int minutes = in.minutes() == null ? 60 : in.minutes();
        if (minutes < 1 || minutes > LONGEST_MINUTES) {
            throw Problem.malformed("minutes must be 1 to " + LONGEST_MINUTES);
        }
        String code = ClaimCode.issue();
        Instant expires = Instant.now().plus(Duration.ofMinutes(minutes));
        UUID id = admissions.expect(
                tenant.required(),
                ClaimCode.hash(code),
                new Enrolment.Description(
                        in.site(), Input.text("name", in.name(), 120), Input.text("kind", in.kind(), 60)),
                identity.getPrincipal().getName(),
                expires);
        return new Code(id, code, expires);
    }

    /**
     * A table of devices that are to come, each answered by itself; at most 1 MiB.
     *
     * @param dryRun says what would be done and does nothing
     */
    @POST
    @Path("table")
    @Consumes("text/csv")
    @RolesAllowed({Roles.PRODUCER, Roles.ADMINISTRATOR})
    public List<Admissions.RowResult> expectAll(
            byte[] csv,
            @QueryParam("minutes") @DefaultValue("10080") int minutes,
            @QueryParam("dryRun") @DefaultValue("false") boolean dryRun) {
        if (minutes < 1 || minutes > LONGEST_MINUTES) {
            throw Problem.malformed("minutes must be 1 to " + LONGEST_MINUTES);
        }
        if (csv == null || csv.length > MOST_TABLE) {
            throw new Problem(413, "too-large", "The request is too large", "at most " + MOST_TABLE + " bytes of CSV");
        }
        return admissions.expectAll(
                tenant.required(),
                DeviceTable.read(csv),
                identity.getPrincipal().getName(),
                Instant.now().plus(Duration.ofMinutes(minutes)),
                dryRun);
    }

    @GET
    @RolesAllowed({Roles.PRODUCER, Roles.VIEWER, Roles.ADMINISTRATOR})
    public List<Admissions.Admission> list(
            @QueryParam("page") @DefaultValue("0") int page, @QueryParam("size") @DefaultValue("100") int size) {
        tenant.required();
        return admissions.page(Math.max(0, page), Math.max(1, Math.min(500, size)));
    }

    /**
     * @param kid  of the key that the person saw, hex
     * @param site where it belongs, with name and kind: only of a device that came without a code
     */
    public record Approval(String kid, String site, String name, String kind) {}

    @POST
    @Path("{id}/approval")
    @RolesAllowed({Roles.PRODUCER, Roles.ADMINISTRATOR})
    public void approve(@PathParam("id") UUID id, Approval body) {
        tenant.required();
        Approval in = Input.body(body);
        Enrolment.Description what = null;
        if (in.site() != null) {
            if (!Tenant.isName(in.site())) {
                throw Problem.malformed("site must be 1 to 32 of a-z 0-9 -");
            }
            what = new Enrolment.Description(
                    in.site(), Input.text("name", in.name(), 120), Input.text("kind", in.kind(), 60));
        }
        admissions.approve(
                id, Input.hex("kid", in.kid(), 8), what, identity.getPrincipal().getName());
    }

    @DELETE
    @Path("{id}")
    @RolesAllowed({Roles.PRODUCER, Roles.ADMINISTRATOR})
    public void reject(@PathParam("id") UUID id) {
        tenant.required();
        admissions.reject(id, identity.getPrincipal().getName());
    }

    /**
     * A device that has a code. The same call again asks how it stands.
     *
     * @param possession signature by its key over "waymark claim\n" ‖ id ‖ SHA-256("waymark claim code\n" ‖ code): of no use with another code
     */
    public record Claim(
            String code,
            String id,
            String coseKey,
            String keeper,
            String streamSecret,
            Long firstEpoch,
            String possession) {}

    /** 202 while a person has not decided. */
    public record Waiting(String state, int askAgainSeconds) {}

    @POST
    @Path("claims")
    @PermitAll
    @ForAnybody
    public Response claim(Claim body, @Context HttpServerRequest http) {
        String network = Tries.network(
                http.remoteAddress() == null ? "" : http.remoteAddress().hostAddress());
        calls.take(network);
        wrong.requireLeft(network);
        Claim in = Input.body(body);
        byte[] id = Input.hex("id", in.id(), 16);
        byte[] codeHash = ClaimCode.hash(in.code());
        Admissions.Shown shown = shown(id, in.coseKey(), in.keeper(), in.streamSecret(), in.firstEpoch());
        // Before the code is looked at: the answer to a wrong code costs the same as to a right one.
        byte[] message = ByteBuffer.allocate(CLAIM.length + id.length + codeHash.length)
                .put(CLAIM)
                .put(id)
                .put(codeHash)
                .array();
        requirePossession(shown.key(), message, in.possession());
        try {
            Optional<Enrolment.Registered> registered = admissions.claim(codeHash, shown);
            return registered.map(r -> Response.ok(r).build()).orElseGet(() -> Response.status(202)
                    .entity(new Waiting("waiting", 10))
                    .build());
        } catch (Problem e) {
            if (e.name().equals("claim-refused")) {
                wrong.take(network);
            }
            throw e;
        }
    }

    private static Admissions.Shown shown(
            byte[] id, String coseKey, String keeper, String streamSecret, Long firstEpoch) {
        if (firstEpoch != null && firstEpoch < 0) {
            throw Problem.malformed("firstEpoch must not be negative");
        }
        return new Admissions.Shown(
                id,
                Registration.key(Input.base64("coseKey", coseKey, 1, 256)),
                Input.oneOf("keeper", keeper, DeviceResource.KEEPERS),
                Input.base64("streamSecret", streamSecret, 32, 32),
                firstEpoch == null ? 0 : firstEpoch);
    }

    private static void requirePossession(VerificationKey key, byte[] message, String possession) {
        if (!key.verifies(message, Input.base64("possession", possession, 64, 64))) {
            throw new Problem(
                    403,
                    "possession-not-proved",
                    "The key's possession is not proved",
                    "possession does not verify under coseKey");
        }
    }

    /** @param approvedSite where its devices go without a person's word; absent: each waits for one */
    public record NewFactory(String name, String certificate, String approvedSite) {}

    /** Trusts a factory's authority to vouch for devices. */
    @POST
    @Path("factories")
    @RolesAllowed(Roles.ADMINISTRATOR)
    public Factories.Factory trust(NewFactory body) {
        NewFactory in = Input.body(body);
        if (in.approvedSite() != null && !Tenant.isName(in.approvedSite())) {
            throw Problem.malformed("approvedSite must be 1 to 32 of a-z 0-9 -");
        }
        return factories.trust(
                tenant.required(),
                Input.text("name", in.name(), 60),
                Input.base64("certificate", in.certificate(), 1, Factories.MOST_CERTIFICATE),
                in.approvedSite(),
                identity.getPrincipal().getName());
    }

    @GET
    @Path("factories")
    @RolesAllowed({Roles.PRODUCER, Roles.VIEWER, Roles.ADMINISTRATOR})
    public List<Factories.Factory> factories() {
        tenant.required();
        return factories.all();
    }

    @DELETE
    @Path("factories/{id}")
    @RolesAllowed(Roles.ADMINISTRATOR)
    public void end(@PathParam("id") UUID id) {
        tenant.required();
        factories.end(id);
    }

    /**
     * A device that its factory vouches for. The same call again asks how it stands.
     *
     * @param organisation whose it is to be: slug
     * @param chain        certificates in DER, base64, its own first, without the factory's authority
     * @param factorySignature by the certificate's key over "waymark contact\n" ‖ id ‖ SHA-256(coseKey) ‖ SHA-256(organisation)
     * @param possession   by the signing key over the same
     */
    public record Contact(
            String organisation,
            List<String> chain,
            String factorySignature,
            String id,
            String coseKey,
            String keeper,
            String streamSecret,
            Long firstEpoch,
            String possession) {}

    @POST
    @Path("contacts")
    @PermitAll
    @ForAnybody
    public Response contact(Contact body, @Context HttpServerRequest http) {
        String network = Tries.network(
                http.remoteAddress() == null ? "" : http.remoteAddress().hostAddress());
        calls.take(network);
        wrong.requireLeft("contact " + network);
        Contact in = Input.body(body);
        if (!Tenant.isName(in.organisation())) {
            throw Problem.malformed("organisation must be 1 to 32 of a-z 0-9 -");
        }
        byte[] id = Input.hex("id", in.id(), 16);
        Admissions.Shown shown = shown(id, in.coseKey(), in.keeper(), in.streamSecret(), in.firstEpoch());
        byte[] message = ByteBuffer.allocate(CONTACT.length + id.length + 64)
                .put(CONTACT)
                .put(id)
                .put(MerkleHash.sha256(shown.key().coseKey()))
                .put(MerkleHash.sha256(in.organisation().getBytes(StandardCharsets.UTF_8)))
                .array();
        requirePossession(shown.key(), message, in.possession());
        if (in.chain() == null || in.chain().size() > Factories.MOST_CHAIN) {
            throw Problem.malformed("chain must be 1 to " + Factories.MOST_CHAIN + " certificates");
        }
        List<byte[]> chain = in.chain().stream()
                .map(c -> Input.base64("chain", c, 1, Factories.MOST_CERTIFICATE))
                .toList();
        Factories.Voucher voucher = factories
                .vouched(
                        in.organisation(),
                        chain,
                        message,
                        Input.base64("factorySignature", in.factorySignature(), 8, 160))
                .orElse(null);
        if (voucher == null) {
            wrong.take("contact " + network);
            throw Admissions.notKnown();
        }
        return admissions
                .contact(in.organisation(), shown, voucher)
                .map(r -> Response.ok(r).build())
                .orElseGet(() ->
                        Response.status(202).entity(new Waiting("waiting", 60)).build());
    }
}
