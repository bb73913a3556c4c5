package io.waymark.trace.scan;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.organisation.MasterKey;
import io.waymark.trace.organisation.Paging;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Scans and reports of fakes over HTTP: left by the web front for anybody, read by the maker. */
@Path("/api")
public class ScanResource {
    private static final char[] CASE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PURPOSE = "contact of a report";

    private final Scans scans;
    private final ReportLimit limit;
    private final Database database;
    private final MasterKey master;
    private final SecurityIdentity identity;
    private final Tenant tenant;

    ScanResource(
            Scans scans,
            ReportLimit limit,
            Database database,
            MasterKey master,
            SecurityIdentity identity,
            Tenant tenant) {
        this.scans = scans;
        this.limit = limit;
        this.database = database;
        this.master = master;
        this.identity = identity;
        this.tenant = tenant;
    }

    /** Device: an opaque hash, not an address. Time is honoured from the operator only (stories told afterwards). */
    record Scan(String uri, String device, String country, Instant time) {}

    record Report(String uri, String text, String where, String contact) {}

    /** The number under which to ask about the case. */
    public record Case(String caseNumber) {}

    /** A report as the maker reads it. */
    public record Filed(String caseNumber, String uri, String text, String where, String contact, Instant at) {}

    @POST
    @Path("/scans")
    @RolesAllowed({"service-web", "service-operator"})
    public void scanned(Scan scan) {
        Input.body(scan);
        String device = Input.needed("device", scan.device(), 64);
        String country = Input.optional("country", scan.country(), 2);
        if (country != null && !country.matches("[A-Z]{2}")) {
            throw Problem.malformed("country is two capital letters, ISO 3166-1");
        }
        Instant at = scan.time() != null && identity.hasRole("service-operator") ? scan.time() : Instant.now();
        ObjectUri.parse(scan.uri()).ifPresent(u -> scans.record(u.uri(), device, country, at));
    }

    @POST
    @Path("/reports")
    @RolesAllowed("service-web")
    public Case report(Report report) {
        Input.body(report);
        String text = Input.needed("text", report.text(), 4000);
        String where = Input.optional("where", report.where(), 200);
        String contact = Input.optional("contact", report.contact(), 200);
        if (!limit.allows()) {
            throw new Problem(429, "too-many-reports", "Too many reports", "wait a minute and send the report again");
        }
        byte[] sealed = contact == null ? null : master.seal(contact.getBytes(StandardCharsets.UTF_8), PURPOSE);
        String uri = ObjectUri.parse(report.uri()).map(ObjectUri::uri).orElse(null);
        String gtin = ObjectUri.parse(report.uri()).map(ObjectUri::gtin).orElse(null);
        String maker = database.passport(c ->
                        first(c, "SELECT tenant_id FROM trace.trade_item WHERE gtin = ?", r -> r.getString(1), gtin))
                .orElse(null);
        String number = caseNumber();
        database.asTenant(
                maker == null ? "" : maker,
                c -> run(
                        c,
                        "INSERT INTO trace.fake_report (case_number, tenant_id, uri, text, place, contact) VALUES (?, ?, ?, ?, ?, ?)",
                        number,
                        maker,
                        uri,
                        text,
                        where,
                        sealed));
        return new Case(number);
    }

    @GET
    @Path("/reports")
    @RolesAllowed({"administrator", "viewer", "producer"})
    public List<Filed> reports(@BeanParam Paging paging) {
        tenant.required();
        return database.app(c -> list(
                c,
                "SELECT * FROM trace.fake_report ORDER BY at DESC, case_number LIMIT ? OFFSET ?",
                r -> new Filed(
                        r.getString("case_number"),
                        r.getString("uri"),
                        r.getString("text"),
                        r.getString("place"),
                        r.getBytes("contact") == null
                                ? null
                                : new String(master.open(r.getBytes("contact"), PURPOSE), StandardCharsets.UTF_8),
                        instant(r, "at")),
                paging.size(),
                paging.offset()));
    }

    private static String caseNumber() {
        StringBuilder number = new StringBuilder("R-")
                .append(Instant.now().atZone(ZoneOffset.UTC).getYear())
                .append('-');
        for (int i = 0; i < 8; i++) {
            number.append(CASE_ALPHABET[RANDOM.nextInt(CASE_ALPHABET.length)]);
        }
        return number.toString();
    }
}
