package io.waymark.ingest.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.ingest.platform.Devices;
import io.waymark.ingest.platform.TraceService;
import io.waymark.sdk.MqttLink.Arrival;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long ingest may go on believing a key that was revoked. Meanwhile the ledger refuses what it hands over. */
class RevokedKeyTest {
    private static final String DEVICE = "00".repeat(16);

    @Test
    void aRevokedKeyIsRefusedHereAfterAMinuteAtTheLatestAndARekeyNeedsItsProof() throws Exception {
        assertTrue(Devices.KNOWN.compareTo(Duration.ofSeconds(60)) <= 0, Devices.KNOWN.toString());
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        AtomicBoolean revoked = new AtomicBoolean();
        AtomicLong nanos = new AtomicLong();
        HttpServer trace = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        trace.createContext("/api/devices/" + DEVICE + "/keys", exchange -> {
            byte[] answer = ("{\"tenant\":\"acme\",\"site\":\"hall\",\"keys\":[{\"coseKey\":\""
                            + Base64.getEncoder()
                                    .encodeToString(key.verificationKey().coseKey()) + "\",\"revoked\":"
                            + revoked + "}]}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        trace.start();
        ExecutorService cores = Executors.newSingleThreadExecutor();
        try {
            URI url = URI.create("http://127.0.0.1:" + trace.getAddress().getPort());
            Examiner examiner = new Examiner(new Devices(new TraceService(url, Optional.empty()), nanos::get), cores);
            List<Arrival> arrivals = List.of(new Arrival("v1/acme/hall/" + DEVICE + "/r", reading(key), 1, 1));
            assertInstanceOf(Judgement.Sound.class, examiner.judge(arrivals).get(0));

            SigningKey next = SigningKey.generate(Algorithm.ED25519);
            assertInstanceOf(
                    Judgement.Sound.class,
                    examiner.judge(List.of(rekey(key, Rekey.groups(new byte[16], 0, 0, next))))
                            .get(0));
            assertEquals(
                    List.of(new Judgement.Refused("rekey-not-proved")),
                    examiner.judge(List.of(rekey(key, Rekey.groups(new byte[16], 0, 1, next)))),
                    "a proof made for another number");

            revoked.set(true);
            nanos.addAndGet(Devices.KNOWN.toNanos());
            assertInstanceOf(Judgement.Sound.class, examiner.judge(arrivals).get(0), "believed until then");
            nanos.addAndGet(1);

            assertEquals(List.of(new Judgement.Refused("key-revoked")), examiner.judge(arrivals));
        } finally {
            trace.stop(0);
            cores.shutdown();
        }
    }

    private static Arrival rekey(SigningKey old, List<Group> groups) {
        byte[] wire = SignedMessage.sign(
                        new Head(MessageType.REKEY, new byte[16], 0, 0, null, 1_790_000_000_000L, 3, 50L, null),
                        groups,
                        old)
                .wire();
        return new Arrival("v1/acme/hall/" + DEVICE + "/r", wire, 1, 1);
    }

    private static byte[] reading(SigningKey key) {
        return SignedMessage.sign(
                        new Head(MessageType.READING, new byte[16], 0, 0, null, 1_790_000_000_000L, 3, 50L, null),
                        List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, 412)))),
                        key)
                .wire();
    }
}
