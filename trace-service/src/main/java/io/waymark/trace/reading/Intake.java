package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.device.ReceiptKey;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import io.waymark.trace.reading.Judgement.Admission;
import io.waymark.trace.reading.Judgement.Arrived;
import io.waymark.trace.reading.Judgement.Judged;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.postgresql.PGStatement;

/**
 * Takes batches of messages: judges them, appends one statement per new message in one commit with its rows, and signs receipts for what
 * is stored. Exactly-once in effect: a message may arrive any number of times and in any order.
 *
 * <p>Requests that arrive while others are being stored wait and are stored together, whoever their tenants are: a row says whose it is. So
 * a thousand requests of one message cost what one of a thousand costs; one that comes alone does not wait. What keeps a group from being
 * stored is tried alone: no request fails for another's sake.
 */
@ApplicationScoped
public class Intake {
    private static final Logger LOG = Logger.getLogger(Intake.class);
    private static final int TRIES = 4;

    /** Two messages were signed under one number, and this one stands after it. */
    static final String AFTER_EQUIVOCATION = "after-equivocation";

    /** Goes on with an epoch that its device has left. */
    static final String OLD_EPOCH = "old-epoch";

    /** Reasons that an operator may overrule: the message is the device's own, only late, or by a key that was good once. */
    public static final Set<String> ADMISSIBLE = Set.of(AFTER_EQUIVOCATION, OLD_EPOCH, "key-revoked");

    /** So few signatures are made or checked faster by one thread than by handing them out. */
    static final int FEW = 8;

    private final Ledger ledger;
    private final Streams streams;
    private final ReceiptKey receiptKey;
    private final Registration registration;
    private final Anchors anchors;
    private final OldEpochs oldEpochs;
    private final WitnessedReceipts witnessed;
    private final AgroalDataSource database;
    private final IntakeMeters meters;
    private final Groups<Request, Answer> groups = new Groups<>("intake", this::answer);

    Intake(
            Ledger ledger,
            Streams streams,
            ReceiptKey receiptKey,
            Registration registration,
            Anchors anchors,
            OldEpochs oldEpochs,
            WitnessedReceipts witnessed,
            @DataSource("ledger") AgroalDataSource database,
            MeterRegistry registry) {
        this.ledger = ledger;
        this.streams = streams;
        this.receiptKey = receiptKey;
        this.registration = registration;
        this.anchors = anchors;
        this.oldEpochs = oldEpochs;
        this.witnessed = witnessed;
        this.database = database;
        this.meters = new IntakeMeters(registry, witnessed::waiting);
    }

    /** Made at the start, so that its metrics are there from the first scrape on. */
    void start(@Observes @Priority(Ledger.START + 3) StartupEvent event) {}

    @PreDestroy
    void close() {
        groups.close();
    }

    /** One outcome per message in order, and a receipt per device of which something is stored. */
    public record Answer(List<Outcome> outcomes, List<Issued> receipts) {}

    /** @param topicPrefix {@code v1/{tenant}/{site}/{device}} */
    public record Issued(byte[] deviceId, String topicPrefix, byte[] receipt) {}

    /**
     * Messages of devices with the topics they came by. Completes when they are stored and their receipts signed; with a
     * {@link BusyException} when that is not known.
     */
    public CompletableFuture<Answer> readings(List<String> topics, List<byte[]> wires) {
        return groups.submit(new Request(IntStream.range(0, wires.size())
                .mapToObj(i -> new Arrived(topics.get(i), wires.get(i), null, null))
                .toList()));
    }

    /**
     * Takes a device's message that was refused, because an operator says so. Only reasons of order and validity can be overruled
     * ({@link #ADMISSIBLE}); what is not the device's own stays refused.
     *
     * @param refusedAs why it was refused
     * @param reason    the operator's words, of which the log keeps a commitment
     * @param by        the operator
     */
    public Outcome admit(String topic, byte[] wire, String refusedAs, String reason, String by) {
        if (!ADMISSIBLE.contains(refusedAs)) {
            return new Outcome.Refused(refusedAs);
        }
        return groups.store(new Request(List.of(new Arrived(topic, wire, null, new Admission(refusedAs, reason, by)))))
                .outcomes()
                .get(0);
    }

    /** A statement of one of {@code tenant}'s signing keys; no receipt. Returns when it is stored. */
    public Outcome statement(byte[] wire, String tenant) {
        return groups.store(new Request(List.of(new Arrived(null, wire, tenant, null))))
                .outcomes()
                .get(0);
    }

    /** One caller's messages. */
    private static final class Request extends Groups.Member<Answer> {
        private final List<Arrived> messages;

        Request(List<Arrived> messages) {
            this.messages = messages;
        }

        @Override
        int size() {
            return messages.size();
        }
    }

    /** Where a request's messages stand, and its receipts before they are signed. */
    private record Placed(List<Outcome> outcomes, List<Unsigned> receipts) {}

    private record Unsigned(Stream stream, String topicPrefix, Receipt receipt) {}

    private List<Answer> answer(List<Request> group) {
        long begun = System.nanoTime();
        List<Placed> placed = store(group);
        placed.forEach(p -> p.outcomes.forEach(meters::came));
        long stored = System.nanoTime();
        meters.store.record(stored - begun, TimeUnit.NANOSECONDS);
        List<Answer> answers = signed(placed);
        meters.sign.record(System.nanoTime() - stored, TimeUnit.NANOSECONDS);
        answers.forEach(a -> meters.receipts.increment(a.receipts.size()));
        return answers;
    }

    /** Stores the messages of all these requests in one commit; one answer per request, in order. */
    private List<Placed> store(List<Request> group) {
        Set<Slot> taken = new HashSet<>();
        List<List<Judged>> judged = judged(group);
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(judged, taken);
            } catch (Taken e) {
                // Another group stored another message under one of our identities since we looked: now we see it. Or
                // its
                // row was lost with a database and its entry came back from a mirror: then only the log knows of it.
                if (!taken.addAll(e.slots) && attempt >= TRIES) {
                    throw group.size() > 1
                            ? e
                            : new BusyException("messages of the same identity keep arriving", e.getCause());
                }
            } catch (Rows.RevokedMeanwhile e) {
                streams.forgetAll();
                if (attempt == TRIES) {
                    throw group.size() > 1 ? e : new BusyException("keys are being revoked", e);
                }
                judged = judged(group);
            }
        }
    }

    /** Each request's messages, judged now; all together, so that keys are looked up once and every processor has work. */
    private List<List<Judged>> judged(List<Request> group) {
        long begun = System.nanoTime();
        List<Judged> all =
                Judgement.of(group.stream().flatMap(r -> r.messages.stream()).toList(), streams);
        meters.judge.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
        List<List<Judged>> each = new ArrayList<>();
        int from = 0;
        for (Request request : group) {
            each.add(all.subList(from, from + request.size()));
            from += request.size();
        }
        return each;
    }

    /** The log has other entries for these places of their streams. */
    private static final class Taken extends RuntimeException {
        private final transient Set<Slot> slots;

        Taken(Set<Slot> slots, ConflictException cause) {
            super(cause);
            this.slots = slots;
        }
    }

    /** Identity of a message: where it stands in its stream. */
    private record Slot(ByteBuffer stream, long epoch, long seq) {
        static Slot of(Head head) {
            return new Slot(ByteBuffer.wrap(head.id()), head.epoch(), head.seq());
        }
    }

    private record Found(byte[] digest, long index, long timeMillis) {}

    /**
     * One answer per request, in order.
     *
     * @param taken places for which the log has another message, of which a row may be here or not
     */
    private List<Placed> attempt(List<List<Judged>> asJudged, Set<Slot> taken) {
        Map<Slot, Found> found = found(asJudged.stream().flatMap(List::stream).toList());
        List<List<Judged>> requests = inOrder(asJudged, found);
        List<Judged> judged = requests.stream().flatMap(List::stream).toList();
        Map<ByteBuffer, Long> notBefore = notBefore(judged, found);
        long now = System.currentTimeMillis();
        Map<Slot, Map<ByteBuffer, Long>> equivocations = new HashMap<>();
        for (Judged j : judged) {
            if (j.refusal() == null) {
                Slot slot = Slot.of(j.message().head());
                Found other = found.get(slot);
                if (other == null
                        ? taken.contains(slot)
                        : !Arrays.equals(other.digest, j.message().digest())) {
                    equivocations.putAll(equivocationsOf(j.message().head()));
                }
            }
        }

        List<Submission> submissions = new ArrayList<>();
        Map<Slot, Rows.Fresh> fresh = new LinkedHashMap<>();
        Map<Slot, Map<ByteBuffer, Rows.Fresh>> second = new LinkedHashMap<>();
        Set<ByteBuffer> devices = new LinkedHashSet<>();
        Map<ByteBuffer, Stream> streamOf = new HashMap<>();
        for (Judged j : judged) {
            if (j.refusal() != null) {
                continue;
            }
            SignedMessage m = j.message();
            Slot slot = Slot.of(m.head());
            devices.add(slot.stream);
            streamOf.put(slot.stream, j.stream());
            byte[] first = fresh.containsKey(slot)
                    ? fresh.get(slot).message().digest()
                    : found.containsKey(slot) ? found.get(slot).digest : null;
            if (first == null && !taken.contains(slot)) {
                byte[] entry = Entries.statement(
                        j.stream().streamSecret(), m.head().epoch(), m.head().seq(), m.digest());
                Long after = m.head().anchor() == null
                        ? null
                        : notBefore.get(ByteBuffer.wrap(m.head().anchor()));
                int flags = SignedTime.flags(m.head(), now, timeBefore(m.head(), found, fresh), after);
                int at = submissions.size();
                submissions.add(Submission.of(entry));
                if (j.admission() != null) {
                    submissions.add(Submission.of(Entries.admission(
                            j.stream().streamSecret(),
                            m.digest(),
                            j.admission().reason().getBytes(StandardCharsets.UTF_8))));
                }
                fresh.put(
                        slot,
                        new Rows.Fresh(
                                m,
                                j.stream(),
                                at,
                                tag(entry),
                                linkState(m, found, fresh),
                                after,
                                flags,
                                j.admission(),
                                at + 1));
            } else if (!Arrays.equals(first, m.digest())
                    && !equivocations.getOrDefault(slot, Map.of()).containsKey(ByteBuffer.wrap(m.digest()))
                    && !second.getOrDefault(slot, Map.of()).containsKey(ByteBuffer.wrap(m.digest()))) {
                byte[] entry = Entries.equivocation(
                        j.stream().streamSecret(), m.head().epoch(), m.head().seq(), m.digest());
                second.computeIfAbsent(slot, s -> new LinkedHashMap<>())
                        .put(
                                ByteBuffer.wrap(m.digest()),
                                new Rows.Fresh(m, j.stream(), submissions.size(), tag(entry), null, null, 0, null, -1));
                submissions.add(Submission.of(entry));
            }
        }
        if (devices.isEmpty()) {
            return requests.stream()
                    .map(request -> new Placed(
                            request.stream()
                                    .map(j -> (Outcome) new Outcome.Refused(j.refusal()))
                                    .toList(),
                            List.of()))
                    .toList();
        }

        List<Rows.Fresh> seconds =
                second.values().stream().flatMap(m -> m.values().stream()).toList();
        Map<ByteBuffer, List<Receipt.Range>> ranges = new HashMap<>();
        KeyChanges keyChanges = new KeyChanges(streams, registration);
        fresh.values().forEach(f -> keyChanges.consider(f.message(), f.stream()));
        keyChanges.appendTo(submissions);
        List<Long> indexes;
        try {
            indexes = ledger.append(submissions, (c, at) -> {
                ranges.putAll(Rows.write(c, at, List.copyOf(fresh.values()), seconds, devices));
                keyChanges.rows(c, at);
            });
        } catch (ConflictException e) {
            throw new Taken(taken(submissions, fresh, e.position()), e);
        }
        keyChanges.done();
        for (Rows.Fresh f : seconds) {
            Head head = f.message().head();
            LOG.warnf(
                    "two messages of device %s under epoch %d seq %d: both are in the log, nothing later by key %s is taken",
                    HexFormat.of().formatHex(head.id()),
                    head.epoch(),
                    head.seq(),
                    HexFormat.of().formatHex(f.message().kid()));
            streams.forget(head.id());
        }
        fresh.values().stream()
                .filter(f -> f.message().head().seq() == 0)
                .forEach(f -> oldEpochs.forget(f.message().head().id()));

        List<Outcome> outcomes = new ArrayList<>();
        Set<Slot> told = new LinkedHashSet<>();
        for (Judged j : judged) {
            if (j.refusal() != null) {
                outcomes.add(new Outcome.Refused(j.refusal()));
                continue;
            }
            Slot slot = Slot.of(j.message().head());
            ByteBuffer digest = ByteBuffer.wrap(j.message().digest());
            Rows.Fresh mine = fresh.get(slot);
            Long stands = mine != null
                    ? indexes.get(mine.at())
                    : found.containsKey(slot) ? Long.valueOf(found.get(slot).index) : null;
            if (stands != null && j.stream().role().equals(KeyBinding.DEVICE)) {
                witnessed.stored(j.stream(), stands);
            }
            if (mine != null
                    && Arrays.equals(mine.message().digest(), j.message().digest())) {
                long index = indexes.get(mine.at());
                outcomes.add(told.add(slot) ? new Outcome.Stored(index) : new Outcome.Duplicate(index));
            } else if (mine == null
                    && found.containsKey(slot)
                    && Arrays.equals(found.get(slot).digest, j.message().digest())) {
                outcomes.add(new Outcome.Duplicate(found.get(slot).index));
            } else {
                Long stored = equivocations.getOrDefault(slot, Map.of()).get(digest);
                outcomes.add(new Outcome.Equivocation(
                        stored != null
                                ? stored
                                : indexes.get(second.get(slot).get(digest).at())));
            }
        }
        Map<ByteBuffer, Unsigned> receipts = receipts(devices, streamOf, ranges);
        List<Placed> placed = new ArrayList<>();
        int from = 0;
        for (List<Judged> request : requests) {
            List<Unsigned> mine = request.stream()
                    .filter(j -> j.refusal() == null)
                    .map(j -> ByteBuffer.wrap(j.message().head().id()))
                    .distinct()
                    .map(receipts::get)
                    .filter(Objects::nonNull)
                    .toList();
            placed.add(new Placed(List.copyOf(outcomes.subList(from, from + request.size())), mine));
            from += request.size();
        }
        return placed;
    }

    /** The same, but what is not stored yet and comes after its stream was held, or goes on with an epoch that was left, is refused. */
    private List<List<Judged>> inOrder(List<List<Judged>> requests, Map<Slot, Found> found) {
        List<Head> late = requests.stream()
                .flatMap(List::stream)
                .filter(j -> j.refusal() == null
                        && j.admission() == null
                        && j.stream().role().equals(KeyBinding.DEVICE)
                        && !found.containsKey(Slot.of(j.message().head())))
                .map(j -> j.message().head())
                .toList();
        if (late.isEmpty()) {
            return requests;
        }
        Set<Head> all = new HashSet<>(late);
        Set<Head> old = oldEpochs.among(late);
        return requests.stream()
                .map(request -> request.stream()
                        .map(j -> {
                            if (j.refusal() != null || !all.contains(j.message().head())) {
                                return j;
                            }
                            Head head = j.message().head();
                            return j.stream().held(head.epoch(), head.seq())
                                    ? Judged.refused(AFTER_EQUIVOCATION)
                                    : old.contains(head) ? Judged.refused(OLD_EPOCH) : j;
                        })
                        .toList())
                .toList();
    }

    private Map<ByteBuffer, Long> notBefore(List<Judged> judged, Map<Slot, Found> found) {
        List<Anchors.Named> named = judged.stream()
                .filter(j -> j.refusal() == null
                        && j.message().head().anchor() != null
                        && j.stream().role().equals(KeyBinding.DEVICE)
                        && !found.containsKey(Slot.of(j.message().head())))
                .map(j -> new Anchors.Named(
                        j.message().head().anchor(), j.message().head().id()))
                .toList();
        return named.isEmpty() ? Map.of() : anchors.times(named);
    }

    private static Long timeBefore(Head head, Map<Slot, Found> found, Map<Slot, Rows.Fresh> fresh) {
        if (head.seq() == 0) {
            return null;
        }
        Slot before = new Slot(ByteBuffer.wrap(head.id()), head.epoch(), head.seq() - 1);
        Found stored = found.get(before);
        Rows.Fresh beside = fresh.get(before);
        return stored != null
                ? Long.valueOf(stored.timeMillis)
                : beside != null ? Long.valueOf(beside.message().head().timeMillis()) : null;
    }

    private Set<Slot> taken(List<Submission> submissions, Map<Slot, Rows.Fresh> fresh, int conflict) {
        Map<Integer, Ledger.Standing> standing = ledger.standing(submissions);
        Set<Slot> taken = new HashSet<>();
        fresh.forEach((slot, f) -> {
            Ledger.Standing stands = standing.get(f.at());
            boolean other = stands != null
                    && !Arrays.equals(stands.entry(), submissions.get(f.at()).entry());
            if (other || f.at() == conflict) {
                taken.add(slot);
            }
        });
        return taken;
    }

    /** The messages in the slots of this batch, and in the slots before them. */
    private Map<Slot, Found> found(List<Judged> judged) {
        Set<Slot> wanted = new LinkedHashSet<>();
        for (Judged j : judged) {
            if (j.refusal() == null) {
                Slot slot = Slot.of(j.message().head());
                wanted.add(slot);
                if (slot.seq > 0) {
                    wanted.add(new Slot(slot.stream, slot.epoch, slot.seq - 1));
                }
            }
        }
        Map<Slot, Found> found = new HashMap<>();
        if (wanted.isEmpty() || ledger.lacks(Drill.Sabotage.DEDUPE_OFF)) {
            return found;
        }
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT m.stream_id, m.epoch, m.seq, m.digest, m.ledger_index, m.device_time
                        FROM unnest(?::bytea[], ?::bigint[], ?::bigint[]) AS w (stream_id, epoch, seq)
                        JOIN message m USING (stream_id, epoch, seq)""")) {
            // Planned anew each time: a plan kept from when the table was small reads it whole when it is large.
            select.unwrap(PGStatement.class).setPrepareThreshold(0);
            select.setArray(
                    1,
                    c.createArrayOf(
                            "bytea", wanted.stream().map(s -> s.stream.array()).toArray(byte[][]::new)));
            select.setArray(
                    2, c.createArrayOf("int8", wanted.stream().map(Slot::epoch).toArray(Long[]::new)));
            select.setArray(
                    3, c.createArrayOf("int8", wanted.stream().map(Slot::seq).toArray(Long[]::new)));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.put(
                            new Slot(ByteBuffer.wrap(row.getBytes(1)), row.getLong(2), row.getLong(3)),
                            new Found(
                                    row.getBytes(4),
                                    row.getLong(5),
                                    row.getTimestamp(6).getTime()));
                }
            }
            return found;
        } catch (SQLException e) {
            throw new BusyException("cannot look up messages", e);
        }
    }

    private Map<Slot, Map<ByteBuffer, Long>> equivocationsOf(Head head) {
        Map<ByteBuffer, Long> known = new HashMap<>();
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT digest, ledger_index FROM equivocation WHERE stream_id = ? AND epoch = ? AND seq = ?")) {
            select.setBytes(1, head.id());
            select.setLong(2, head.epoch());
            select.setLong(3, head.seq());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    known.put(ByteBuffer.wrap(row.getBytes(1)), row.getLong(2));
                }
            }
        } catch (SQLException e) {
            throw new BusyException("cannot look up equivocations", e);
        }
        return Map.of(Slot.of(head), known);
    }

    private static String linkState(SignedMessage m, Map<Slot, Found> found, Map<Slot, Rows.Fresh> fresh) {
        Head head = m.head();
        if (head.seq() == 0) {
            return "linked";
        }
        Slot before = new Slot(ByteBuffer.wrap(head.id()), head.epoch(), head.seq() - 1);
        byte[] digest = found.containsKey(before)
                ? found.get(before).digest
                : fresh.containsKey(before) ? fresh.get(before).message().digest() : null;
        if (digest == null) {
            return "pending-link";
        }
        return Arrays.equals(digest, head.prev()) ? "linked" : "chain-break";
    }

    /** kind(1) ‖ tag(32) ‖ digest(32) */
    private static byte[] tag(byte[] entry) {
        return Arrays.copyOfRange(entry, 1, 33);
    }

    /** Made after COMMIT: the newest checkpoint contains every range, because ranges were read in that commit or an earlier one. */
    private Map<ByteBuffer, Unsigned> receipts(
            Set<ByteBuffer> devices, Map<ByteBuffer, Stream> streamOf, Map<ByteBuffer, List<Receipt.Range>> ranges) {
        Map<ByteBuffer, Unsigned> receipts = new HashMap<>();
        VerifiedCheckpoint checkpoint = ledger.checkpoint();
        long now = System.currentTimeMillis();
        for (ByteBuffer id : devices) {
            Stream stream = streamOf.get(id);
            if (!stream.role().equals(KeyBinding.DEVICE) || !ranges.containsKey(id)) {
                continue;
            }
            String prefix = "v1/" + stream.tenant() + "/" + stream.site() + "/"
                    + HexFormat.of().formatHex(id.array());
            receipts.put(
                    id,
                    new Unsigned(
                            stream,
                            prefix,
                            new Receipt(
                                    id.array(),
                                    ranges.get(id),
                                    checkpoint.size(),
                                    checkpoint.root(),
                                    Receipt.STORED,
                                    now)));
        }
        return receipts;
    }

    private List<Answer> signed(List<Placed> placed) {
        int receipts = placed.stream().mapToInt(p -> p.receipts.size()).sum();
        if (receipts == 0) {
            return placed.stream().map(p -> new Answer(p.outcomes, List.of())).toList();
        }
        SigningKey key = receiptKey.bound();
        return (receipts < FEW ? placed.stream() : placed.parallelStream())
                .map(p -> new Answer(
                        p.outcomes, p.receipts.stream().map(r -> issued(r, key)).toList()))
                .toList();
    }

    private Issued issued(Unsigned unsigned, SigningKey key) {
        byte[] receipt = unsigned.receipt.sign(key);
        anchors.issued(unsigned.stream, receipt, unsigned.receipt);
        return new Issued(unsigned.receipt.deviceId(), unsigned.topicPrefix, receipt);
    }
}
