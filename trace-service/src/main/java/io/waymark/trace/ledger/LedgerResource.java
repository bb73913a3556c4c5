package io.waymark.trace.ledger;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The public read side: checkpoint, tiles and entry bundles as C2SP tlog-tiles names them, so that other people's tools verify this log. Given
 * from the published files, with the headers that {@code docker/nginx.conf} gives them; a partial page for ever, also when it is full meanwhile.
 * Anybody's page may read it: nothing here is anybody's own.
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
@Path("/ledger")
@PermitAll
public class LedgerResource {
    private static final String NOTE = "text/plain; charset=utf-8";
    private static final String FOR_EVER = "public, max-age=31536000, immutable";

    /** On one page: about 200 kB. */
    private static final int CHECKPOINTS = 1000;

    // <L>/<N>[.p/<W>]; N in groups of three digits, all but the last with an x before it. L and W without leading
    // zeros.
    private static final Pattern PAGE =
            Pattern.compile("(entries|[0-7])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\\.p/([1-9][0-9]{0,2}))?");

    private final Ledger ledger;

    LedgerResource(Ledger ledger) {
        this.ledger = ledger;
    }

    @GET
    @Path("checkpoint")
    @Produces(NOTE)
    public Response checkpoint(@Context Request request) {
        return answer(ledger.shownNote().getBytes(StandardCharsets.UTF_8), "public, max-age=1", request);
    }

    /** The operator's list of witnesses, as its file has it. */
    @GET
    @Path("policy")
    @Produces(NOTE)
    public Response policy(@Context Request request) {
        return ledger.witnessPolicy()
                .map(policy -> answer(policy.getBytes(StandardCharsets.UTF_8), "no-cache", request))
                .orElseGet(LedgerResource::missing);
    }

    /** Every checkpoint ever signed up to the one that is shown, a page at a time, for {@code evidence audit}. */
    @GET
    @Path("checkpoints")
    @Produces(NOTE)
    public Response checkpoints(@QueryParam("after") @DefaultValue("0") long after) {
        List<String> notes = ledger.signedAfter(after, CHECKPOINTS);
        return Response.ok(String.join("", notes))
                .header("Cache-Control", notes.size() == CHECKPOINTS ? FOR_EVER : "no-store")
                .build();
    }

    @GET
    @Path("key")
    @Produces(NOTE)
    public Response key(@Context Request request) {
        return answer((ledger.verifier().vkey() + "\n").getBytes(StandardCharsets.UTF_8), "no-cache", request);
    }

    /** A key of the log: from which tree size on it signs, and the hash of the only one it can hand over to. */
    public record Key(long generation, long index, long from, String vkey, String next) {}

    /**
     * The log's keys. handOvers: key 8 of a proof file against {@code checkpoint} (FORMAT.md §7.2), base64; null for a log with its first key.
     */
    public record Keys(List<Key> keys, String checkpoint, String handOvers) {}

    @GET
    @Path("keys")
    @Produces(MediaType.APPLICATION_JSON)
    public Response keys() {
        VerifiedCheckpoint shown = ledger.shown();
        String origin = shown.checkpoint().origin();
        return Response.ok(new Keys(
                        ledger.keys().stream()
                                .map(link -> new Key(
                                        link.key().generation(),
                                        link.index(),
                                        link.key().generation() == 0 ? 0 : link.size(),
                                        NoteVerifier.of(origin, link.key().key())
                                                .vkey(),
                                        HexFormat.of().formatHex(link.key().next())))
                                .toList(),
                        shown.note(),
                        ledger.handOvers(shown)
                                .map(told -> {
                                    CborWriter out = new CborWriter();
                                    told.write(out);
                                    return Base64.getEncoder().encodeToString(out.toBytes());
                                })
                                .orElse(null)))
                .header("Cache-Control", "public, max-age=1")
                .build();
    }

    /** As the published files have it (FORMAT.md §8); for readers of the log that are no browsers. */
    @GET
    @Path("hand-overs")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    public Response handOvers(@Context Request request) {
        return ledger.handOversFile()
                .map(file -> answer(file, "public, max-age=1", request))
                .orElseGet(LedgerResource::missing);
    }

    @GET
    @Path("tile/{page: .+}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    public Response tile(@PathParam("page") String page, @Context Request request) {
        Matcher m = PAGE.matcher(page);
        if (!m.matches()) {
            return missing();
        }
        int level = m.group(1).equals("entries") ? -1 : Integer.parseInt(m.group(1));
        String digits = m.group(2).replace("x", "").replace("/", "");
        int width = m.group(3) == null ? Tiles.WIDTH : Integer.parseInt(m.group(3));
        // One spelling per tile: no empty leading groups, no .p/256.
        if ((digits.length() > 3 && digits.startsWith("000")) || (m.group(3) != null && width >= Tiles.WIDTH)) {
            return missing();
        }
        return ledger.page(level, Long.parseLong(digits), width)
                .map(bytes -> answer(bytes, FOR_EVER, request))
                .orElseGet(LedgerResource::missing);
    }

    @GET
    @Path("consistency")
    @Produces(MediaType.APPLICATION_JSON)
    public Response consistency(@QueryParam("from") long from, @QueryParam("to") long to) {
        if (from < 1 || from > to) {
            // The body is put in by package problem, which this package must not know.
            return Response.status(400).build();
        }
        if (to > ledger.checkpoint().checkpoint().size()) {
            return missing();
        }
        return open(Response.ok(new Hashes(ledger.consistency(from, to).path())), FOR_EVER)
                .build();
    }

    /** Hashes of a consistency proof, base64. */
    public record Hashes(List<byte[]> path) {}

    /** 200 with the bytes, or 304 when the reader has them. */
    private static Response answer(byte[] bytes, String cache, Request request) {
        EntityTag tag = new EntityTag(HexFormat.of().formatHex(MerkleHash.sha256(bytes), 0, 16));
        Response.ResponseBuilder known = request.evaluatePreconditions(tag);
        return open(known != null ? known : Response.ok(bytes), cache).tag(tag).build();
    }

    // Not cached: what does not exist yet may exist in a moment.
    private static Response missing() {
        return open(Response.status(404), "no-store").build();
    }

    /** For pages of every origin: a verifier that somebody else hosts reads here. */
    private static Response.ResponseBuilder open(Response.ResponseBuilder answer, String cache) {
        return answer.header("Cache-Control", cache)
                .header("Access-Control-Allow-Origin", "*")
                .header("Cross-Origin-Resource-Policy", "cross-origin")
                .header("X-Content-Type-Options", "nosniff");
    }
}
