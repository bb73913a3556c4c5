package io.waymark.trace.custody;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.organisation.MasterKey;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.reading.Intake;
import io.waymark.trace.reading.Outcome;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Signs steps and photo statements for an organisation that works in the console and keeps no key itself. The key is the organisation's own stream, made at first
 * need, bound in the ledger with keeper {@code platform}, sealed at rest. Whoever reads the passport is told that the platform signed.
 */
@ApplicationScoped
public class PlatformSigner {
    private static final int SEED = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Database database;
    private final MasterKey master;
    private final Streams streams;
    private final Registration registration;
    private final Steps steps;
    private final Ledger ledger;
    private final Intake intake;
    private final ObjectMapper json;

    // By organisation, the message of which nobody knows yet whether it is stored. Its number must not be given to
    // another message: two under
    // one number are what a thief of the key would leave. In memory only: with this process its open commits end too.
    private final Map<String, Supplier<?>> unsettled = new HashMap<>();

    PlatformSigner(
            Database database,
            MasterKey master,
            Streams streams,
            Registration registration,
            Steps steps,
            Ledger ledger,
            Intake intake,
            ObjectMapper json) {
        this.database = database;
        this.master = master;
        this.streams = streams;
        this.registration = registration;
        this.steps = steps;
        this.ledger = ledger;
        this.intake = intake;
        this.json = json;
    }

    private record Held(byte[] streamId, SigningKey key, byte[] streamSecret) {}

    /** Signs and stores a step about these objects. One at a time: a stream's numbers have no gaps. */
    public synchronized Steps.Accepted sign(String tenant, PublicSummary summary, List<Steps.Named> objects) {
        settle(tenant);
        Held held = held(tenant);
        byte[] secret = random(16);
        ObjectTree tree = new ObjectTree(
                secret,
                objects.stream()
                        .map(o -> new ObjectTree.Entry(o.uri(), o.secret()))
                        .toList());
        SignedMessage message = SignedMessage.sign(
                next(MessageType.CUSTODY_STEP, held),
                List.of(
                        CustodyStep.event(event(summary, objects)),
                        CustodyStep.objects(tree),
                        CustodyStep.summary(summary)),
                secret,
                held.key());
        return send(tenant, () -> steps.accept(tenant, message.wire(), objects));
    }

    /**
     * Signs and stores a statement, unless it is stored: then nothing is signed. In one queue with the steps, whose numbers it shares.
     *
     * @param stored looks for the statement; asked again here, where nobody else signs for the organisation
     * @return the statement's index in the ledger
     */
    public synchronized long state(String tenant, Statement statement, Supplier<Optional<Long>> stored) {
        settle(tenant);
        Optional<Long> before = stored.get();
        if (before.isPresent()) {
            return before.get();
        }
        Held held = held(tenant);
        SignedMessage message =
                SignedMessage.sign(next(MessageType.STATEMENT, held), List.of(statement.group()), held.key());
        return send(tenant, () -> {
            Outcome outcome = intake.statement(message.wire(), tenant);
            if (outcome instanceof Outcome.Stored first) {
                return first.index();
            }
            if (outcome instanceof Outcome.Duplicate again) {
                return again.index();
            }
            throw Problem.conflict("statement-refused", "the platform's key cannot sign for this organisation");
        });
    }

    /** The head of the stream's next message. */
    private Head next(int type, Held held) {
        // After a loss nobody knows which numbers were used in what was lost, so they are never given again: the epoch
        // is the size of the log at its last recovery, which no earlier one can have been.
        long recovered = ledger.recovered();
        Optional<Steps.StreamHead> last = steps.head(held.streamId()).filter(h -> h.epoch() >= recovered);
        return new Head(
                type,
                held.streamId(),
                last.map(Steps.StreamHead::epoch).orElse(recovered),
                last.map(h -> h.seq() + 1).orElse(0L),
                last.map(Steps.StreamHead::digest).orElse(null),
                System.currentTimeMillis(),
                2,
                null,
                null);
    }

    private <T> T send(String tenant, Supplier<T> message) {
        unsettled.put(tenant, message);
        try {
            T answer = message.get();
            unsettled.remove(tenant);
            return answer;
        } catch (BusyException unknown) {
            throw unknown;
        } catch (RuntimeException e) {
            unsettled.remove(tenant);
            throw e;
        }
    }

    /** Sends again what was left open. The same message is stored once, however often it is sent. */
    private void settle(String tenant) {
        Supplier<?> open = unsettled.get(tenant);
        if (open != null) {
            try {
                send(tenant, open);
            } catch (Problem refused) {
                // Known at last: it is not stored, and its number is free. Whoever sent it was told to try again.
            }
        }
    }

    private Held held(String tenant) {
        Optional<Held> stored = stored(tenant);
        if (stored.isEmpty()) {
            byte[] streamId = random(16);
            byte[] secrets =
                    Arrays.copyOf(SigningKey.generate(Algorithm.ED25519).secretBytes(), 2 * SEED);
            System.arraycopy(random(SEED), 0, secrets, SEED, SEED);
            byte[] sealed = master.seal(secrets, purpose(tenant));
            // Stored before it is bound: a key bound but lost would be a stream nobody can continue.
            database.asTenant(
                    tenant,
                    c -> run(
                            c,
                            "INSERT INTO trace.platform_key (tenant_id, stream_id, sealed) VALUES (?, ?, ?) ON CONFLICT (tenant_id) DO NOTHING",
                            tenant,
                            streamId,
                            sealed));
            stored = stored(tenant);
        }
        Held held = stored.orElseThrow(
                () -> new IllegalStateException("the platform key of " + tenant + " was not stored"));
        if (streams.find(held.streamId()).isEmpty()) {
            registration.bind(new Registration.Candidate(
                    held.streamId(),
                    tenant,
                    KeyBinding.ORGANISATION,
                    "platform",
                    held.key().verificationKey(),
                    held.streamSecret(),
                    "console, signed by the platform",
                    null,
                    null,
                    null,
                    0));
        }
        return held;
    }

    private Optional<Held> stored(String tenant) {
        return database.asTenant(
                tenant,
                c -> first(
                        c,
                        "SELECT stream_id, sealed FROM trace.platform_key WHERE tenant_id = ?",
                        r -> {
                            byte[] secrets = master.open(r.getBytes("sealed"), purpose(tenant));
                            return new Held(
                                    r.getBytes("stream_id"),
                                    SigningKey.ofSeed(Arrays.copyOf(secrets, SEED)),
                                    Arrays.copyOfRange(secrets, SEED, 2 * SEED));
                        },
                        tenant));
    }

    private static String purpose(String tenant) {
        return "platform key of " + tenant;
    }

    /** The EPCIS 2.0 event of the step, as the bytes that are signed. */
    private byte[] event(PublicSummary summary, List<Steps.Named> objects) {
        ObjectNode event = json.createObjectNode();
        event.put("type", "ObjectEvent");
        event.put("action", summary.bizStep().equals("commissioning") ? "ADD" : "OBSERVE");
        event.put("eventTime", Instant.ofEpochMilli(summary.timeMillis()).toString());
        event.put("eventTimeZoneOffset", "+00:00");
        event.put("bizStep", summary.bizStep());
        if (summary.disposition() != null) {
            event.put("disposition", summary.disposition());
        }
        ArrayNode list = event.putArray("epcList");
        objects.forEach(o -> list.add(o.uri()));
        try {
            return json.writeValueAsString(event).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of our own cannot be written", e);
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
