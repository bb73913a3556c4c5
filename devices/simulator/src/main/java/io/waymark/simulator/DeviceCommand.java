package io.waymark.simulator;

import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceCertificate;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One device, as its maker would build it: gets in by a code, reads a temperature, changes its key. */
@Command(
        name = "device",
        description =
                "One thermometer: claims its place with a one-time code, then reads, until stopped or --readings are done.",
        mixinStandardHelpOptions = true)
final class DeviceCommand implements Callable<Integer> {
    @Option(names = "--folder", required = true, description = "its keys and outbox")
    Path folder;

    @Option(names = "--code", description = "one-time code from the console; not needed again once it is registered")
    String code;

    @Option(names = "--trace", defaultValue = "http://localhost:8081", description = "(default ${DEFAULT-VALUE})")
    URI trace;

    @Option(names = "--mqtt", defaultValue = "tcp://localhost:1883", description = "(default ${DEFAULT-VALUE})")
    String mqtt;

    @Option(names = "--mqtt-ca", description = "PEM file of the broker's certificate authority")
    Path mqttCa;

    @Option(
            names = "--certificate",
            description = "connect by a certificate of the device authority (an ssl:// broker)")
    boolean certificate;

    @Option(names = "--every", defaultValue = "10", description = "seconds between readings (default ${DEFAULT-VALUE})")
    int everySeconds;

    @Option(names = "--readings", defaultValue = "0", description = "how many; 0 = until stopped")
    int readings;

    @Option(names = "--rekey", description = "change the signing key first")
    boolean rekey;

    @Override
    public Integer call() throws Exception {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        System.out.println("device " + keys.idHex() + ", key "
                + HexFormat.of().formatHex(keys.verificationKey().kid()));
        Registration place = Registration.saved(folder).orElse(null);
        if (place == null) {
            if (code == null) {
                throw new IllegalArgumentException("not registered: get a code in the console and say --code CODE");
            }
            System.out.println("waiting for a person to approve this key in the console");
            place = Registration.claim(folder, keys, trace, code, "device", Duration.ofDays(1));
        }
        System.out.println("registered as " + place.topicPrefix());
        DeviceConfig config = DeviceConfig.of(mqtt, place).withLog(trace);
        if (certificate) {
            config = config.withCertificate(DeviceCertificate.obtain(folder, keys, trace, Instant.now()));
        }
        if (mqttCa != null) config = config.withCaFile(mqttCa);
        try (Device device = Device.open(folder, keys, config)) {
            if (rekey) device.rekey();
            for (int n = 0; readings == 0 || n < readings; n++) {
                if (n > 0) Thread.sleep(everySeconds * 1000L);
                device.read(Quantity.TEMPERATURE, 4 + Math.round(Math.sin(n / 10.0) * 100) / 100.0);
            }
            boolean receipted = device.awaitReceipts(Duration.ofMinutes(2));
            System.out.println(receipted ? "every message has its receipt" : "no receipt yet: " + device.status());
            return receipted ? 0 : 1;
        }
    }
}
