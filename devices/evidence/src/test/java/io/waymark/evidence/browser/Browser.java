package io.waymark.evidence.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Headless Chromium beside a loopback server that serves the verifier under the passport page's own content security policy. */
final class Browser implements AutoCloseable {
    /** A name without https: there the browser offers no cryptography of its own, and the verifier must bring it. */
    static final String INSECURE_HOST = "insecure.test";

    private static final Path VERIFIER = Path.of("src/main/resources/META-INF/waymark/verify");
    private static final Path TESTS = Path.of("src/test/java/io/waymark/evidence/browser");
    private static final Path VECTORS = Path.of("src/test/resources/vectors");

    // Selenium warns of every Chromium newer than itself. Kept in a field: a logger that nobody holds forgets its
    // level.
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final Map<String, byte[]> pages = new ConcurrentHashMap<>();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    final ChromeDriver driver;

    private Browser(Path chromium, Path chromedriver) throws IOException {
        SELENIUM.setLevel(Level.SEVERE);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.toFile())
                .usingAnyFreePort()
                .build();
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.toFile());
        // No sandbox: build machines run as root or in containers, where Chromium's does not start. It only meets our
        // own pages.
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP " + INSECURE_HOST + " 127.0.0.1");
        driver = new ChromeDriver(service, options);
        driver.manage().timeouts().scriptTimeout(Duration.ofMinutes(2)).pageLoadTimeout(Duration.ofSeconds(30));
    }

    /** Starts, or skips the calling test when there is no browser. */
    static Browser start() throws IOException {
        Optional<Path> chromium = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<Path> chromedriver = onPath("chromedriver");
        boolean there = chromium.isPresent() && chromedriver.isPresent();
        if (Boolean.getBoolean("waymark.browser.required")) {
            Assertions.assertTrue(there, "chromium and chromedriver must be on the PATH");
        }
        Assumptions.assumeTrue(there, "skipped: chromium and chromedriver are not on the PATH");
        return new Browser(chromium.orElseThrow(), chromedriver.orElseThrow());
    }

    private static Optional<Path> onPath(String... names) {
        List<String> folders = List.of(System.getenv("PATH").split(File.pathSeparator));
        return Stream.of(names)
                .flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The address of a path, in a secure context or not. */
    String url(boolean secure, String path) {
        return "http://" + (secure ? "127.0.0.1" : INSECURE_HOST) + ":"
                + server.getAddress().getPort() + path;
    }

    void serve(String path, byte[] body) {
        pages.put(path, body);
    }

    void serve(String path, String body) {
        serve(path, body.getBytes(StandardCharsets.UTF_8));
    }

    void remove(String path) {
        pages.remove(path);
    }

    /** Forgets what was served and what the browser keeps of it. */
    void forget() {
        pages.clear();
        asked.clear();
        for (boolean secure : new boolean[] {true, false}) {
            driver.executeCdpCommand(
                    "Storage.clearDataForOrigin", Map.of("origin", url(secure, ""), "storageTypes", "local_storage"));
        }
    }

    /** Paths asked for since the last call. */
    Set<String> asked() {
        Set<String> seen = Set.copyOf(asked);
        asked.clear();
        return seen;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        asked.add(path);
        byte[] body = body(path);
        boolean page = path.startsWith("/01/") || path.endsWith(".html");
        String type = page
                ? "text/html; charset=utf-8"
                : path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders()
                .set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'");
        exchange.sendResponseHeaders(body == null ? 404 : 200, body == null || body.length == 0 ? -1 : body.length);
        if (body != null) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private byte[] body(String path) {
        byte[] page = pages.get(path);
        if (page != null) {
            return page;
        }
        return file(path, "/verify/", VERIFIER)
                .or(() -> file(path, "/test/", TESTS))
                .or(() -> file(path, "/vectors/", VECTORS))
                .orElse(null);
    }

    private static Optional<byte[]> file(String path, String prefix, Path folder) {
        if (!path.matches(prefix + "[A-Za-z0-9._-]+")) {
            return Optional.empty();
        }
        Path file = folder.resolve(path.substring(prefix.length()));
        try {
            return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path vectors() {
        return VECTORS;
    }

    @Override
    public void close() {
        driver.quit();
        server.stop(0);
        threads.shutdown();
    }
}
