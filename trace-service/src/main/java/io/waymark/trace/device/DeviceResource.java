package io.waymark.trace.device;

import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Revocation;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** Registration of devices and of organisations' signing keys. */
@Path("/api")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class DeviceResource {
    /** Who may hold a key, as a key binding says it. */
    public static final List<String> KEEPERS = List.of("device", "gateway", "platform", "browser", "file", "hsm");

    private final Registration registration;
    private final Enrolment enrolment;
    private final Streams streams;
    private final Devices devices;
    private final Standings standings;
    private final Tenant tenant;

    DeviceResource(
            Registration registration,
            Enrolment enrolment,
            Streams streams,
            Devices devices,
            Standings standings,
            Tenant tenant) {
        this.registration = registration;
        this.enrolment = enrolment;
        this.streams = streams;
        this.devices = devices;
        this.standings = standings;
        this.tenant = tenant;
    }

    /** A signing key of an organisation; {@code streamId} is 16 random bytes of this key's own. */
    public record NewKey(
            String streamId,
            String coseKey,
            String role,
            String keeper,
            String streamSecret,
            String label,
            String possession) {}

    /** Ledger index of the entry made, or found. */
    public record Bound(long index) {}

    @POST
    @Path("keys")
    @RolesAllowed({"producer", "administrator"})
    public Bound bindKey(NewKey body) {
        NewKey in = Input.body(body);
        byte[] id = Input.hex("streamId", in.streamId(), 16);
        Input.oneOf("role", in.role(), List.of(KeyBinding.ORGANISATION));
        VerificationKey key = Registration.key(Input.base64("coseKey", in.coseKey(), 1, 256));
        Registration.requirePossession(id, key, Input.base64("possession", in.possession(), 64, 64));
        return new Bound(registration.bindOrganisationKey(
                tenant.required(),
                id,
                key,
                Input.oneOf("keeper", in.keeper(), KEEPERS),
                Input.base64("streamSecret", in.streamSecret(), 32, 32),
                Input.text("label", in.label(), 60)));
    }

    /**
     * A device to register.
     *
     * @param site       [a-z0-9-]{1,32}; becomes part of its topic
     * @param name       the owner's name for it; not public
     * @param kind       what it is, e.g. "reefer logger"; public in the key binding, so no persons
     * @param firstEpoch epoch of the key's first message; 0 when absent
     */
    public record NewDevice(
            String id,
            String site,
            String name,
            String kind,
            String coseKey,
            String keeper,
            String streamSecret,
            String possession,
            Long firstEpoch) {}

    @POST
    @Path("devices")
    @RolesAllowed({"producer", "administrator"})
    public Enrolment.Registered register(NewDevice body) {
        NewDevice in = Input.body(body);
        byte[] id = Input.hex("id", in.id(), 16);
        if (!Tenant.isName(in.site())) {
            throw Problem.malformed("site must be 1 to 32 of a-z 0-9 -");
        }
        if (in.firstEpoch() != null && in.firstEpoch() < 0) {
            throw Problem.malformed("firstEpoch must not be negative");
        }
        VerificationKey key = Registration.key(Input.base64("coseKey", in.coseKey(), 1, 256));
        Registration.requirePossession(id, key, Input.base64("possession", in.possession(), 64, 64));
        return enrolment.enrol(
                tenant.required(),
                id,
                new Enrolment.Description(
                        in.site(), Input.text("name", in.name(), 120), Input.text("kind", in.kind(), 60)),
                key,
                Input.oneOf("keeper", in.keeper(), KEEPERS),
                Input.base64("streamSecret", in.streamSecret(), 32, 32),
                in.firstEpoch() == null ? 0 : in.firstEpoch());
    }

    @GET
    @Path("devices")
    @RolesAllowed({"producer", "viewer", "administrator"})
    public List<Devices.Device> devices(
            @QueryParam("page") @DefaultValue("0") int page, @QueryParam("size") @DefaultValue("100") int size)
            throws SQLException {
        tenant.required();
        return devices.page(Math.max(0, page), Math.max(1, Math.min(500, size)));
    }

    /**
     * Why a key must not be trusted for what comes after.
     *
     * @param reason       superseded, lost or compromised
     * @param suspectFrom  with compromised, and nothing else: ledger index from which on the key may have been another's
     * @param suspectSince or a time, ISO 8601, in its place: that of the first entry then or later
     */
    public record Reason(String kid, String reason, Long suspectFrom, String suspectSince) {}

    @POST
    @Path("devices/{id}/revocations")
    @RolesAllowed({"producer", "administrator"})
    public Registration.Revoked revoke(@PathParam("id") String id, Reason body) {
        Reason in = Input.body(body);
        byte[] streamId = Input.hex("id", id, 16);
        byte[] kid = Input.hex("kid", in.kid(), 8);
        String reason = Input.oneOf(
                "reason", in.reason(), List.of(Revocation.SUPERSEDED, Revocation.LOST, Revocation.COMPROMISED));
        boolean suspect = reason.equals(Revocation.COMPROMISED);
        if (!suspect && (in.suspectFrom() != null || in.suspectSince() != null)) {
            throw Problem.malformed(
                    "suspectFrom and suspectSince go with compromised: nothing is suspect of a key that is " + reason);
        }
        if (!suspect) {
            return registration.revoke(tenant.required(), streamId, kid, reason);
        }
        if ((in.suspectFrom() == null) == (in.suspectSince() == null)) {
            throw Problem.malformed("compromised needs suspectFrom (an index) or suspectSince (a time), not both");
        }
        if (in.suspectFrom() != null && in.suspectFrom() < 0) {
            throw Problem.malformed("suspectFrom must not be negative");
        }
        long from = in.suspectFrom() != null ? in.suspectFrom() : registration.firstEntryFrom(time(in.suspectSince()));
        return registration.compromised(tenant.required(), streamId, kid, from);
    }

    private static Instant time(String suspectSince) {
        try {
            return Instant.parse(suspectSince);
        } catch (DateTimeParseException e) {
            throw Problem.malformed("suspectSince must be a time such as 2026-11-21T08:30:00Z");
        }
    }

    /** Which devices a broker must not let in, and which it may again, since a ledger index; −1 for all. At most 1,000: ask on with {@code after}. */
    @GET
    @Path("devices/standings")
    @RolesAllowed("service-ingest")
    public Standings.Changes standings(@QueryParam("after") @DefaultValue("-1") long after) {
        return standings.after(Math.max(-1, after));
    }

    /** A device's keys, for ingest. */
    public record Keys(String tenant, String site, List<Key> keys) {}

    /** One of them. */
    public record Key(String kid, String coseKey, boolean revoked) {}

    @GET
    @Path("devices/{id}/keys")
    @RolesAllowed("service-ingest")
    public Keys keys(@PathParam("id") String id) {
        List<Stream> keys = streams.keysOf(Input.hex("id", id, 16));
        if (keys.isEmpty() || !keys.get(0).role().equals(KeyBinding.DEVICE)) {
            throw Problem.notFound("no such device");
        }
        return new Keys(
                keys.get(0).tenant(),
                keys.get(0).site(),
                keys.stream()
                        .map(s -> new Key(
                                HexFormat.of().formatHex(s.key().kid()),
                                Base64.getEncoder().encodeToString(s.key().coseKey()),
                                s.revoked()))
                        .toList());
    }
}
