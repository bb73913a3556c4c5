package io.waymark.trace.reading;

import io.waymark.evidence.cbor.CborWriter;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.time.Instant;
import java.util.List;

/** What devices are to be told although they did not ask: ingest fetches it and publishes it. */
@Path("/api/outgoing")
public class OutgoingResource {
    private final Gaps gaps;
    private final WitnessedReceipts witnessed;

    OutgoingResource(Gaps gaps, WitnessedReceipts witnessed) {
        this.gaps = gaps;
        this.witnessed = witnessed;
    }

    // response = [* [topic: tstr, bytes: bstr, rank: uint]]       of two for one topic the higher rank overtakes the
    // other
    @POST
    @Produces("application/cbor")
    @RolesAllowed("service-ingest")
    public byte[] take() {
        List<Gaps.Asked> commands = gaps.due(Instant.now());
        List<WitnessedReceipts.Due> receipts = witnessed.due();
        CborWriter out = new CborWriter().array(commands.size() + receipts.size());
        for (Gaps.Asked asked : commands) {
            out.array(3)
                    .text(asked.topicPrefix() + "/d/cmd")
                    .bytes(asked.command())
                    .unsigned(asked.timeMillis());
        }
        for (WitnessedReceipts.Due due : receipts) {
            out.array(3).text(due.topicPrefix() + "/d/ack").bytes(due.receipt()).unsigned(due.treeSize());
        }
        return out.toBytes();
    }
}
