package io.waymark.ingest.platform;

import io.waymark.ingest.platform.TraceService.DeviceKey;
import io.waymark.ingest.platform.TraceService.DeviceRecord;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Registered devices and their keys, as trace-service last told. Wrong for at most the times below: an unknown device is asked for again
 * after 5 s, an unknown key of a known device after 2 s, and a revocation is known here after {@link #KNOWN} at the latest. What ingest believes
 * too long, the ledger refuses: there a revocation counts from its own commit on.
 */
public final class Devices {
    /** How long a device and its keys are believed without asking. */
    public static final Duration KNOWN = Duration.ofSeconds(60);

    private static final Duration UNKNOWN = Duration.ofSeconds(5);
    private static final Duration NEW_KEY = Duration.ofSeconds(2);
    private static final int MOST = 100_000;

    private record Answer(Optional<DeviceRecord> device, long at) {}

    private final TraceService trace;
    private final LongSupplier nanos;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    public Devices(TraceService trace) {
        this(trace, System::nanoTime);
    }

    /** @param nanos the clock that ages what is known */
    public Devices(TraceService trace, LongSupplier nanos) {
        this.trace = trace;
        this.nanos = nanos;
    }

    private boolean olderThan(Answer answer, Duration age) {
        return nanos.getAsLong() - answer.at() > age.toNanos();
    }

    /** @param deviceHex 32 hex digits */
    public Optional<DeviceRecord> find(String deviceHex) throws Unreachable, InterruptedException {
        Answer answer = answers.get(deviceHex);
        if (answer == null || olderThan(answer, answer.device().isPresent() ? KNOWN : UNKNOWN)) answer = ask(deviceHex);
        return answer.device();
    }

    /** A device's key by its hint; asks again when the device may have got a new one. */
    public Optional<DeviceKey> key(String deviceHex, byte[] kid) throws Unreachable, InterruptedException {
        Optional<DeviceKey> key = find(deviceHex).flatMap(d -> among(d, kid));
        if (key.isPresent()) return key;
        Answer answer = answers.get(deviceHex);
        if (answer != null && answer.device().isPresent() && olderThan(answer, NEW_KEY)) answer = ask(deviceHex);
        return answer == null ? Optional.empty() : answer.device().flatMap(d -> among(d, kid));
    }

    /** Asked for again at the next message: its keys have changed. */
    public void forget(String deviceHex) {
        answers.remove(deviceHex);
    }

    private Answer ask(String deviceHex) throws Unreachable, InterruptedException {
        Answer answer = new Answer(trace.device(deviceHex), nanos.getAsLong());
        // Crude but bounded: somebody who invents device ids costs look-ups, not memory.
        if (answers.size() >= MOST) answers.clear();
        answers.put(deviceHex, answer);
        return answer;
    }

    private static Optional<DeviceKey> among(DeviceRecord device, byte[] kid) {
        return device.keys().stream()
                .filter(key -> Arrays.equals(key.key().kid(), kid))
                .findFirst();
    }
}
