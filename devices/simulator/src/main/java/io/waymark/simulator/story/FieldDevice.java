package io.waymark.simulator.story;

import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Registration;
import io.waymark.simulator.organisation.Organisation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/** A device of a firm: registered once, opened on first use, because a fleet of idle connections helps nobody. */
final class FieldDevice implements AutoCloseable {
    /** Clock source 3 of FORMAT.md: satellite time, which loggers with a position have. */
    private static final int GNSS_CLOCK = 3;

    private static final long CLOCK_UNCERTAINTY_MILLIS = 50;

    private final Path folder;
    private final Organisation owner;
    private final String site;
    private final String name;
    private final String kind;
    private Device device;

    FieldDevice(Path folder, Organisation owner, String site, String name, String kind) {
        this.folder = folder;
        this.owner = owner;
        this.site = site;
        this.name = name;
        this.kind = kind;
    }

    String name() {
        return name;
    }

    /** The identity the platform knows this device by, made and registered on the first call. */
    Registration register() throws IOException, InterruptedException {
        Files.createDirectories(folder);
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        return Registration.obtain(
                folder, keys, owner.client().traceUrl(), owner.client().bearer(), site, name, kind, "device");
    }

    /** Connects in the background; what is read before that waits in the outbox. */
    void open(StoryConfig config) throws IOException, InterruptedException {
        DeviceConfig settings = DeviceConfig.of(config.mqttUrl(), register())
                .withLog(config.traceUrl())
                .withClock(Clock.systemUTC(), GNSS_CLOCK, CLOCK_UNCERTAINTY_MILLIS);
        if (config.mqttCaFile() != null) settings = settings.withCaFile(config.mqttCaFile());
        device = Device.open(folder, settings);
    }

    Device device() {
        if (device == null) throw new IllegalStateException(name + " is not open");
        return device;
    }

    @Override
    public void close() {
        if (device != null) device.close();
    }
}
