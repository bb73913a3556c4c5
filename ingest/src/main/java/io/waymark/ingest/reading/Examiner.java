package io.waymark.ingest.reading;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.ingest.platform.Devices;
import io.waymark.ingest.platform.TraceService.DeviceKey;
import io.waymark.ingest.platform.TraceService.DeviceRecord;
import io.waymark.ingest.platform.Unreachable;
import io.waymark.sdk.MqttLink.Arrival;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Judges batches; the work that costs (decoding, signatures) on all cores. */
final class Examiner {
    private static final Logger LOG = Logger.getLogger(Examiner.class);

    /** Fewer than this are not worth handing to other threads. */
    private static final int SLICE = 8;

    private final Devices devices;
    private final ExecutorService cores;

    Examiner(Devices devices, ExecutorService cores) {
        this.devices = devices;
        this.cores = cores;
    }

    /**
     * In the order of the arrivals.
     *
     * @throws Unreachable when keys could not be asked for; then nothing is judged
     */
    List<Judgement> judge(List<Arrival> batch) throws Unreachable, InterruptedException {
        List<Judgement> read = onAllCores(batch.stream()
                .map(arrival -> (Supplier<Judgement>) () -> read(arrival))
                .toList());
        List<Supplier<Judgement>> checks = new ArrayList<>(batch.size());
        for (Judgement judgement : read) {
            if (judgement instanceof Judgement.Sound sound) checks.add(signature(sound));
            else checks.add(() -> judgement);
        }
        return onAllCores(checks);
    }

    // A decoder that throws something unforeseen is our bug, but the message must not block all those behind it.
    private static Judgement guarded(Supplier<Judgement> check) {
        try {
            return check.get();
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("examining a message failed", e);
            return new Judgement.Refused("malformed-unexpected");
        }
    }

    /** Everything that needs no key. */
    private static Judgement read(Arrival arrival) {
        Topic topic =
                Topic.parse(arrival.topic()).filter(t -> t.rest().equals("r")).orElse(null);
        if (topic == null) return new Judgement.Refused("wrong-topic");
        if (arrival.bytes().length > SignedMessage.MAX_DEVICE_MESSAGE) return new Judgement.Refused("too-large");
        SignedMessage message;
        try {
            message = SignedMessage.parse(arrival.bytes());
        } catch (MalformedException e) {
            return new Judgement.Refused(
                    "malformed-" + e.reason().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        if (!topic.device().equals(HexFormat.of().formatHex(message.head().id())))
            return new Judgement.Refused("topic-mismatch");
        int type = message.head().type();
        if (type < MessageType.READING || type > MessageType.COMMAND_REPLY) return new Judgement.Refused("wrong-type");
        return new Judgement.Sound(topic, message);
    }

    /** Finds the key now; the check itself runs later. */
    private Supplier<Judgement> signature(Judgement.Sound sound) throws Unreachable, InterruptedException {
        Optional<DeviceRecord> device = devices.find(sound.topic().device());
        if (device.isEmpty()) return () -> new Judgement.Refused("unknown-device");
        if (!device.get().tenant().equals(sound.topic().tenant())
                || !device.get().site().equals(sound.topic().site())) return () -> new Judgement.Refused("wrong-topic");
        Optional<DeviceKey> key =
                devices.key(sound.topic().device(), sound.message().kid());
        if (key.isEmpty()) return () -> new Judgement.Refused("unknown-key");
        if (key.get().revoked()) return () -> new Judgement.Refused("key-revoked");
        return () -> !sound.message().verifies(key.get().key())
                ? new Judgement.Refused("bad-signature")
                : sound.message().head().type() == MessageType.REKEY
                                && Rekey.provedKey(sound.message()).isEmpty()
                        ? new Judgement.Refused("rekey-not-proved")
                        : sound;
    }

    private List<Judgement> onAllCores(List<Supplier<Judgement>> work) throws InterruptedException {
        List<Future<List<Judgement>>> slices = new ArrayList<>();
        for (int from = 0; from < work.size(); from += SLICE) {
            List<Supplier<Judgement>> slice = work.subList(from, Math.min(work.size(), from + SLICE));
            if (work.size() <= SLICE)
                return slice.stream().map(Examiner::guarded).toList();
            slices.add(cores.submit(() -> slice.stream().map(Examiner::guarded).toList()));
        }
        List<Judgement> all = new ArrayList<>(work.size());
        try {
            for (Future<List<Judgement>> slice : slices) all.addAll(slice.get());
        } catch (ExecutionException e) {
            throw new IllegalStateException("judging a message failed", e.getCause());
        }
        return all;
    }
}
