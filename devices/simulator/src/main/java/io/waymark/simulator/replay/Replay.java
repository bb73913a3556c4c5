package io.waymark.simulator.replay;

import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.simulator.Progress;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.TraceClient;
import io.waymark.simulator.story.StoryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a recorded logger file as the signed readings of one device. The device belongs to the file's content: replaying the same
 * file again goes on where it stopped and publishes nothing twice.
 */
public final class Replay {
    private static final int BLOCK = 200;
    private static final int FREE_RUNNING_CLOCK = 1;

    /** Short name of the organisation that owns replayed loggers unless another is named. */
    public static final String OWNER = "recorded-loggers";

    private Replay() {}

    /**
     * What became of a replay.
     *
     * @param device 32 hex digits
     * @param published samples published now; those of an earlier run are not counted again
     * @param receipted whether every sample had its receipt before the time was up
     */
    public record Result(String device, int samples, int published, boolean receipted) {}

    /**
     * Replays {@code file}.
     *
     * @param config where the fleet lives and whom it talks to; speed and items are not used
     * @param organisation short name of the one that owns the device and exists already; null = an organisation of recorded loggers, made now
     * @throws LoggerFile.NotALoggerFile when the file cannot be read as samples; nothing was published then
     */
    public static Result run(Path file, StoryConfig config, @Nullable String organisation, Progress progress)
            throws IOException, InterruptedException {
        LoggerFile logger = LoggerFile.read(file);
        String name = "logger-" + sha256(file).substring(0, 12) + (organisation == null ? "" : "-" + organisation);
        Path folder = config.folder().resolve("replay").resolve(name);
        Files.createDirectories(folder);
        String owner = Registration.saved(folder).isPresent() ? "" : ownersKey(config, organisation);
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        Registration registration = Registration.obtain(
                folder,
                keys,
                config.traceUrl(),
                owner,
                "replay",
                "Replay of " + file.getFileName(),
                "temperature",
                "gateway");
        DeviceConfig settings = DeviceConfig.of(config.mqttUrl(), registration)
                .withReceiptKeys(Registration.receiptKeys(config.traceUrl()))
                .withClock(Clock.systemUTC(), FREE_RUNNING_CLOCK, null);
        if (config.mqttCaFile() != null) settings = settings.withCaFile(config.mqttCaFile());
        Path doneFile = folder.resolve("samples-done");
        int done = Files.exists(doneFile)
                ? Integer.parseInt(Files.readString(doneFile).trim())
                : 0;
        int before = Math.min(done, logger.samples().size());
        try (Device device = Device.open(folder, settings)) {
            for (int from = before; from < logger.samples().size(); from += BLOCK) {
                int to = Math.min(logger.samples().size(), from + BLOCK);
                List<Observation> block = logger.samples().subList(from, to).stream()
                        .map(s -> Observation.of(Quantity.TEMPERATURE.of(Math.round(s.value() * 100) / 100.0))
                                .at(s.time().toEpochMilli()))
                        .toList();
                device.readAll(block);
                Files.writeString(doneFile, to + "\n");
                progress.say("replay: " + to + " of " + logger.samples().size() + " samples signed");
            }
            boolean receipted = device.awaitReceipts(Duration.ofMinutes(5));
            return new Result(
                    device.id(), logger.samples().size(), logger.samples().size() - before, receipted);
        }
    }

    private static String ownersKey(StoryConfig config, @Nullable String organisation)
            throws IOException, InterruptedException {
        TraceClient operator = new TraceClient(config.traceUrl(), config.visionUrl(), config.operatorToken());
        if (organisation != null) {
            // Not Organisation.open: that would bind a signing key of ours for a firm that is not ours.
            return operator.post("/api/organisations?reissue=true", Map.of("slug", organisation, "name", organisation))
                    .path("apiKey")
                    .asText();
        }
        return Organisation.open(
                        config.folder().resolve("firms").resolve(OWNER),
                        OWNER,
                        "Recorded loggers",
                        "loggers.example",
                        "ZZ",
                        "archive",
                        operator)
                .client()
                .bearer();
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
