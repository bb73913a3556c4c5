package io.waymark.sdk;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Signs for sensors that cannot: BLE thermometers that only advertise, or those whose maker's cloud hands the values out. Every sensor is a device
 * of its own with a key that this gateway makes and keeps, and the key's public binding says so (keeper "gateway"). So a page never says that
 * the sensor signed: what is proved is that this gateway said it heard this, then. Thread-safe.
 *
 * <pre>{@code
 * try (Gateway gateway = Gateway.open(folder, trace, apiKey, place -> DeviceConfig.of("ssl://broker:8883", place))) {
 *     gateway.sensor("C4:7C:8D:6A:12:34", "hall-2", "Shelf 7", "BLE thermometer").read(Observation.of(Quantity.TEMPERATURE.of(4.1)));
 * }
 * }</pre>
 */
public final class Gateway implements AutoCloseable {
    /** Each has its own connection, outbox and three threads. */
    static final int MOST_SENSORS = 256;

    private static final String KEEPER = "gateway";
    private static final String ADDRESS = "address";
    private static final String NEWEST = "newest";

    private final Path folder;
    private final URI traceUrl;
    private final String bearerToken;
    private final Function<Registration, DeviceConfig> config;
    private final Map<String, Sensor> sensors = new LinkedHashMap<>();
    private boolean closed;

    private Gateway(Path folder, URI traceUrl, String bearerToken, Function<Registration, DeviceConfig> config) {
        this.folder = folder;
        this.traceUrl = traceUrl;
        this.bearerToken = bearerToken;
        this.config = config;
    }

    /**
     * @param folder of the gateway; each sensor gets one below it
     * @param bearerToken of somebody who may register devices
     * @param config how a sensor's messages are delivered, by its place
     */
    public static Gateway open(
            Path folder, URI traceUrl, String bearerToken, Function<Registration, DeviceConfig> config)
            throws IOException {
        Files.createDirectories(folder);
        return new Gateway(folder, traceUrl, bearerToken, config);
    }

    /**
     * The sensor of this address, registered at its first use. The same address is the same device for ever.
     *
     * @param address what tells it from all others that this gateway hears: MAC, or the maker's name and serial number; 1 to 128 characters,
     *     never published
     * @param kind public in the key binding: no persons, no addresses
     * @throws RegistrationException when the platform refuses
     */
    public synchronized Sensor sensor(String address, String site, String name, String kind)
            throws IOException, InterruptedException {
        if (closed) throw new IllegalStateException("the gateway is closed");
        if (address.isBlank() || address.length() > 128)
            throw new IllegalArgumentException("a sensor's address has 1 to 128 characters");
        Sensor open = sensors.get(address);
        if (open != null) return open;
        if (sensors.size() >= MOST_SENSORS)
            throw new IllegalStateException("one gateway signs for at most " + MOST_SENSORS + " sensors");
        Path own = folder.resolve(
                HexFormat.of().formatHex(DeviceChain.sha256(address.getBytes(StandardCharsets.UTF_8)), 0, 16));
        DeviceKeys keys = DeviceKeys.openOrCreate(own);
        DeviceKeys.writeDurably(own.resolve(ADDRESS), address.getBytes(StandardCharsets.UTF_8));
        Registration place = Registration.obtain(own, keys, traceUrl, bearerToken, site, name, kind, KEEPER);
        Sensor sensor = new Sensor(own.resolve(NEWEST), Device.open(own, keys, config.apply(place)));
        sensors.put(address, sensor);
        return sensor;
    }

    @Override
    public synchronized void close() {
        closed = true;
        sensors.values().forEach(sensor -> sensor.device().close());
        sensors.clear();
    }

    /** A sensor that the gateway signs for. */
    public static final class Sensor {
        private final Path newest;
        private final Device device;

        private Sensor(Path newest, Device device) {
            this.newest = newest;
            this.device = device;
        }

        /** The device that it is to the platform. */
        public Device device() {
            return device;
        }

        /** What was heard now, or at the observation's time. Durable when this returns. */
        public Sent read(Observation heard) {
            return device.read(heard);
        }

        /**
         * Of values that a maker's cloud hands out again and again: signs those that are newer than all that were signed here before, oldest first.
         * After a crash in between, at most this call's values are signed a second time, as new messages with the same times.
         *
         * @param values each with its time
         * @return how many were new
         */
        public synchronized int readNewer(List<Observation> values) throws IOException {
            long before = Files.exists(newest)
                    ? Long.parseLong(Files.readString(newest).strip())
                    : Long.MIN_VALUE;
            List<Observation> fresh = values.stream()
                    .filter(o -> Objects.requireNonNull(o.timeMillis(), "a value without its time") > before)
                    .sorted(Comparator.comparing(Observation::timeMillis))
                    .toList();
            if (fresh.isEmpty()) return 0;
            device.readAll(fresh);
            Long last = fresh.get(fresh.size() - 1).timeMillis();
            DeviceKeys.writeDurably(newest, String.valueOf(last).getBytes(StandardCharsets.US_ASCII));
            return fresh.size();
        }
    }
}
