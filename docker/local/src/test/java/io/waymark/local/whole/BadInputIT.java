package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.MqttLink.Outcome;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes that no honest sender makes, over MQTT and HTTP, against the packaged whole. Each is refused with a reason, and over MQTT counted; and a good
 * device that publishes all the while gets every receipt, the log grows by exactly what is sound, and every checkpoint extends the one before.
 */
class BadInputIT {
    private static final Pattern METRIC = Pattern.compile("^([a-z_]+)(\\{[^}]*})? ([0-9.E+]+)$", Pattern.MULTILINE);
    private static final Pattern UNREADABLE = Pattern.compile("(?i)\\r\\ncontent-length: 0\\r\\n");
    private static final String REFUSED = "waymark_ingest_refused_total";

    private final long seed = Long.getLong("waymark.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    Path folder;

    private Installation waymark;
    private String administrator;
    private Good good;

    @BeforeEach
    void start() throws Exception {
        System.out.println("seed " + seed + " (repeat with -Dwaymark.seed=" + seed + ")");
        waymark = new Installation(folder.resolve("home"));
        waymark.start("--no-demo");
        waymark.awaitLine(Pattern.compile("Stop +Ctrl-C"));
        administrator = waymark.json(
                        "POST",
                        "/api/setup",
                        null,
                        new ObjectMapper()
                                .createObjectNode()
                                .put("token", waymark.password("setup-token"))
                                .put("organisation", "Acme")
                                .put("account", "admin")
                                .put("password", "correct horse battery")
                                .toString())
                .path("token")
                .asText();
        good = new Good();
    }

    @AfterEach
    void stop() throws Exception {
        if (good != null) good.device.close();
        waymark.close();
    }

    @Test
    void overMqttEachIsQuarantinedWithItsReasonAndNothingElseIsDisturbed() throws Exception {
        Bad bad = new Bad();
        List<Case> cases = bad.cases();
        Map<String, Double> before = metrics();
        good.begin();

        List<Future<Outcome>> outcomes = new ArrayList<>();
        for (Case one : cases) outcomes.add(bad.link.publish(one.topic(), one.bytes()));
        for (int i = 0; i < cases.size(); i++) {
            Outcome outcome = outcomes.get(i).get(60, TimeUnit.SECONDS);
            assertInstanceOf(Outcome.Taken.class, outcome, cases.get(i).what() + ": " + outcome + "; seed " + seed);
        }
        bad.publish(bad.prefix + "/r", bad.sound.wire());
        bad.publish(bad.prefix + "/r", bad.sound.wire());
        bad.publish(bad.prefix + "/r", bad.other.wire());
        bad.publish(bad.prefix + "/i/" + "ab".repeat(32) + "/0", noise(100));
        bad.publish(bad.prefix + "/i/../../etc/passwd", noise(100));
        bad.publish(bad.prefix + "/s", noise(300));
        unregistered();

        await(
                "every refusal counted",
                () -> grown(before, REFUSED + "{reason=\"unknown-device\"}") >= 1
                        && grownAll(before, REFUSED) >= cases.size() + 1
                        && grown(before, "waymark_ingest_duplicates_total") >= 1
                        && grown(before, "waymark_ingest_equivocations_total") >= 1);
        atTheBroker(bad);

        // The sound one and the one that contradicts it: kept as evidence, both.
        good.endUndisturbed(2);
        assertEquals(cases.size() + 1, grownAll(before, REFUSED));
        assertEquals(1, grown(before, REFUSED + "{reason=\"unknown-device\"}"));
        // Of duplicates there may be more than the one awaited above: a device may send a reading twice, and the good
        // one did.
        // Which of the two messages was first is for the log to say; each time the other one came is counted.
        double equivocations = grown(before, "waymark_ingest_equivocations_total");
        assertTrue(equivocations == 1 || equivocations == 2, "equivocations " + equivocations);
        assertEquals(0, grown(before, "waymark_ingest_failures_total"));
        assertEquals(0, grown(before, "waymark_ingest_unquarantined_total"));

        Map<String, List<String>> quarantined = quarantined();
        for (Case one : cases) {
            byte[] kept = Arrays.copyOf(one.bytes(), Math.min(one.bytes().length, SignedMessage.MAX_DEVICE_MESSAGE));
            List<String> reasons = quarantined.get(HexFormat.of().formatHex(kept));
            assertTrue(
                    reasons != null && reasons.stream().allMatch(r -> r.matches(one.reason())),
                    () -> one.what() + " should be refused as " + one.reason() + ", was " + reasons + "; seed " + seed);
        }
        bad.link.close();
    }

    @Test
    void overHttpEachIsAProblemAndNothingElseIsDisturbed() throws Exception {
        Map<String, Double> before = metrics();
        good.begin();
        List<Request> requests = requests();
        List<String> wrong = new ArrayList<>();
        for (Request one : requests) {
            String answer = raw(waymark.httpPort(), one.bytes(), 20_000);
            String fault = one.fault(answer);
            if (fault != null)
                wrong.add(one.what() + ": " + fault + " in "
                        + answer.lines().findFirst().orElse("no answer"));
        }
        assertEquals(List.of(), wrong, "seed " + seed);
        good.endUndisturbed(0);
        double refused = grownAll(before, "http_server_requests_seconds_count", "CLIENT_ERROR");
        // OPEN: not every refusal is counted (57 of 69 on 21 Nov 2026); which are not, and why, is not known yet.
        assertTrue(refused >= requests.size() / 2, requests.size() + " sent, counted " + refused);
        assertEquals(0, grownAll(before, "http_server_requests_seconds_count", "SERVER_ERROR"));
        long series = metrics().keySet().stream()
                .filter(m -> m.startsWith("http_server_requests_seconds_count"))
                .count();
        assertTrue(series < 60, "strangers made series of their own: " + series);
    }

    /** A message that must be refused with a reason that matches. */
    private record Case(String what, String topic, byte[] bytes, String reason) {}

    /** A registered device whose owner, or thief, sends what he likes. */
    private final class Bad {
        final DeviceKeys keys;
        final Registration registration;
        final String prefix;
        final MqttLink link;
        final SignedMessage sound;
        final SignedMessage other;

        Bad() throws Exception {
            Path own = Files.createDirectories(folder.resolve("bad"));
            keys = DeviceKeys.openOrCreate(own);
            registration =
                    Registration.obtain(own, keys, waymark.base(), administrator, "lab", "Bad", "logger", "device");
            prefix = registration.topicPrefix();
            link = MqttLink.open(
                    MqttLink.Settings.of(
                            waymark.mqtt().toString(), keys.idHex(), keys.idHex(), registration.mqttPassword()),
                    new MqttLink.Listener() {});
            await("the bad device's link", link::connected);
            sound = signed(keys.signingKey(), keys.id(), 0, 420);
            other = signed(keys.signingKey(), keys.id(), 0, 421);
        }

        void publish(String topic, byte[] bytes) throws Exception {
            Outcome outcome = link.publish(topic, bytes).get(20, TimeUnit.SECONDS);
            assertInstanceOf(Outcome.Taken.class, outcome, topic + ": " + outcome + "; seed " + seed);
        }

        List<Case> cases() {
            String r = prefix + "/r";
            byte[] wire = sound.wire();
            List<Case> cases = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int length = random.nextInt(wire.length);
                cases.add(new Case("the first " + length + " bytes", r, Arrays.copyOf(wire, length), "malformed-.*"));
            }
            // Every byte: envelope, kid, each field of the head, signature, secret, groups.
            for (int at = 0; at < wire.length; at++) {
                byte[] flipped = wire.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                cases.add(new Case(
                        "bit flipped in byte " + at,
                        r,
                        flipped,
                        "malformed-.*|bad-signature|unknown-key|topic-mismatch|wrong-type"));
            }
            cases.add(new Case("a byte too many", r, Arrays.copyOf(wire, wire.length + 1), "malformed-.*"));
            byte[] stranger = keys.id();
            stranger[0] ^= 1;
            cases.add(new Case(
                    "another device's id in the body",
                    r,
                    signed(keys.signingKey(), stranger, 0, 1).wire(),
                    "topic-mismatch"));
            cases.add(new Case(
                    "its own site's name changed in the topic",
                    prefix.replace("/lab/", "/sea/") + "/r",
                    signed(keys.signingKey(), keys.id(), 3, 1).wire(),
                    "wrong-topic"));
            cases.add(new Case(
                    "another organisation in the topic",
                    prefix.replaceFirst("v1/[^/]+", "v1/other") + "/r",
                    signed(keys.signingKey(), keys.id(), 4, 1).wire(),
                    "wrong-topic"));
            cases.add(new Case(
                    "signed with a key nobody registered",
                    r,
                    signed(SigningKey.generate(Algorithm.ED25519), keys.id(), 5, 1)
                            .wire(),
                    "unknown-key"));
            cases.add(new Case("beyond the limit of a message", r, noise(70_000), "too-large"));
            cases.add(new Case(
                    "as long as a message may be", r, noise(SignedMessage.MAX_DEVICE_MESSAGE), "malformed-.*"));
            cases.add(new Case("nothing", r, new byte[0], "malformed-.*"));
            byte[] deep = new byte[60_000];
            Arrays.fill(deep, (byte) 0x81);
            cases.add(new Case("arrays in arrays", r, deep, "malformed-.*"));
            byte[] deepGroup = new byte[200];
            Arrays.fill(deepGroup, (byte) 0x81);
            deepGroup[0] = (byte) 0x82;
            deepGroup[1] = 9;
            deepGroup[199] = (byte) 0x80;
            cases.add(new Case("arrays in arrays in a group", r, withGroup(deepGroup), "malformed-too-deep"));
            cases.add(bomb(r, "an array of 2^63 items", "9b7fffffffffffffff"));
            cases.add(bomb(r, "an array of 2^64 - 1 items", "9bffffffffffffffff"));
            cases.add(bomb(r, "a byte string of 2^63 bytes", "835b7fffffffffffffff"));
            cases.add(bomb(r, "a byte string of 2^31 - 1 bytes", "835a7fffffff"));
            cases.add(bomb(r, "a text of 2^62 bytes", "837b4000000000000000"));
            cases.add(bomb(r, "a map of 2^32 - 1 pairs", "83ba" + "ffffffff"));
            cases.add(bomb(r, "an indefinite array", "9f010203ff"));
            cases.add(bomb(r, "indefinite bytes", "835f4101ff"));
            cases.add(bomb(r, "indefinite text", "837f6161ff"));
            cases.add(bomb(r, "an indefinite map", "83bf0102ff"));
            cases.add(bomb(r, "a lone break", "ff"));
            cases.add(bomb(r, "tags on tags", "c1".repeat(500) + "00"));
            cases.add(bomb(r, "a float", "83fb7ff0000000000000"));
            for (int i = 0; i < 150; i++) {
                cases.add(new Case("noise " + i, r, noise(1 + random.nextInt(2_000)), "malformed-.*"));
            }
            return cases;
        }

        private Case bomb(String r, String what, String hex) {
            return new Case(what, r, HexFormat.of().parseHex(hex), "malformed-.*");
        }

        private byte[] withGroup(byte[] group) {
            return new CborWriter()
                    .array(3)
                    .bytes(sound.cose())
                    .bytes(sound.secret())
                    .array(1)
                    .bytes(group)
                    .toBytes();
        }
    }

    /** An id that nobody registered, with the password the broker derives for it: only the broker's operator could send this. */
    private void unregistered() throws Exception {
        byte[] id = new byte[16];
        random.nextBytes(id);
        String hex = HexFormat.of().formatHex(id);
        try (MqttLink link = MqttLink.open(
                MqttLink.Settings.of(waymark.mqtt().toString(), hex, hex, devicePassword(id)),
                new MqttLink.Listener() {})) {
            await("the unregistered device's link", link::connected);
            Outcome outcome = link.publish(
                            "v1/acme/lab/" + hex + "/r",
                            signed(SigningKey.generate(Algorithm.ED25519), id, 0, 1)
                                    .wire())
                    .get(20, TimeUnit.SECONDS);
            assertInstanceOf(Outcome.Taken.class, outcome);
        }
    }

    /** What the broker itself refuses: nothing of it reaches ingest. */
    private void atTheBroker(Bad bad) throws Exception {
        String others = good.device.id();
        for (String topic : List.of(
                "v1/acme/lab/" + others + "/r",
                bad.prefix + "/d/ack",
                "v1/acme/lab/" + bad.keys.idHex(),
                "elsewhere",
                "$SYS/broker",
                "v2/acme/lab/" + bad.keys.idHex() + "/r")) {
            Outcome outcome = bad.link.publish(topic, bad.sound.wire()).get(20, TimeUnit.SECONDS);
            assertFalse(outcome instanceof Outcome.Taken, topic + ": " + outcome);
            await("the link after " + topic, bad.link::connected);
        }
        Outcome tooLong = bad.link.publish(bad.prefix + "/r", noise(300_000)).get(20, TimeUnit.SECONDS);
        assertFalse(tooLong instanceof Outcome.Taken, "beyond the broker's limit: " + tooLong);
        await("the link after a packet that is too long", bad.link::connected);

        for (String[] login : new String[][] {
            {others, others, bad.registration.mqttPassword()},
            {bad.keys.idHex(), bad.keys.idHex(), "0".repeat(32)},
            {bad.keys.idHex(), others, bad.registration.mqttPassword()},
            {"ingest", "ingest", "guess"},
            {"x", "", ""}
        }) {
            try (MqttLink refused = MqttLink.open(
                    MqttLink.Settings.of(waymark.mqtt().toString(), login[0], login[1], login[2]),
                    new MqttLink.Listener() {})) {
                await("a refusal of " + login[1], () -> !refused.problem().equals("not connected yet"));
                assertFalse(refused.connected());
            }
        }
        for (int i = 0; i < 30; i++) raw(waymark.mqttPort(), noise(1 + random.nextInt(500)), 200);
        raw(waymark.mqttPort(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 200);
        // A CONNECT that announces the longest packet there is, and no more.
        raw(waymark.mqttPort(), HexFormat.of().parseHex("10ffffff7f00044d51545405"), 200);
    }

    /** An HTTP request as bytes, what must come back, and whether as a problem's JSON. */
    private record Request(String what, byte[] bytes, int status) {
        /** What is wrong with this answer, null when nothing is. */
        String fault(String answer) throws IOException {
            if (!answer.startsWith("HTTP/1.1 " + status + " ")) return "expected " + status;
            // OPEN: an address whose percent signs cannot be read is refused by the router, before any service's rules
            // and without a body.
            if (UNREADABLE.matcher(answer).find() && status == 400 && (what.contains("%") || what.contains("\\")))
                return null;
            // A file for people to keep: its refusal is for them too.
            if (what.startsWith("code /proof")) return null;
            int end = answer.indexOf("\r\n\r\n");
            String head = answer.substring(0, Math.max(0, end)).toLowerCase(java.util.Locale.ROOT);
            if (!head.contains("\r\ncontent-type: application/problem+json")) return "no problem+json";
            JsonNode problem;
            try {
                problem = new ObjectMapper().readTree(answer.substring(end + 4));
            } catch (IOException e) {
                return "unreadable JSON";
            }
            for (String field :
                    what.startsWith("code ") ? List.of("type", "title") : List.of("type", "title", "detail"))
                if (problem.path(field).asText().isEmpty()) return "no " + field;
            return problem.path("status").asInt() == status ? null : "another status in the body";
        }
    }

    private List<Request> requests() throws Exception {
        waymark.json("POST", "/api/accounts", administrator, """
                {"account":"viewer","password":"correct horse battery","role":"viewer"}""");
        String viewer =
                waymark.json("POST", "/api/login", null, """
                {"account":"viewer","password":"correct horse battery"}""").path("token").asText();
        List<Request> all = new ArrayList<>();
        for (String body : List.of(
                "{\"account\":",
                "[1,2]",
                "null",
                "\"text\"",
                "{\"account\":{\"a\":1},\"password\":5}",
                "\u0000",
                "{\"account\":\"\\ud800\"",
                "[".repeat(5_000))) all.add(json("login with " + head(body), "POST", "/api/login", null, body, 400));
        all.add(json(
                "wrong password",
                "POST",
                "/api/login",
                null,
                "{\"account\":\"admin\",\"password\":\"wrong wrong wrong\"}",
                401));
        all.add(json(
                "unknown account",
                "POST",
                "/api/login",
                null,
                "{\"account\":\"nobody\",\"password\":\"wrong wrong wrong\"}",
                401));
        for (String body : List.of(
                "{\"id\":1e999999999}",
                "{\"id\":" + "9".repeat(900) + "}",
                "{\"firstEpoch\":1e400,\"id\":\"00\"}",
                "{\"firstEpoch\":-1}",
                "{\"id\":[[[[]]]]}",
                "{\"id\":\"" + "a".repeat(100_000) + "\"}",
                "{\"id\":true,\"site\":{},\"name\":[]}"))
            all.add(json("device " + head(body), "POST", "/api/devices", administrator, body, 400));
        all.add(json("wrong media type", "POST", "/api/devices", administrator, "{}", 415, "Content-Type: text/plain"));
        for (String query : List.of("page=99999999999999999999", "size=abc", "page=1e3", "size=%00"))
            all.add(plain("GET", "/api/devices?" + query, administrator, 400));
        for (String id : List.of("xyz", "0".repeat(31), "0".repeat(33), "A".repeat(32)))
            all.add(plain("GET", "/api/devices/" + id + "/readings", administrator, 400));
        all.add(plain("GET", "/api/devices/" + "0".repeat(32) + "/readings", administrator, 404));
        all.add(plain("GET", "/ledger/consistency?from=-1&to=99999999999999999999", null, 400));
        all.add(plain("GET", "/ledger/tile/0/x999", null, 404));
        all.add(plain("GET", "/ledger/tile/99/000", null, 404));
        for (String path : List.of(
                "/api/%zz", "/ledger/%", "/api/devices/%0", "/01/%zz", "/01/%E0%A4%A", "/proof/%", "/console/%zz"))
            all.add(plain("GET", path, null, 400));
        for (String path : List.of(
                "/api/../q/metrics",
                "/ledger/%2e%2e/key",
                "/ledger/tile/0/../../key",
                "/01/../../etc/passwd",
                "/verify/..%2f..%2fapplication.properties",
                "/api/devices/%00",
                "/console/;/devices",
                "/api\\devices")) all.add(plain("GET", path, null, 400));
        all.add(plain("GET", "/api/nothing", administrator, 404));
        all.add(plain("BREW", "/api/devices", administrator, 405));
        all.add(plain("DELETE", "/ledger/key", null, 405));
        all.add(plain("TRACE", "/api/devices", administrator, 405));
        all.add(plain("GET", "/api/devices", null, 401));
        for (String token :
                List.of("nonsense", "wms_" + "A".repeat(43), "wmk_" + "A".repeat(43), "A".repeat(4_000), "\u00e6"))
            all.add(plain("GET", "/api/devices", token, 401));
        all.add(request(
                "Basic instead of Bearer", "GET", "/api/devices", 401, "Authorization: Basic YWRtaW46YWRtaW4="));
        all.add(json("an empty claim", "POST", "/api/admissions/claims", null, "{}", 400));
        all.add(json("a viewer expects a device", "POST", "/api/admissions/codes", viewer, "{}", 403));
        all.add(plain("GET", "/api/admissions", null, 401));
        all.add(plain("GET", "/api/devices/standings", administrator, 403));
        all.add(json("a viewer registers a device", "POST", "/api/devices", viewer, "{}", 403));
        all.add(json(
                "an administrator acts as ingest",
                "POST",
                "/api/quarantine",
                administrator,
                "",
                403,
                "Content-Type: application/cbor"));
        all.add(plain("GET", "/api/devices", waymark.password("token.web"), 403));
        for (String code : List.of(
                "/01/123",
                "/01/09521321000013",
                "/01/00000000000000/21/1",
                "/01/09521321000013/21/%3Cscript%3E",
                "/01/abc/21/" + "A".repeat(60),
                "/proof/01/123"))
            all.add(request(
                    "code " + code,
                    "GET",
                    code,
                    code.equals("/01/00000000000000/21/1") ? 404 : 400,
                    "Accept: application/json"));
        byte[] huge = new byte[1 << 20];
        Arrays.fill(huge, (byte) ' ');
        all.add(new Request(
                "a stranger's long body",
                bytes(
                        "POST /api/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
                        new byte[0]),
                413));
        all.add(new Request(
                "a stranger's body without a length",
                bytes(
                        "POST /api/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                        new byte[0]),
                411));
        all.add(new Request(
                "an announced body that is too long",
                bytes(
                        "POST /api/devices HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                                + administrator
                                + "\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
                        new byte[0]),
                413));
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        chunks.writeBytes(bytes(
                "POST /api/devices HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + administrator
                        + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                new byte[0]));
        for (int i = 0; i < 36; i++) chunks.writeBytes(bytes("100000\r\n", huge, "\r\n"));
        chunks.writeBytes(bytes("0\r\n\r\n", new byte[0]));
        all.add(new Request("a chunked body that is too long", chunks.toByteArray(), 413));
        return all;
    }

    private static String head(String text) {
        return text.substring(0, Math.min(20, text.length()));
    }

    private static Request plain(String method, String path, String bearer, int status) {
        return bearer == null
                ? request(method + " " + head(path), method, path, status)
                : request(method + " " + path, method, path, status, "Authorization: Bearer " + bearer);
    }

    private static Request json(
            String what, String method, String path, String bearer, String body, int status, String... headers) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        StringBuilder request =
                new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        if (bearer != null)
            request.append("Authorization: Bearer ").append(bearer).append("\r\n");
        if (headers.length == 0) request.append("Content-Type: application/json\r\n");
        for (String header : headers) request.append(header).append("\r\n");
        request.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        return new Request(what, bytes(request.toString(), bytes), status);
    }

    private static Request request(String what, String method, String path, int status, String... headers) {
        StringBuilder request =
                new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for (String header : headers) request.append(header).append("\r\n");
        if (List.of(headers).stream().noneMatch(h -> h.startsWith("Accept:")))
            request.append("Accept: application/json, */*;q=0.1\r\n");
        return new Request(what, bytes(request + "\r\n", new byte[0]), status);
    }

    private static byte[] bytes(String before, byte[] middle, String... after) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(before.getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(middle);
        for (String text : after) out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return out.toByteArray();
    }

    /** Sends the bytes and reads until the other side closes, or has said nothing for so long. */
    private static String raw(int port, byte[] bytes, int silenceMillis) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(silenceMillis);
            Thread sender = new Thread(() -> {
                try {
                    socket.getOutputStream().write(bytes);
                    socket.getOutputStream().flush();
                } catch (IOException refusedWhileSending) {
                    // The answer, if there is one, is what counts.
                }
            });
            sender.setDaemon(true);
            sender.start();
            byte[] buffer = new byte[8_192];
            for (int n = socket.getInputStream().read(buffer);
                    n >= 0;
                    n = socket.getInputStream().read(buffer)) {
                answer.write(buffer, 0, n);
            }
        } catch (IOException closedOrSilent) {
            // What came until then is the answer.
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    /** A device as it should be, publishing all the time, and the log as an outsider sees it meanwhile. */
    private final class Good {
        final Device device;
        private final ConcurrentLinkedQueue<VerifiedCheckpoint> seen = new ConcurrentLinkedQueue<>();
        private Thread working;
        private volatile boolean enough;
        private volatile Exception failure;
        private volatile int made;
        private long sizeBefore;

        Good() throws Exception {
            Path own = Files.createDirectories(folder.resolve("good"));
            Registration place = Registration.obtain(
                    own,
                    DeviceKeys.openOrCreate(own),
                    waymark.base(),
                    administrator,
                    "lab",
                    "Good",
                    "logger",
                    "device");
            DeviceConfig config = DeviceConfig.of(waymark.mqtt().toString(), place);
            // The first receipt of an installation binds the key that signs receipts: nobody can trust it before.
            try (Device first = Device.open(own, config)) {
                assertTrue(first.awaitReceipts(Duration.ofMinutes(1)), first.status()::toString);
            }
            device = Device.open(own, config.withReceiptKeys(Registration.receiptKeys(waymark.base())));
        }

        void begin() throws Exception {
            sizeBefore = waymark.checkpoint().size();
            working = new Thread(() -> {
                try {
                    while (!enough) {
                        device.read(Quantity.TEMPERATURE, made % 10);
                        made++;
                        if (made % 20 == 0) seen.add(waymark.checkpoint());
                        Thread.sleep(20);
                    }
                } catch (Exception e) {
                    failure = e;
                }
            });
            working.start();
        }

        /** @param others sound messages of other devices since {@link #begin} */
        void endUndisturbed(int others) throws Exception {
            enough = true;
            working.join();
            assertNull(failure);
            assertTrue(device.awaitReceipts(Duration.ofMinutes(1)), device.status()::toString);
            assertTrue(device.status().receiptsVerified());
            seen.add(waymark.checkpoint());
            VerifiedCheckpoint before = null;
            for (VerifiedCheckpoint next : seen) {
                if (before != null) waymark.assertExtends(before, next);
                before = next;
            }
            assertEquals(sizeBefore + made + others, waymark.checkpoint().size(), "the log's size; seed " + seed);
            assertEquals(200, waymark.get("/q/health/ready").statusCode());
        }
    }

    private String devicePassword(byte[] id) throws IOException {
        byte[] secret = waymark.password("mqtt.device-secret").getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Arrays.copyOf(MerkleHash.hmac(secret, id), 16));
    }

    /** What the owner sees in the API: reasons by the hex of the message. */
    private Map<String, List<String>> quarantined() throws Exception {
        Map<String, List<String>> reasons = new HashMap<>();
        for (int page = 0; ; page++) {
            JsonNode rows = waymark.json("GET", "/api/quarantine?size=200&page=" + page, administrator, null)
                    .path("rows");
            for (JsonNode row : rows) {
                reasons.computeIfAbsent(row.path("rawHex").asText(), r -> new ArrayList<>())
                        .add(row.path("reason").asText());
            }
            if (rows.size() < 200) return reasons;
        }
    }

    private Map<String, Double> metrics() throws Exception {
        Map<String, Double> values = new HashMap<>();
        Matcher line = METRIC.matcher(waymark.text("/q/metrics"));
        while (line.find()) {
            values.put(line.group(1) + (line.group(2) == null ? "" : line.group(2)), Double.valueOf(line.group(3)));
        }
        return values;
    }

    private double grown(Map<String, Double> before, String metric) throws Exception {
        return metrics().getOrDefault(metric, 0.0) - before.getOrDefault(metric, 0.0);
    }

    /** Over all labels, or those that contain a word. */
    private double grownAll(Map<String, Double> before, String name, String... labels) throws Exception {
        return sum(metrics(), name, labels) - sum(before, name, labels);
    }

    private static double sum(Map<String, Double> metrics, String name, String... labels) {
        return metrics.entrySet().stream()
                .filter(m ->
                        m.getKey().startsWith(name) && Arrays.stream(labels).allMatch(m.getKey()::contains))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static SignedMessage signed(SigningKey by, byte[] id, long seq, int centiCelsius) {
        Head head = new Head(
                MessageType.READING,
                id,
                0,
                seq,
                seq == 0 ? null : new byte[32],
                System.currentTimeMillis(),
                2,
                null,
                null);
        List<Group> groups =
                List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, centiCelsius))));
        return SignedMessage.sign(head, groups, by);
    }

    private void await(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            if (System.nanoTime() > end)
                throw new AssertionError(what + ": not within a minute; seed " + seed + "\n" + metrics());
            Thread.sleep(100);
        }
    }
}
