package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.message.MessageType;
import io.waymark.local.whole.Installation.Ran;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.remote.service.DriverService;

/** A buyer opens the page the banner names; then, one at a time, somebody alters a byte, and page and command line say which step fails. */
class WholeIT {
    private static final Duration CHECK_LIMIT = Duration.ofSeconds(60);
    private static final Path EVIDENCE_JAR = Path.of("..", "..", "devices", "evidence", "target", "evidence.jar");

    @TempDir
    static Path folder;

    private static Installation waymark;
    private static TamperingProxy proxy;
    private static ChromeDriver browser;
    private static String passportPath;

    @BeforeAll
    static void startEverything() throws Exception {
        waymark = new Installation(folder.resolve("home"));
        // What these tests alter, the audit would find, and end the signing before the page is asked.
        waymark.set("waymark.trace.audit.entries-per-second", "0");
        waymark.start();
        passportPath = waymark.passport().getPath();
        proxy = new TamperingProxy(waymark.base());
        DriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(Path.of("/usr/bin/chromedriver").toFile())
                .withLogOutput(java.io.OutputStream.nullOutputStream())
                .build();
        ChromeOptions options = new ChromeOptions();
        options.setBinary("/usr/bin/chromium");
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=420,2600",
                "--user-data-dir=" + Files.createTempDirectory(folder, "chromium"));
        browser = new ChromeDriver((ChromeDriverService) service, options);
    }

    @AfterAll
    static void stopEverything() throws Exception {
        if (browser != null) browser.quit();
        if (proxy != null) proxy.close();
        if (waymark != null) waymark.close();
    }

    @Test
    void theBrowsersOwnChecksAreGreen() throws Exception {
        assertEquals("pass", open(waymark.base()), this::checks);
        Files.write(Path.of("target", "passport.png"), browser.getScreenshotAs(OutputType.BYTES));
        assertEquals(0, verifyOnTheCommandLine().exit());
    }

    @Test
    void anAlteredReadingIsNamed() throws Exception {
        altering(
                "message",
                "wire",
                "stream_id = (SELECT stream_id FROM message WHERE type = 1 ORDER BY ledger_index LIMIT 1)",
                "reading");
    }

    @Test
    void anAlteredCustodyStepIsNamed() throws Exception {
        altering("step", "wire", "biz_step = 'commissioning'", "step");
    }

    @Test
    void anAlteredObjectPathOfALinkIsNamed() throws Exception {
        altering("link", "path", "n = 1", "object in step");
    }

    @Test
    void aLinkMovedToAnotherEntryIsNamed() throws Exception {
        String serial = passportPath.substring(passportPath.lastIndexOf('/') + 1);
        String link = "uri LIKE '%/21/" + serial + "' AND n = 1";
        try (Connection database = waymark.superuser();
                Statement statement = database.createStatement()) {
            long honest;
            try (ResultSet row = statement.executeQuery("SELECT ledger_index FROM trace.link WHERE " + link)) {
                assertTrue(row.next());
                honest = row.getLong(1);
            }
            statement.executeUpdate(
                    "UPDATE trace.link SET ledger_index = (SELECT min(ledger_index) FROM trace.message) WHERE " + link);
            try {
                assertFailsAt("link chain|link inclusion");
            } finally {
                statement.executeUpdate("UPDATE trace.link SET ledger_index = " + honest + " WHERE " + link);
            }
        }
        assertEquals("pass", open(waymark.base()), this::checks);
    }

    /** Readers are given the files; what somebody alters in the tables behind them, the audit finds (ContinuousAuditTest). */
    @Test
    void anAlteredPublishedTileIsNamed() throws Exception {
        waymark.checkpoint();
        List<Path> tiles;
        try (var files = Files.walk(waymark.home().resolve("data/published/tile/0"))) {
            tiles = files.filter(Files::isRegularFile).toList();
        }
        assertTrue(tiles.size() > 0, "nothing is published");
        for (Path tile : tiles) Files.write(tile, flipMiddle(Files.readAllBytes(tile)));
        try {
            assertFailsAt("tiles|inclusion|signature|binding");
        } finally {
            for (Path tile : tiles) if (Files.exists(tile)) Files.write(tile, flipMiddle(Files.readAllBytes(tile)));
        }
        assertEquals("pass", open(waymark.base()), this::checks);
    }

    @Test
    void anAlteredServedProofIsNamed() throws Exception {
        proxy.alter(path -> path.startsWith("/proof/"), WholeIT::flipMiddle);
        assertEquals("fail", open(proxy.base()), this::checks);
    }

    @Test
    void anAlteredServedTileIsNamed() throws Exception {
        proxy.alter(path -> path.startsWith("/ledger/tile/"), body -> {
            byte[] all = body.clone();
            for (int i = 0; i < all.length; i += 32) all[i] ^= 1;
            return all;
        });
        assertEquals("fail", open(proxy.base()), this::checks);
        assertEquals("log tiles", failedStep());
    }

    @Test
    void theDatabaseKeepsWhatItSaysItKeeps() throws Exception {
        try (Connection database = waymark.superuser();
                Statement statement = database.createStatement()) {
            for (String setting : List.of("fsync", "synchronous_commit", "data_checksums", "full_page_writes")) {
                try (ResultSet row = statement.executeQuery("SHOW " + setting)) {
                    assertTrue(row.next());
                    assertEquals("on", row.getString(1), setting);
                }
            }
        }
    }

    @Test
    void theBannersLoginShowsTheProducersDevices() throws Exception {
        String banner = waymark.awaitLine(Pattern.compile("^  Demo login "));
        String password = waymark.password("account.demo");
        assertTrue(banner.endsWith("demo   password  " + password), banner);
        JsonNode devices = waymark.json("GET", "/api/devices", session("demo", password), null);
        assertTrue(devices.size() > 0, devices::toString);
    }

    @Test
    void aLoggersFileBecomesReadingsThatItsOwnersPeopleSee() throws Exception {
        Path file = Path.of(
                System.getProperty("waymark.data", ""), "product", "cold", "biovoice_T301_2622930045_decoded.csv");
        boolean there = Files.isReadable(file);
        if (Boolean.getBoolean("waymark.data.required")) assertTrue(there, "-Dwaymark.data must hold " + file);
        assumeTrue(there, "no " + file + " below -Dwaymark.data: skipped");
        int samples = 3091;
        long before = waymark.checkpoint().size();

        Ran replayed = waymark.operator("replay", file.toString(), "--json");

        assertEquals(0, replayed.exit(), replayed.err());
        JsonNode result = new ObjectMapper().readTree(replayed.out());
        assertEquals(samples, result.path("samples").asInt());
        assertEquals(samples, result.path("published").asInt());
        assertTrue(result.path("receipted").asBoolean(), replayed.out());
        String device = result.path("device").asText();
        String organisation = result.path("organisation").asText();
        long after = waymark.checkpoint().size();
        assertEquals(samples, entriesOf(device, before, after), "log from " + before + " to " + after);

        Ran added = waymark.operatorReading(
                "a long password\n",
                "account",
                "add",
                "Archivist",
                "--organisation",
                organisation,
                "--role",
                "viewer",
                "--password-stdin");
        assertEquals(0, added.exit(), added.err());
        String viewer = session("archivist", "a long password");
        int seen = 0;
        long oldest = Long.MAX_VALUE;
        JsonNode page;
        do {
            page = waymark.json("GET", "/api/devices/" + device + "/readings?limit=500&before=" + oldest, viewer, null);
            for (JsonNode message : page) {
                if (message.path("type").asInt() == MessageType.READING) seen++;
                oldest = message.path("index").asLong();
            }
        } while (page.size() > 0);
        assertEquals(samples, seen);
        HttpResponse<String> console = waymark.console(viewer, "/console/devices/" + device);
        assertEquals(200, console.statusCode());
        assertTrue(console.body().contains("<svg"), console.body());

        assertEquals(0, waymark.operator("replay", file.toString()).exit());
        assertEquals(
                samples, entriesOf(device, before, waymark.checkpoint().size()), "a second replay repeated something");
        accountsEnd(organisation, viewer);
    }

    /** The account made above is listed, can be removed, and its session ends with it. */
    private static void accountsEnd(String organisation, String session) throws Exception {
        Ran listed = waymark.operator("account", "list");
        assertTrue(listed.out().lines().anyMatch(l -> l.matches("archivist +viewer +" + organisation)), listed.out());
        assertEquals(0, waymark.operator("account", "remove", "archivist").exit());
        assertFalse(waymark.operator("account", "list").out().contains("archivist"));
        assertEquals(401, waymark.ask("GET", "/api/devices", session, null).statusCode());
        Ran again = waymark.operator("account", "remove", "archivist");
        assertEquals(1, again.exit());
        assertEquals("waymark: no login is called \"archivist\"", again.err().strip());
        Ran refused = waymark.operatorReading(
                "short\n",
                "account",
                "add",
                "x1",
                "--organisation",
                organisation,
                "--role",
                "viewer",
                "--password-stdin");
        assertEquals(1, refused.exit());
        assertTrue(refused.err().startsWith("waymark: password is 10 to 200"), refused.err());
    }

    /** Readings of the device in this part of the log. */
    private static long entriesOf(String device, long from, long to) throws Exception {
        try (Connection database = waymark.superuser();
                PreparedStatement count = database.prepareStatement(
                        "SELECT count(DISTINCT ledger_index) FROM trace.message WHERE stream_id = decode(?, 'hex') AND type = 1 AND ledger_index >= ? AND ledger_index < ?")) {
            count.setString(1, device);
            count.setLong(2, from);
            count.setLong(3, to);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static String session(String account, String password) throws Exception {
        String login = new ObjectMapper()
                .createObjectNode()
                .put("account", account)
                .put("password", password)
                .toString();
        return waymark.json("POST", "/api/login", null, login).path("token").asText();
    }

    /** Flips one byte of the column in every matching row, looks with both verifiers, and puts it back. */
    private void altering(String table, String column, String where, String named) throws Exception {
        try (Connection database = waymark.superuser()) {
            assertTrue(flip(database, table, column, where) > 0, "nothing was altered in " + table);
            try {
                assertFailsAt(named);
            } finally {
                flip(database, table, column, where);
            }
        }
        assertEquals("pass", open(waymark.base()), this::checks);
    }

    /** Page and command line both say no, and both name the step. */
    private void assertFailsAt(String named) throws IOException, InterruptedException {
        assertEquals("fail", open(waymark.base()), this::checks);
        Pattern step = Pattern.compile(named);
        assertTrue(step.matcher(failedStep()).find(), () -> "page: " + failedStep() + "\n" + checks());
        Verified onTheCommandLine = verifyOnTheCommandLine();
        assertEquals(1, onTheCommandLine.exit(), onTheCommandLine.output());
        assertTrue(step.matcher(onTheCommandLine.output()).find(), onTheCommandLine.output());
    }

    private static int flip(Connection database, String table, String column, String where) throws SQLException {
        String middle = "length(" + column + ") * 3 / 5";
        try (PreparedStatement update = database.prepareStatement(
                "SET search_path = trace; UPDATE trace." + table + " SET " + column + " = set_byte(" + column + ", "
                        + middle + ", get_byte(" + column + ", " + middle + ") # 1) WHERE " + where)) {
            update.execute();
            update.getMoreResults();
            return update.getUpdateCount();
        }
    }

    private String open(URI base) throws InterruptedException {
        browser.get(base + passportPath);
        long until = System.nanoTime() + CHECK_LIMIT.toNanos();
        while (System.nanoTime() < until) {
            Object outcome = browser.executeScript("return document.documentElement.dataset.checked || null");
            if (outcome != null) return outcome.toString();
            Thread.sleep(100);
        }
        throw new IllegalStateException("the browser did not finish checking:\n" + checks());
    }

    private String failedStep() {
        return String.valueOf(browser.executeScript("return document.documentElement.dataset.failed || ''"));
    }

    private String checks() {
        return String.valueOf(browser.executeScript(
                "const c = document.querySelector('#checks'); return c ? c.textContent : document.body.textContent"));
    }

    private record Verified(int exit, String output) {}

    private static Verified verifyOnTheCommandLine() throws IOException, InterruptedException {
        Path proof = Files.write(
                folder.resolve("downloaded.waymark"),
                waymark.get("/proof" + passportPath).body());
        Process verify = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        EVIDENCE_JAR.toString(),
                        "verify",
                        proof.toString(),
                        "--log-key",
                        waymark.text("/ledger/key").trim())
                .redirectErrorStream(true)
                .start();
        String output = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(verify.waitFor(60, TimeUnit.SECONDS));
        return new Verified(verify.exitValue(), output);
    }

    private static byte[] flipMiddle(byte[] body) {
        byte[] altered = body.clone();
        altered[altered.length / 2] ^= 1;
        return altered;
    }
}
