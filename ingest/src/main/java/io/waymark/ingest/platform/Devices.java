package io.waymark.ingest.platform;

import io.waymark.evidence.key.VerificationKey;
import io.waymark.ingest.platform.TraceService.DeviceRecord;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Registered devices and their keys, as trace-service last told. Wrong for at most the times below: an unknown device is asked for again
 * after 5 s, an unknown key of a known device after 2 s. What ingest believes too long, the ledger refuses.
 */
public final class Devices {
    private static final Duration KNOWN = Duration.ofSeconds(60);
    private static final Duration UNKNOWN = Duration.ofSeconds(5);
    private static final Duration NEW_KEY = Duration.ofSeconds(2);
    private static final int MOST = 100_000;

    private record Answer(Optional<DeviceRecord> device, long at) {
        boolean olderThan(Duration age) {
            return System.nanoTime() - at > age.toNanos();
        }
    }

    private final TraceService trace;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    public Devices(TraceService trace) {
        this.trace = trace;
    }

    /** @param deviceHex 32 hex digits */
    public Optional<DeviceRecord> find(String deviceHex) throws Unreachable, InterruptedException {
        Answer answer = answers.get(deviceHex);
        if (answer == null || answer.olderThan(answer.device().isPresent() ? KNOWN : UNKNOWN)) answer = ask(deviceHex);
        return answer.device();
    }

    /** A device's key by its hint; asks again when the device may have got a new one. */
    public Optional<VerificationKey> key(String deviceHex, byte[] kid) throws Unreachable, InterruptedException {
        Optional<VerificationKey> key = find(deviceHex).flatMap(d -> among(d, kid));
        if (key.isPresent()) return key;
        Answer answer = answers.get(deviceHex);
        if (answer != null && answer.device().isPresent() && answer.olderThan(NEW_KEY)) answer = ask(deviceHex);
        return answer == null ? Optional.empty() : answer.device().flatMap(d -> among(d, kid));
    }

    private Answer ask(String deviceHex) throws Unreachable, InterruptedException {
        Answer answer = new Answer(trace.device(deviceHex), System.nanoTime());
        // Crude but bounded: somebody who invents device ids costs look-ups, not memory.
        if (answers.size() >= MOST) answers.clear();
        answers.put(deviceHex, answer);
        return answer;
    }

    private static Optional<VerificationKey> among(DeviceRecord device, byte[] kid) {
        return device.keys().stream()
                .filter(key -> Arrays.equals(key.kid(), kid))
                .findFirst();
    }
}
