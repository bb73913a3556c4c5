package io.waymark.local.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One Waymark on ports and a home of its own, started from the packaged jar in a process group of its own. */
final class Installation implements AutoCloseable {
    private static final Pattern PASSPORT = Pattern.compile("https?://\\S+/01/\\d{14}/\\S+");
    private static final Duration START_LIMIT = Duration.ofSeconds(150);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Path home;
    private final int httpPort = freePort();
    private final int mqttPort = freePort();
    private final int postgresPort = freePort();
    private final List<String> output = new ArrayList<>();
    private final List<String> properties = new ArrayList<>();
    private Process process;
    private Thread reader;

    Installation(Path home) throws IOException {
        this.home = home;
    }

    /** A system property of every start from now on. */
    void set(String property, String value) {
        properties.add("-D" + property + "=" + value);
    }

    /**
     * Starts the process and returns once its HTTP port serves a checkpoint.
     *
     * @param options of {@code run}; with {@code --json} the output is stdout alone, otherwise stdout and stderr together
     */
    void start(String... options) throws IOException, InterruptedException {
        synchronized (output) {
            output.clear();
        }
        Path jar = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();
        List<String> command = new ArrayList<>(List.of(
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dwaymark.home=" + home,
                "-Dwaymark.http.port=" + httpPort,
                "-Dwaymark.mqtt.port=" + mqttPort,
                "-Dwaymark.postgres.port=" + postgresPort,
                "-Dorg.bytedeco.javacpp.cachedir=" + home.resolveSibling("native")));
        command.addAll(properties);
        command.addAll(List.of("-jar", jar.toString(), "run"));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        if (List.of(options).contains("--json"))
            builder.redirectError(home.resolveSibling("stderr.log").toFile());
        else builder.redirectErrorStream(true);
        process = builder.start();
        process.getOutputStream().close();
        reader = new Thread(this::read, "installation-output");
        reader.setDaemon(true);
        reader.start();
        long until = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() < until) {
            if (!process.isAlive())
                throw new IllegalStateException("it ended with " + process.exitValue() + ":\n" + output());
            try {
                if (get("/ledger/checkpoint").statusCode() == 200) return;
            } catch (IOException notYet) {
                // The port is not open yet.
            }
            Thread.sleep(200);
        }
        throw new IllegalStateException("not up after " + START_LIMIT + ":\n" + output());
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.add(line);
                    output.notifyAll();
                }
            }
        } catch (IOException killed) {
            synchronized (output) {
                output.add("(output ended: " + killed.getMessage() + ")");
            }
        }
    }

    /** The passport page the banner names. */
    URI passport() throws InterruptedException {
        Matcher found = PASSPORT.matcher(awaitLine(PASSPORT));
        if (!found.find()) throw new IllegalStateException("a line that matched no longer does");
        return URI.create(found.group());
    }

    /** The first line of the output that matches, however long the start takes. */
    String awaitLine(Pattern wanted) throws InterruptedException {
        long until = System.nanoTime() + START_LIMIT.toNanos();
        synchronized (output) {
            while (System.nanoTime() < until) {
                String found = line(wanted);
                if (found != null) return found;
                output.wait(500);
            }
        }
        throw new IllegalStateException("no line like " + wanted + ":\n" + output());
    }

    /** The first line of the output that matches, or null. */
    String line(Pattern wanted) {
        synchronized (output) {
            return output.stream()
                    .filter(l -> wanted.matcher(l).find())
                    .findFirst()
                    .orElse(null);
        }
    }

    String output() {
        synchronized (output) {
            return String.join("\n", output);
        }
    }

    URI base() {
        return URI.create("http://localhost:" + httpPort);
    }

    Path home() {
        return home;
    }

    int httpPort() {
        return httpPort;
    }

    int mqttPort() {
        return mqttPort;
    }

    int postgresPort() {
        return postgresPort;
    }

    URI mqtt() {
        return URI.create("tcp://127.0.0.1:" + mqttPort);
    }

    /** What a command of the operator's script did. */
    record Ran(int exit, String out, String err) {}

    /** Runs {@code docker/waymark} for this home, with nothing on stdin. */
    Ran operator(String... arguments) throws IOException, InterruptedException {
        return operatorReading("", arguments);
    }

    Ran operatorReading(String stdin, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("../waymark"));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(home.getParent(), "operator", ".out");
        Path err = Files.createTempFile(home.getParent(), "operator", ".err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("WAYMARK_HOME", home.toString());
        builder.environment()
                .put(
                        "WAYMARK_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Process ran = builder.start();
        try (var in = ran.getOutputStream()) {
            in.write(stdin.getBytes(StandardCharsets.UTF_8));
        } catch (IOException endedWithoutReading) {
            // Its exit code tells.
        }
        if (!ran.waitFor(5, TimeUnit.MINUTES)) {
            ran.destroyForcibly();
            throw new IllegalStateException(
                    command + " did not end:\n" + Files.readString(out) + Files.readString(err));
        }
        return new Ran(ran.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** A secret of this installation. */
    String password(String name) throws IOException {
        Properties passwords = new Properties();
        try (var in = Files.newBufferedReader(home.resolve("passwords"))) {
            passwords.load(in);
        }
        return passwords.getProperty(name, "");
    }

    /** The answer's JSON. @param bearer null for none @param body JSON, null for none */
    HttpResponse<String> ask(String method, String path, String bearer, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) request.header("Content-Type", "application/json");
        if (bearer != null) request.header("Authorization", "Bearer " + bearer);
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A console page as the browser of somebody logged in gets it. */
    HttpResponse<String> console(String session, String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(base().resolve(path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Cookie", "waymark-session=" + session)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** JSON of an answer that must be good. */
    JsonNode json(String method, String path, String bearer, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = ask(method, path, bearer, body);
        if (answer.statusCode() / 100 != 2)
            throw new IOException(method + " " + path + " was answered " + answer.statusCode() + ": " + answer.body());
        return new ObjectMapper().readTree(answer.body());
    }

    /** What the world is shown, once that holds everything which was stored before this call: it is about a second behind. */
    VerifiedCheckpoint checkpoint() throws Exception {
        long stored;
        try (Connection database = superuser();
                Statement statement = database.createStatement();
                ResultSet head = statement.executeQuery("SELECT size FROM trace.ledger_head")) {
            head.next();
            stored = head.getLong(1);
        }
        NoteVerifier log = NoteVerifier.ofVkey(text("/ledger/key").trim());
        VerifiedCheckpoint shown = log.checkpoint(text("/ledger/checkpoint"));
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (shown.size() < stored) {
            if (System.nanoTime() > until)
                throw new IllegalStateException(shown.size() + " of " + stored + " entries are shown after 60 s");
            Thread.sleep(50);
            shown = log.checkpoint(text("/ledger/checkpoint"));
        }
        return shown;
    }

    /** Fails unless the newer tree is the older one grown, by the proof any outsider can ask for. */
    void assertExtends(VerifiedCheckpoint older, VerifiedCheckpoint newer) throws IOException, InterruptedException {
        if (older.size() == 0) return; // Everything extends the empty log.
        List<byte[]> path = new ArrayList<>();
        for (JsonNode hash : json("GET", "/ledger/consistency?from=" + older.size() + "&to=" + newer.size(), null, null)
                .path("path")) {
            path.add(Base64.getDecoder().decode(hash.asText()));
        }
        if (!new ConsistencyProof(path).extends_(older, newer))
            throw new AssertionError(older.size() + " → " + newer.size() + " is not the same log grown");
    }

    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(base().resolve(path))
                        .timeout(Duration.ofSeconds(20))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    String text(String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = get(path);
        if (answer.statusCode() != 200) throw new IOException(path + " was answered " + answer.statusCode());
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    /** The database as its superuser sees it: what a dishonest owner of the machine can do. */
    Connection superuser() throws SQLException, IOException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + postgresPort + "/waymark", "postgres", password("postgres.superuser"));
    }

    /** SIGKILL to the whole process group: nothing gets a chance to tidy up. The postmaster may survive as an orphan. */
    void killGroup() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-9", "--", "-" + process.pid()).start().waitFor();
        process.waitFor();
        reader.join(2000);
    }

    /** SIGTERM, as Ctrl-C does; true when it ended within half a minute. */
    boolean stop() throws InterruptedException {
        process.destroy();
        return process.waitFor(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (process != null && process.isAlive() && !stop()) killGroup();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
