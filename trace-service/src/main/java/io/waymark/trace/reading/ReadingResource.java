package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
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
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.context.ManagedExecutor;

/** Batches from ingest in, readings out; statements of organisations. */
@Path("/api")
public class ReadingResource {
    /** Messages in one request. */
    static final int MAX_BATCH = 500;

    /** Bytes of a batch that the event loop reads itself; the reading of larger ones would keep other requests waiting. */
    private static final int QUICK = 64 * 1024;

    private static final String CBOR = "application/cbor";

    private final Intake intake;
    private final Tenant tenant;
    private final AgroalDataSource ofTenant;

    private final ManagedExecutor executor;
    private final Traces traces;

    ReadingResource(Intake intake, Tenant tenant, AgroalDataSource ofTenant, ManagedExecutor executor, Traces traces) {
        this.executor = executor;
        this.traces = traces;
        this.intake = intake;
        this.tenant = tenant;
        this.ofTenant = ofTenant;
    }

    // request  = [* [topic: tstr, wire: bstr]]
    // response = {0: [* [outcome: 0 stored 1 duplicate 2 equivocation 3 refused, reason: tstr / null, index: uint /
    // null]],
    //             1: [* [device id: bstr16, topic prefix: tstr, receipt: bstr]]}
    @POST
    @Path("readings")
    @Consumes(CBOR)
    @Produces(CBOR)
    @RolesAllowed("service-ingest")
    public CompletionStage<byte[]> readings(byte[] body, @Context HttpHeaders headers) {
        // No thread waits for the commit: many devices' single readings are stored together, and each of their threads
        // would cost two changes of context.
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        Traces.Request traced = traces.of(headers::getHeaderString);
        if (body.length <= QUICK) {
            store(body, traced, answer);
        } else {
            executor.execute(() -> store(body, traced, answer));
        }
        return answer;
    }

    private void store(byte[] body, Traces.Request traced, CompletableFuture<byte[]> answer) {
        try {
            // Not thenApply: what failed must reach the mappers as it is.
            submit(body).whenComplete((stored, failure) -> {
                traced.end(stored);
                if (failure == null) {
                    answer.complete(encode(stored));
                } else {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            traced.end(null);
            answer.completeExceptionally(e);
        }
    }

    private CompletableFuture<Intake.Answer> submit(byte[] body) {
        List<String> topics = new ArrayList<>();
        List<byte[]> wires = new ArrayList<>();
        try {
            CborReader in = new CborReader(body);
            int count = in.array();
            if (count > MAX_BATCH) {
                throw new Problem(
                        413, "batch-too-large", "The batch is too large", count + " messages, at most " + MAX_BATCH);
            }
            for (int i = 0; i < count; i++) {
                in.array(2);
                topics.add(in.text());
                wires.add(in.bytes());
            }
            in.end();
        } catch (MalformedException e) {
            throw Problem.malformed("the batch is not CBOR [* [topic, wire]]: " + e.getMessage());
        }
        return intake.readings(topics, wires);
    }

    private static byte[] encode(Intake.Answer answer) {
        CborWriter out =
                new CborWriter().map(2).unsigned(0).array(answer.outcomes().size());
        for (Outcome outcome : answer.outcomes()) {
            out.array(3);
            if (outcome instanceof Outcome.Stored stored) {
                out.unsigned(0).nul().unsigned(stored.index());
            } else if (outcome instanceof Outcome.Duplicate duplicate) {
                out.unsigned(1).nul().unsigned(duplicate.index());
            } else if (outcome instanceof Outcome.Equivocation equivocation) {
                out.unsigned(2).text("equivocation").unsigned(equivocation.index());
            } else if (outcome instanceof Outcome.Refused refused) {
                out.unsigned(3).text(refused.reason()).nul();
            }
        }
        out.unsigned(1).array(answer.receipts().size());
        for (Intake.Issued issued : answer.receipts()) {
            out.array(3).bytes(issued.deviceId()).text(issued.topicPrefix()).bytes(issued.receipt());
        }
        return out.toBytes();
    }

    /** A signed message as base64. */
    public record NewStatement(String wire) {}

    /** Where it stands in the log, and what was signed. */
    public record Stated(long index, String digest) {}

    @POST
    @Path("statements")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed("producer")
    public Stated state(NewStatement body) throws MalformedException {
        byte[] wire = Input.base64("wire", Input.body(body).wire(), 1, SignedMessage.MAX_DEVICE_MESSAGE);
        Outcome outcome = intake.statement(wire, tenant.required());
        if (outcome instanceof Outcome.Refused refused) {
            throw new Problem(422, "statement-refused", "The statement is refused", refused.reason());
        }
        if (outcome instanceof Outcome.Equivocation equivocation) {
            throw Problem.conflict(
                    "equivocation",
                    "another statement has this epoch and sequence number; both are kept, this one at index "
                            + equivocation.index());
        }
        long index = outcome instanceof Outcome.Stored stored ? stored.index() : ((Outcome.Duplicate) outcome).index();
        return new Stated(
                index, HexFormat.of().formatHex(SignedMessage.parse(wire).digest()));
    }

    /**
     * A message of one of the caller's devices, decoded for people.
     *
     * @param notBefore when the receipt was signed that it names: it was signed later; null when nobody knows
     * @param timeMarks in which way its time does not fit: ahead-of-arrival, before-predecessor, before-anchor
     * @param admission why it was refused, if an operator took it after all
     */
    public record Shown(
            long epoch,
            long seq,
            int type,
            Instant time,
            Instant receivedAt,
            long index,
            String digest,
            String linkState,
            Instant notBefore,
            List<String> timeMarks,
            String admission,
            List<Measurement> measurements,
            List<Series> series,
            Position position) {}

    @GET
    @Path("devices/{id}/readings")
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed({"producer", "viewer", "administrator"})
    public List<Shown> readings(
            @PathParam("id") String id,
            @QueryParam("limit") @DefaultValue("100") int limit,
            @QueryParam("before") @DefaultValue("9223372036854775807") long before) {
        tenant.required();
        byte[] device = Input.hex("id", id, 16);
        boolean known = !Readings.query(
                        ofTenant, "SELECT 1 FROM stream WHERE id = ?", (c, s) -> s.setBytes(1, device), row -> true)
                .isEmpty();
        if (!known) {
            throw Problem.notFound("no such device");
        }
        return Readings.query(
                        ofTenant,
                        "SELECT * FROM message WHERE stream_id = ? AND ledger_index < ? ORDER BY ledger_index DESC LIMIT ?",
                        (c, s) -> {
                            s.setBytes(1, device);
                            s.setLong(2, before);
                            s.setInt(3, Math.max(1, Math.min(500, limit)));
                        },
                        row -> new Listed(
                                Readings.message(row),
                                row.getTimestamp("not_before") == null
                                        ? null
                                        : row.getTimestamp("not_before").toInstant(),
                                row.getInt("time_flags"),
                                row.getString("admission")))
                .stream()
                .map(ReadingResource::shown)
                .toList();
    }

    /** A stored message and what became of its time and its refusal. */
    private record Listed(StoredMessage stored, Instant notBefore, int timeFlags, String admission) {}

    private static Shown shown(Listed listed) {
        StoredMessage stored = listed.stored;
        try {
            SignedMessage message = SignedMessage.parse(stored.wire());
            boolean reading = stored.type() == MessageType.READING;
            return new Shown(
                    stored.epoch(),
                    stored.seq(),
                    stored.type(),
                    stored.time(),
                    stored.receivedAt(),
                    stored.index(),
                    HexFormat.of().formatHex(message.digest()),
                    stored.linkState(),
                    listed.notBefore(),
                    SignedTime.words(listed.timeFlags()),
                    listed.admission(),
                    reading ? Reading.measurements(message) : List.of(),
                    reading ? Reading.series(message) : List.of(),
                    reading ? Reading.position(message).orElse(null) : null);
        } catch (MalformedException e) {
            throw new IllegalStateException("stored message " + stored.index() + " is damaged", e);
        }
    }
}
