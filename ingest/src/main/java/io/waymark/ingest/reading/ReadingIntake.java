package io.waymark.ingest.reading;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.ingest.Meters;
import io.waymark.ingest.Meters.Stage;
import io.waymark.ingest.Patience;
import io.waymark.ingest.Standing;
import io.waymark.ingest.answer.Answers;
import io.waymark.ingest.platform.Rejected;
import io.waymark.ingest.platform.TraceService;
import io.waymark.ingest.platform.TraceService.BatchAnswer;
import io.waymark.ingest.platform.TraceService.Refused;
import io.waymark.ingest.platform.TraceService.Stored;
import io.waymark.ingest.platform.TraceService.Submission;
import io.waymark.ingest.platform.Unreachable;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.MqttLink.Arrival;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;

/**
 * Takes batches from the link, judges, stores, and acknowledges.
 *
 * <p>Acknowledged to the broker only after the ledger (or the quarantine) has stored it. While trace-service cannot, the batch stays here
 * and nothing is acknowledged; the receive maximum then stops the broker, and devices keep their data anyway. The price is that a
 * message may arrive twice; the ledger is unique on (device, epoch, sequence).
 */
public final class ReadingIntake {
    private static final Logger LOG = Logger.getLogger(ReadingIntake.class);
    private static final String TRACE = "trace-service";

    private static final int MOST = 500;
    private static final Duration FILL = Duration.ofMillis(5);
    private static final Duration IDLE = Duration.ofMillis(200);
    private static final int QUARANTINE_BYTES = SignedMessage.MAX_DEVICE_MESSAGE;
    private static final int QUARANTINE_TOPIC = 512;

    private final MqttLink link;
    private final TraceService trace;
    private final io.waymark.ingest.platform.Devices devices;
    private final Examiner examiner;
    private final Answers answers;
    private final BiConsumer<Topic, SignedMessage> manifests;
    private final Standing standing;
    private final Meters meters;
    private final Traces traces;
    private final boolean acknowledgesEarly;
    private volatile boolean stopping;

    /**
     * @param manifests         told of every image manifest that is in the ledger
     * @param acknowledgesEarly false but in a drill: what is acknowledged before it is stored is lost with this process
     */
    public ReadingIntake(
            MqttLink link,
            TraceService trace,
            io.waymark.ingest.platform.Devices devices,
            java.util.concurrent.ExecutorService cores,
            Answers answers,
            BiConsumer<Topic, SignedMessage> manifests,
            Standing standing,
            Meters meters,
            Traces traces,
            boolean acknowledgesEarly) {
        this.link = link;
        this.trace = trace;
        this.devices = devices;
        this.examiner = new Examiner(devices, cores);
        this.answers = answers;
        this.manifests = manifests;
        this.standing = standing;
        this.meters = meters;
        this.traces = traces;
        this.acknowledgesEarly = acknowledgesEarly;
    }

    /** Works until {@link #stop}; several threads may run it, the link keeps their acknowledgements in order. */
    public void work() {
        while (!stopping) {
            try {
                List<Arrival> batch = take();
                if (batch.isEmpty()) continue;
                meters.took(Stage.WAIT, batch.get(0).nanos());
                meters.batch.record(batch.size());
                try (Traces.Batch traced = traces.of(batch)) {
                    settle(batch, traced);
                }
            } catch (InterruptedException e) {
                if (stopping) return;
            } catch (RuntimeException e) {
                // A bug of ours, not of the message. Without an ack the window would stay smaller for ever, so the link
                // starts anew and
                // the broker delivers again; the counter and the log tell.
                meters.failures.increment();
                LOG.error("a batch failed", e);
                link.reconnect("a batch failed: " + e);
            }
        }
    }

    /** After the batches in work; what is not settled stays with the broker. */
    public void stop() {
        stopping = true;
    }

    private List<Arrival> take() throws InterruptedException {
        List<Arrival> batch = new ArrayList<>();
        Arrival first = link.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) return batch;
        batch.add(first);
        long end = System.nanoTime() + FILL.toNanos();
        while (batch.size() < MOST) {
            if (link.drainTo(batch, MOST - batch.size()) > 0) continue;
            long left = end - System.nanoTime();
            Arrival next = left <= 0 ? null : link.poll(left, TimeUnit.NANOSECONDS);
            if (next == null) break;
            batch.add(next);
        }
        return batch;
    }

    private void settle(List<Arrival> batch, Traces.Batch traced) throws InterruptedException {
        long received = System.currentTimeMillis();
        Patience patience = new Patience();
        if (acknowledgesEarly) batch.forEach(link::ack);
        while (true) {
            // Its connection is gone: the broker delivers these again, so working on would only do things twice.
            if (batch.stream().noneMatch(a -> a.packetId() == 0 || link.ackable(a))) return;
            try {
                trySettle(batch, traced, received);
                standing.good(TRACE);
                return;
            } catch (Unreachable e) {
                standing.bad(TRACE, e.getMessage());
                meters.retries.increment();
                LOG.debugf("batch of %d waits: %s", batch.size(), e.getMessage());
                if (stopping) return;
                patience.await(e.after());
            }
        }
    }

    private void trySettle(List<Arrival> batch, Traces.Batch traced, long received)
            throws Unreachable, InterruptedException {
        List<Arrival> signed = new ArrayList<>(batch.size());
        for (Arrival arrival : batch) {
            if (arrival.topic().endsWith("/s")) meters.presence.increment();
            else signed.add(arrival);
        }
        long begun = System.nanoTime();
        List<Judgement> judgements = examiner.judge(signed);
        meters.took(Stage.JUDGE, begun);
        List<Arrival> sound = new ArrayList<>();
        List<Judgement.Sound> messages = new ArrayList<>();
        List<Refused> refused = new ArrayList<>();
        for (int i = 0; i < signed.size(); i++) {
            if (judgements.get(i) instanceof Judgement.Sound s) {
                sound.add(signed.get(i));
                messages.add(s);
            } else if (judgements.get(i) instanceof Judgement.Refused r) {
                refused.add(refusal(signed.get(i), r.reason(), received));
            }
        }
        store(sound, messages, traced, refused, received);
        quarantine(refused);
        for (Refused one : refused) meters.refused(one.reason());
        int acknowledged = 0;
        long now = System.nanoTime();
        for (Arrival arrival : batch) {
            if (!link.ack(arrival)) continue;
            acknowledged++;
            meters.held.record(now - arrival.nanos(), TimeUnit.NANOSECONDS);
        }
        meters.acks.increment(acknowledged);
    }

    /** Adds to {@code refused} what the ledger refuses. */
    private void store(
            List<Arrival> arrivals,
            List<Judgement.Sound> messages,
            Traces.Batch traced,
            List<Refused> refused,
            long received)
            throws Unreachable, InterruptedException {
        if (arrivals.isEmpty()) return;
        BatchAnswer answer;
        long begun = System.nanoTime();
        try (Traces.HandOver handOver = traced.handOver(arrivals)) {
            answer = trace.store(
                    arrivals.stream()
                            .map(a -> new Submission(a.topic(), a.bytes()))
                            .toList(),
                    handOver.headers());
            meters.took(Stage.STORE, begun);
        } catch (Rejected e) {
            // One of them makes the whole request unacceptable: halves find it without holding up the others.
            if (arrivals.size() == 1) {
                LOG.warnf("trace-service rejects a message that ingest accepts: %s", e.getMessage());
                refused.add(refusal(arrivals.get(0), "rejected-" + e.status(), received));
                return;
            }
            int middle = arrivals.size() / 2;
            store(arrivals.subList(0, middle), messages.subList(0, middle), traced, refused, received);
            store(
                    arrivals.subList(middle, arrivals.size()),
                    messages.subList(middle, messages.size()),
                    traced,
                    refused,
                    received);
            return;
        }
        for (int i = 0; i < arrivals.size(); i++) {
            Stored stored = answer.outcomes().get(i);
            switch (stored.kind()) {
                case STORED -> meters.stored(messages.get(i).message().head().timeMillis());
                case DUPLICATE -> meters.duplicates.increment();
                case EQUIVOCATION -> meters.equivocations.increment();
                case REFUSED ->
                    refused.add(
                            refusal(arrivals.get(i), stored.reason() == null ? "refused" : stored.reason(), received));
            }
            SignedMessage message = messages.get(i).message();
            if (message.head().type() == MessageType.REKEY)
                devices.forget(messages.get(i).topic().device()); // its next message may be under the new key
            if (message.head().type() == MessageType.IMAGE_MANIFEST
                    && (stored.kind() == Stored.Kind.STORED || stored.kind() == Stored.Kind.DUPLICATE))
                manifests.accept(messages.get(i).topic(), message);
        }
        for (TraceService.IssuedReceipt receipt : answer.receipts()) {
            try {
                long size = Receipt.parse(receipt.cose()).receipt().treeSize();
                String topic = receipt.topicPrefix() + "/d/ack";
                answers.offer(topic, topic, receipt.cose(), size, Duration.ZERO);
            } catch (MalformedException e) {
                LOG.errorf("a receipt for %s cannot be read: %s", receipt.topicPrefix(), e.getMessage());
            }
        }
    }

    private void quarantine(List<Refused> refused) throws Unreachable, InterruptedException {
        if (refused.isEmpty()) return;
        long begun = System.nanoTime();
        try {
            trace.quarantine(refused);
            meters.took(Stage.QUARANTINE, begun);
        } catch (Rejected e) {
            if (refused.size() > 1) {
                int middle = refused.size() / 2;
                quarantine(refused.subList(0, middle));
                quarantine(refused.subList(middle, refused.size()));
                return;
            }
            // Not even quarantine wants it. Its device has no receipt and keeps it, so nothing that counts is lost by
            // going on.
            meters.unquarantined.increment();
            LOG.errorf(
                    "not kept: %s, refused as %s: %s",
                    refused.get(0).topic(), refused.get(0).reason(), e.getMessage());
        }
    }

    private static Refused refusal(Arrival arrival, String reason, long received) {
        byte[] raw = arrival.bytes();
        return new Refused(
                cut(arrival.topic()),
                raw.length > QUARANTINE_BYTES ? Arrays.copyOf(raw, QUARANTINE_BYTES) : raw,
                reason,
                received);
    }

    /** Never between the halves of a character: half a one cannot be sent on, and the batch would come back for ever. */
    static String cut(String topic) {
        if (topic.length() <= QUARANTINE_TOPIC) return topic;
        boolean halved = Character.isHighSurrogate(topic.charAt(QUARANTINE_TOPIC - 1));
        return topic.substring(0, halved ? QUARANTINE_TOPIC - 1 : QUARANTINE_TOPIC);
    }
}
