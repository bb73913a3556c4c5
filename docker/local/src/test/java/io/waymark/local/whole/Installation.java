package io.waymark.local.whole;

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
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
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
    private Process process;
    private Thread reader;

    Installation(Path home) throws IOException {
        this.home = home;
    }

    /** Starts the process and returns once its HTTP port serves a checkpoint. */
    void start() throws IOException, InterruptedException {
        synchronized (output) {
            output.clear();
        }
        Path jar = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();
        process = new ProcessBuilder(
                        "setsid",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-Dwaymark.home=" + home,
                        "-Dwaymark.http.port=" + httpPort,
                        "-Dwaymark.mqtt.port=" + mqttPort,
                        "-Dwaymark.postgres.port=" + postgresPort,
                        "-Dorg.bytedeco.javacpp.cachedir=" + home.resolveSibling("native"),
                        "-jar",
                        jar.toString(),
                        "run")
                .redirectErrorStream(true)
                .start();
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
        long until = System.nanoTime() + START_LIMIT.toNanos();
        synchronized (output) {
            while (System.nanoTime() < until) {
                for (String line : output) {
                    Matcher found = PASSPORT.matcher(line);
                    if (found.find()) return URI.create(found.group());
                }
                output.wait(500);
            }
        }
        throw new IllegalStateException("no passport page in the banner:\n" + output());
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
        Properties passwords = new Properties();
        try (var in = Files.newBufferedReader(home.resolve("passwords"))) {
            passwords.load(in);
        }
        String password = passwords.getProperty("postgres.superuser", passwords.getProperty("postgres", ""));
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + postgresPort + "/waymark", "postgres", password);
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
