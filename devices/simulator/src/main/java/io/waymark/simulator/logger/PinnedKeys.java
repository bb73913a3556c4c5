package io.waymark.simulator.logger;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Keys of signed reports as they were first seen, per lot and per logger: trust on first use. A folder of small files, each written whole or not
 * at all.
 */
public final class PinnedKeys {
    private final Path folder;

    /** @param folder made when the first key is remembered */
    public PinnedKeys(Path folder) {
        this.folder = folder;
    }

    /**
     * How the report's key stands to earlier ones.
     *
     * @param known whether the lot's or the logger's key was remembered before
     * @param refusal why the report is refused; null = it is not
     */
    public record Judgement(boolean known, @Nullable String refusal) {}

    /** Compares; remembers nothing. */
    public Judgement judge(FridgeTag2 report) throws IOException {
        boolean known = false;
        for (String name : names(report)) {
            Path file = folder.resolve(name);
            if (!Files.exists(file)) continue;
            Properties pinned = new Properties();
            pinned.load(new StringReader(Files.readString(file, StandardCharsets.US_ASCII)));
            if (!Names.hex(report.publicKey()).equals(pinned.getProperty("key"))) {
                return new Judgement(
                        true,
                        "the report is signed with another key than earlier ones of "
                                + (name.startsWith("lot-") ? "lot " + report.lot() : "logger " + report.serial())
                                + " (first seen in the file with SHA-256 " + pinned.getProperty("file")
                                + "). A logger does not change its key: somebody else may have made this file."
                                + " When you know better: --trust-new-key");
            }
            known = true;
        }
        return new Judgement(known, null);
    }

    /** Remembers the report's key for its lot and its logger, in place of another one too: the caller has judged. */
    public void remember(FridgeTag2 report, String fileSha256) throws IOException {
        Files.createDirectories(folder);
        for (String name : names(report)) {
            Path file = folder.resolve(name);
            if (Files.exists(file)
                    && Files.readString(file, StandardCharsets.US_ASCII)
                            .contains("key=" + Names.hex(report.publicKey()) + "\n")) continue;
            WholeFile.write(
                    file,
                    ("key=" + Names.hex(report.publicKey()) + "\nlot=" + report.lot() + "\nserial=" + report.serial()
                                    + "\nfile=" + fileSha256 + "\n")
                            .getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static String[] names(FridgeTag2 report) {
        return new String[] {Names.folder("lot", report.lot()), Names.folder("logger", report.serial())};
    }
}
