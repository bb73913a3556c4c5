package io.waymark.simulator.logger;

import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Registration;
import io.waymark.simulator.Progress;
import io.waymark.simulator.logger.table.Choices;
import io.waymark.simulator.logger.table.Mapping;
import io.waymark.simulator.logger.table.Table;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.TraceClient;
import io.waymark.simulator.story.StoryConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Imports a logger's file: its rows become readings of one device per logger and owner, signed with a key that this installation keeps, each once,
 * however often the import is killed and repeated and however the files of a logger overlap.
 *
 * <p>Before the rows of a file the device signs a message that holds nothing but the file's SHA-256 (FORMAT.md §5.1, opaque association). The file
 * itself is kept beside the keys. Nothing here prints or exits; a console can use it.
 */
public final class Import {
    /** Short name of the organisation that owns imported loggers unless another is named. */
    public static final String OWNER = "recorded-loggers";

    /** What the key binding in the public log says that such a device is. */
    static final String KIND = "imported from a logger file";

    private static final long LARGEST_FILE = 1L << 30;
    private static final int FREE_RUNNING_CLOCK = 1;
    static final Duration PATIENCE = Duration.ofMinutes(5);

    /** How a file is read. */
    public enum Format {
        AUTO,
        FRIDGE_TAG_2,
        BIOVOICE,
        TABLE;

        /** As options and answers write it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What is asked for.
     *
     * @param mapping a file with a {@link Mapping}; written when it is not there; null = none
     * @param choices what a person says about a table; also the zone of a Fridge-tag's clock
     * @param logger the logger's name, for tables; null = what the file says
     * @param skipRejected whether the other rows are imported when some are rejected
     * @param trustNewKey whether a signed report may have another key than earlier ones
     * @param dryRun whether nothing is sent and nothing kept but the mapping
     */
    public record Request(
            Path file,
            Format format,
            @Nullable Path mapping,
            Choices choices,
            @Nullable String logger,
            boolean skipRejected,
            boolean trustNewKey,
            boolean dryRun) {
        /** The file as it is, everything guessed, nothing left out. */
        public static Request of(Path file) {
            return new Request(file, Format.AUTO, null, Choices.NONE, null, false, false, false);
        }
    }

    /**
     * What became of it.
     *
     * @param proved what the file proves, together with what was known before
     * @param device 32 hex digits; empty after a dry run of a logger never seen
     * @param published readings signed now; those of an earlier run are not counted again
     * @param receipted whether everything has its receipt; false after a dry run
     * @param original where the file is kept; null after a dry run
     * @param mapping of a table; null otherwise
     */
    public record Answer(
            LoggerFile file,
            String sha256,
            Summary summary,
            List<String> proved,
            String device,
            long published,
            boolean receipted,
            @Nullable Path original,
            @Nullable Mapping mapping) {
        /** Different rows that were not rejected. */
        public long samples() {
            return summary.samples();
        }
    }

    private final Request request;
    private final StoryConfig config;
    private final @Nullable String organisation;
    private final Progress progress;
    private final Path home;

    private Import(Request request, StoryConfig config, @Nullable String organisation, Progress progress) {
        this.request = request;
        this.config = config;
        this.organisation = organisation;
        this.progress = progress;
        this.home = config.folder().resolve("import");
    }

    /**
     * Imports a file.
     *
     * @param config where the fleet lives and whom it talks to; speed and items are not used
     * @param organisation short name of the one that owns the device and exists already; null = an organisation of recorded loggers, made now
     * @throws NotALoggerFile when it is refused; nothing was sent then
     * @throws IOException when the installation could not take it; a repetition goes on where this ended
     */
    public static Answer run(Request request, StoryConfig config, @Nullable String organisation, Progress progress)
            throws IOException, InterruptedException {
        return new Import(request, config, organisation, progress).run();
    }

    private Answer run() throws IOException, InterruptedException {
        if (Files.size(request.file()) > LARGEST_FILE)
            throw new NotALoggerFile("more than " + (LARGEST_FILE >> 20) + " MiB: split the file");
        String sha256 = digest(request.file());
        LoggerFile file = read(request.file(), sha256);
        Mapping mapping = file instanceof Table table ? table.mapping() : null;
        List<String> proved = new ArrayList<>(file.proved());
        PinnedKeys keys = new PinnedKeys(home.resolve("pinned-keys"));
        if (file instanceof FridgeTag2 report) proved.add(judge(keys, report));
        Path folder = home.resolve(organisation == null ? OWNER : organisation).resolve(file.logger());
        requireZone(folder, file);
        if (request.dryRun()) {
            Summary summary = new Summary(file, earlier(folder), System.currentTimeMillis());
            file.rows(summary);
            saveMapping(mapping);
            return new Answer(file, sha256, summary, proved, device(folder), 0, false, null, mapping);
        }
        Files.createDirectories(folder);
        try (FileChannel channel = FileChannel.open(
                        folder.resolve("import.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, file)) {
            if (!lock.isValid()) throw new IOException("the lock of " + folder + " was lost");
            try (Journal journal = Journal.open(folder)) {
                Summary summary = new Summary(file, journal.rows(), System.currentTimeMillis());
                file.rows(summary);
                requireRows(summary);
                saveMapping(mapping);
                keepMapping(mapping);
                // The key before the rows: once something of this report is in the ledger, its key is known.
                if (file instanceof FridgeTag2 report) keys.remember(report, sha256);
                if (!file.zone().isEmpty())
                    WholeFile.write(folder.resolve("zone"), file.zone().getBytes(StandardCharsets.UTF_8));
                Path original = keep(folder, sha256);
                Signed signed = sign(folder, journal, read(original, sha256), file.title(), sha256, summary.fresh());
                return new Answer(
                        file,
                        sha256,
                        summary,
                        proved,
                        signed.device(),
                        signed.readings(),
                        signed.receipted(),
                        original,
                        mapping);
            }
        }
    }

    private LoggerFile read(Path path, String sha256) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(1024);
        }
        Format format = request.format();
        if (format == Format.AUTO)
            format = FridgeTag2.looksLike(start)
                    ? Format.FRIDGE_TAG_2
                    : BioVoice.looksLike(start) ? Format.BIOVOICE : Format.TABLE;
        return switch (format) {
            case FRIDGE_TAG_2 ->
                FridgeTag2.read(
                        bytes(path, FridgeTag2.LARGEST), request.choices().zone());
            case BIOVOICE -> BioVoice.read(bytes(path, BioVoice.LARGEST));
            default -> Table.open(path, sha256, givenMapping(), request.choices(), request.logger(), this::kept);
        };
    }

    private static byte[] bytes(Path path, int most) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(most + 1); // one more shows that it is too large
        }
    }

    private @Nullable Mapping givenMapping() throws IOException {
        if (request.mapping() == null || !Files.exists(request.mapping())) return null;
        if (!request.choices().equals(Choices.NONE))
            throw new NotALoggerFile(
                    request.mapping() + " says already what the columns are: change it there, or leave --mapping out");
        return Mapping.ofJson(bytes(request.mapping(), Mapping.LARGEST));
    }

    private byte @Nullable [] kept(List<String> header) throws IOException {
        Path file = mappingFile(header);
        return Files.exists(file) ? bytes(file, Mapping.LARGEST) : null;
    }

    private Path mappingFile(List<String> header) {
        StringBuilder text = new StringBuilder();
        for (String name : header) text.append(name.length()).append(':').append(name);
        String digest = Names.hex(Names.sha256(text.toString().getBytes(StandardCharsets.UTF_8)));
        return home.resolve("mappings").resolve(digest.substring(0, 32) + ".json");
    }

    private void saveMapping(@Nullable Mapping mapping) throws IOException {
        if (mapping != null && request.mapping() != null && !Files.exists(request.mapping()))
            WholeFile.write(request.mapping(), mapping.json());
    }

    private void keepMapping(@Nullable Mapping mapping) throws IOException {
        if (mapping == null) return;
        Path file = mappingFile(mapping.header());
        Files.createDirectories(home.resolve("mappings"));
        WholeFile.write(file, mapping.json());
    }

    private String judge(PinnedKeys keys, FridgeTag2 report) throws IOException {
        PinnedKeys.Judgement judgement = keys.judge(report);
        if (judgement.refusal() != null) {
            if (!request.trustNewKey()) throw new NotALoggerFile(judgement.refusal());
            return "Nothing about earlier reports: they have another key, and you said that this one is to be trusted.";
        }
        return judgement.known()
                ? "The key is the one of earlier reports of this lot or logger."
                : "Nothing about earlier reports: it is the first with this key here.";
    }

    private static void requireZone(Path folder, LoggerFile file) throws IOException {
        Path kept = folder.resolve("zone");
        if (!Files.exists(kept) || file.zone().isEmpty()) return;
        String zone = Files.readString(kept).strip();
        if (!zone.equals(file.zone()))
            throw new NotALoggerFile("earlier files of this logger were read in zone " + zone
                    + ", this one would be in " + file.zone() + ": its rows would come a second time at other hours");
    }

    private void requireRows(Summary summary) throws NotALoggerFile {
        if (summary.rejected() > 0 && !request.skipRejected()) {
            StringBuilder first = new StringBuilder();
            summary.reasons().stream().limit(3).forEach(r -> first.append(first.isEmpty() ? "" : "; ")
                    .append("line ")
                    .append(r.line())
                    .append(": ")
                    .append(r.reason()));
            throw new NotALoggerFile(summary.rejected() + " of " + summary.read() + " rows are rejected (" + first
                    + (summary.rejected() > 3 ? "; …" : "")
                    + "): nothing was imported. See all with --dry-run; --skip-rejected imports the rest");
        }
        if (summary.samples() == 0) throw new NotALoggerFile("there is no row in it that could be imported");
    }

    private static FileLock lock(FileChannel channel, LoggerFile file) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) throw new NotALoggerFile("another import of " + file.title() + " is running: wait for it");
        return lock;
    }

    private static SeenRows earlier(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return new SeenRows();
        try (Journal journal = Journal.read(folder)) {
            return journal.rows();
        }
    }

    private static String device(Path folder) throws IOException {
        return Registration.saved(folder)
                .map(r -> r.topicPrefix().substring(r.topicPrefix().lastIndexOf('/') + 1))
                .orElse("");
    }

    private Path keep(Path folder, String sha256) throws IOException {
        Path originals = folder.resolve("originals");
        Files.createDirectories(originals);
        Path original = originals.resolve(sha256);
        if (!Files.exists(original)) WholeFile.copy(request.file(), original, sha256);
        return original;
    }

    /** What the device did. @param readings signed by this run */
    private record Signed(String device, long readings, boolean receipted) {}

    private Signed sign(Path folder, Journal journal, LoggerFile file, String title, String sha256, long fresh)
            throws IOException, InterruptedException {
        boolean registered = Registration.saved(folder).isPresent();
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        Registration registration = Registration.obtain(
                folder,
                keys,
                config.traceUrl(),
                registered ? "" : ownersKey(),
                "import",
                title + " (imported file)",
                KIND,
                "platform");
        DeviceConfig settings = DeviceConfig.of(config.mqttUrl(), registration)
                .withLog(config.traceUrl())
                .withClock(Clock.systemUTC(), FREE_RUNNING_CLOCK, null);
        if (config.mqttCaFile() != null) settings = settings.withCaFile(config.mqttCaFile());
        try (Device device = Device.open(folder, settings)) {
            Signing signing = new Signing(folder, journal, device, progress);
            signing.finish();
            signing.rows(file, sha256, fresh);
            boolean receipted = awaitReceipts(device);
            return new Signed(device.id(), signing.readings(), receipted);
        }
    }

    private boolean awaitReceipts(Device device) throws InterruptedException {
        long since = System.nanoTime();
        long waiting = Long.MAX_VALUE;
        while (!device.awaitReceipts(Duration.ofSeconds(2))) {
            long now = device.status().pendingMessages();
            if (now < waiting) since = System.nanoTime();
            waiting = now;
            if (System.nanoTime() - since > PATIENCE.toNanos()) return false;
            progress.say("import: " + waiting + " wait for their receipt");
        }
        return true;
    }

    private String ownersKey() throws IOException, InterruptedException {
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

    private static String digest(Path file) throws IOException {
        var digest = Names.sha256();
        byte[] block = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(block); n >= 0; n = in.read(block)) digest.update(block, 0, n);
        }
        return Names.hex(digest.digest());
    }
}
