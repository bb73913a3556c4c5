package io.waymark.simulator.logger;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Recorded files, which are not part of the project. */
public final class SharedData {
    private SharedData() {}

    /** A file or folder below {@code -Dwaymark.data}; ends the test as skipped where it is absent and not required. */
    public static Path path(String first, String... more) {
        Path path = Path.of(System.getProperty("waymark.data")).resolve(Path.of(first, more));
        if (!Files.exists(path)) {
            if (Boolean.getBoolean("waymark.data.required")) Assertions.fail(path + " is required and absent");
            Assumptions.abort(path + " is absent");
        }
        return path;
    }

    public static Path fridgeTag() {
        return path("product", "cold", "berlinger_fridgetag2_160400347643_signed.txt");
    }

    public static Path bioVoice() {
        return path("product", "cold", "biovoice_T301_2622930045.bv");
    }

    public static Path bioVoiceDecoded() {
        return path("product", "cold", "biovoice_T301_2622930045_decoded.csv");
    }

    public static Path machineTemperature() {
        return path("product", "cold", "nab_machine_temperature_system_failure.csv");
    }
}
