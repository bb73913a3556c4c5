package io.waymark.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Public test vectors that are not copied into the project. Absent: the test is skipped and says so, or fails with -Dwaymark.data.required=true. */
public final class SharedData {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SharedData() {}

    public static Path path(String relative) {
        Path path = Path.of(System.getProperty("waymark.data", "no-data-folder"), relative);
        if (!Files.exists(path)) {
            String message = "no " + relative + " below -Dwaymark.data";
            if (Boolean.getBoolean("waymark.data.required")) {
                Assertions.fail(message);
            }
            Assumptions.abort(message);
        }
        return path;
    }

    public static JsonNode json(Path path) {
        try {
            return JSON.readTree(path.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Files below a folder whose name ends with {@code ending}, sorted. */
    public static List<Path> files(String relative, String ending) {
        try (Stream<Path> walk = Files.walk(path(relative))) {
            return walk.filter(p -> Files.isRegularFile(p) && p.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
