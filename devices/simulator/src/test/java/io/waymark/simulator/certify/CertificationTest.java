package io.waymark.simulator.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Series;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.simulator.certify.Check.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** The kit against the SDK's own device, which passes everything, and against firmware with one fault each, which fails exactly there. */
class CertificationTest {
    /** Waited for in full only where something never comes. */
    private static final Duration ABSENCE = Duration.ofSeconds(8);

    private static final Duration GENEROUS = Duration.ofSeconds(90);

    private static final Map<Firmware.Fault, Future<List<Check>>> EXAMINED = new EnumMap<>(Firmware.Fault.class);
    private static Future<List<Check>> sdksDevice;
    private static ExecutorService waiting;
    private static ExecutorService working;

    @TempDir
    static Path device;

    @TempDir
    Path folder;

    /** All at once: most of an examination is waiting. */
    @BeforeAll
    static void examineAll() {
        waiting = Executors.newCachedThreadPool();
        working = Executors.newFixedThreadPool(6);
        sdksDevice = waiting.submit(CertificationTest::examineTheSdksDevice);
        for (Firmware.Fault fault : Firmware.Fault.values())
            EXAMINED.put(fault, (fault.isAbsence() ? waiting : working).submit(() -> examine(fault)));
    }

    @AfterAll
    static void end() {
        waiting.shutdownNow();
        working.shutdownNow();
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Firmware.Fault.class)
    void oneFaultFailsExactlyItsCheck(Firmware.Fault fault) throws Exception {
        List<Check> checks = EXAMINED.get(fault).get(5, TimeUnit.MINUTES);
        String report = report(checks);
        List<String> failed = checks.stream()
                .filter(c -> c.outcome() == Outcome.FAILED)
                .map(Check::name)
                .toList();
        assertEquals(fault.check.isEmpty() ? List.of() : List.of(fault.check), failed, report);
        List<String> notSeen = checks.stream()
                .filter(c -> c.outcome() == Outcome.NOT_SEEN)
                .map(Check::name)
                .toList();
        switch (fault) {
            case NO_ANCHOR -> assertEquals(List.of("anchor"), notSeen, report);
            case NEVER_COMES_BACK -> assertTrue(notSeen.contains("restart"), report);
            case IGNORES_COMMANDS -> assertEquals(List.of("resend command by a stranger"), notSeen, report);
            case SILENT_AFTER_A_RESTART -> assertEquals(List.of("keeps over a restart"), notSeen, report);
            default -> assertEquals(List.of(), notSeen, report);
        }
        assertEquals(fault.check.isEmpty() ? 0 : 1, Certification.exitCode(checks), report);
    }

    @Test
    void theSdksDevicePassesEverything() throws Exception {
        List<Check> checks = sdksDevice.get(10, TimeUnit.MINUTES);
        assertEquals(
                List.of(),
                checks.stream().filter(c -> c.outcome() != Outcome.PASSED).toList(),
                report(checks));
        assertEquals(0, Certification.exitCode(checks));
    }

    @Test
    void aDeviceThatNeverComesCannotBeJudged() throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = commandLine(out, err).execute(arguments("--patience", "0", "--json"));
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertEquals("cannot tell", report.get("outcome").asText());
        assertEquals(2, exit, out.toString());
        assertTrue(out.toString().contains("the device never connected"), out.toString());
        assertEquals(34, report.get("checks").size());
        assertTrue(out.toString().contains("the device never sent an image"), out.toString());
        assertTrue(err.toString().contains("receipts of this examination are signed by a3010120"), err.toString());
    }

    @Test
    void theReceiptKeyIsTheSameTheNextTime() {
        StringWriter first = new StringWriter();
        StringWriter second = new StringWriter();
        commandLine(new StringWriter(), first).execute(arguments("--patience", "0"));
        commandLine(new StringWriter(), second).execute(arguments("--patience", "0"));
        assertEquals(
                first.toString().lines().findFirst(), second.toString().lines().findFirst());
    }

    @Test
    void wrongArgumentsAreOneLineAndExitTwo() {
        for (String[] wrong : new String[][] {
            {"--topic", "devices/7"},
            {"--key", "a3"},
            {"--key", "zz"},
            {"--port", "70000"},
            {"--patience", "-1"},
            {"--keystore", "/nowhere.p12"},
            {"--colour"}
        }) {
            StringWriter err = new StringWriter();
            int exit = commandLine(new StringWriter(), err).execute(arguments(wrong));
            assertEquals(2, exit, Arrays.toString(wrong) + err);
            assertFalse(err.toString().contains("\tat "), err.toString());
        }
    }

    private static CommandLine commandLine(StringWriter out, StringWriter err) {
        return new CommandLine(new CertifyCommand())
                .setOverwrittenOptionsAllowed(true)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
    }

    private String[] arguments(String... more) {
        String key = HexFormat.of()
                .formatHex(SigningKey.ofSeed(new byte[32]).verificationKey().coseKey());
        List<String> all = new java.util.ArrayList<>(List.of(
                "--topic",
                "v1/acme/bench/" + "0".repeat(32),
                "--key",
                key,
                "--folder",
                folder.toString(),
                "--port",
                "0"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static List<Check> examineTheSdksDevice() throws Exception {
        SigningKey receiptKey = SigningKey.generate(Algorithm.ED25519);
        DeviceKeys keys = DeviceKeys.openOrCreate(device);
        String prefix = "v1/acme/bench/" + keys.idHex();
        AtomicReference<Device> running = new AtomicReference<>();
        AtomicReference<DeviceConfig> config = new AtomicReference<>();
        Certification.Operator operator = new Certification.Operator() {
            @Override
            public void say(String what) {}

            @Override
            public boolean restart() {
                try {
                    synchronized (running) {
                        running.get().close();
                        running.set(Device.open(CertificationTest.device, config.get()));
                    }
                    return true;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        try (Certification certification = new Certification(
                new Certification.Candidate(prefix, keys.verificationKey()),
                timing(GENEROUS),
                0,
                ServerSocketFactory.getDefault(),
                receiptKey,
                operator)) {
            config.set(DeviceConfig.of(
                            "tcp://127.0.0.1:" + certification.port(), new Registration(prefix, "password", 1))
                    .withReceiptKeys(List.of(receiptKey.verificationKey().coseKey()))
                    .withResendAfter(Duration.ofSeconds(2)));
            running.set(Device.open(CertificationTest.device, config.get()));
            byte[] picture = new byte[300_000];
            new SecureRandom().nextBytes(picture);
            running.get().image(picture, "image/jpeg", Observation.of(), 640, 480);
            running.get()
                    .read(Observation.of().withSeries(List.of(new Series(1, 120, 60, new long[] {1, 2, 3}, -2, 0))));
            CompletableFuture<List<Check>> examination = CompletableFuture.supplyAsync(() -> {
                try {
                    return certification.run();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            // It measures all the while.
            for (int i = 0; !examination.isDone(); i++) {
                synchronized (running) {
                    running.get().read(Quantity.TEMPERATURE, 4 + i % 10 / 10.0);
                }
                try {
                    examination.get(150, TimeUnit.MILLISECONDS);
                } catch (java.util.concurrent.TimeoutException e) {
                    // not done yet
                }
            }
            running.get().close();
            return examination.get();
        }
    }

    private static List<Check> examine(Firmware.Fault fault) throws Exception {
        SigningKey receiptKey = SigningKey.generate(Algorithm.ED25519);
        SigningKey key =
                SigningKey.generate(fault == Firmware.Fault.SIGNS_A_RETRY_ANEW ? Algorithm.P256 : Algorithm.ED25519);
        byte[] id = new byte[16];
        new SecureRandom().nextBytes(id);
        AtomicReference<Firmware> firmware = new AtomicReference<>();
        Certification.Operator operator = new Certification.Operator() {
            @Override
            public void say(String what) {}

            @Override
            public boolean restart() {
                try {
                    firmware.get().restart();
                    return true;
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        try (Certification certification = new Certification(
                new Certification.Candidate("v1/acme/bench/" + HexFormat.of().formatHex(id), key.verificationKey()),
                timing(fault.isAbsence() ? ABSENCE : GENEROUS),
                0,
                ServerSocketFactory.getDefault(),
                receiptKey,
                operator)) {
            firmware.set(new Firmware(fault, certification.port(), key, id, receiptKey.verificationKey()));
            try {
                return certification.run();
            } finally {
                firmware.get().close();
            }
        }
    }

    private static Certification.Timing timing(Duration patience) {
        return new Certification.Timing(
                patience,
                Duration.ZERO,
                Duration.ofSeconds(5),
                Duration.ofMillis(500),
                patience,
                Duration.ofMinutes(5));
    }

    private static String report(List<Check> checks) {
        StringWriter text = new StringWriter();
        Report.text(new PrintWriter(text, true), checks);
        return text.toString();
    }
}
