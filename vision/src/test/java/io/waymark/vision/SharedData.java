package io.waymark.vision;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/** The data folder of -Dwaymark.data; a test without it is skipped, or fails with -Dwaymark.data.required=true. */
public final class SharedData {
    private SharedData() {}

    public static Path folder(String name) {
        String root = System.getProperty("waymark.data", "");
        Path folder = Path.of(root, name);
        if (root.isEmpty() || !Files.isDirectory(folder)) {
            if (Boolean.getBoolean("waymark.data.required")) {
                fail("-Dwaymark.data has no folder " + name);
            }
            abort("no " + name + " below -Dwaymark.data: skipped");
        }
        return folder;
    }
}
