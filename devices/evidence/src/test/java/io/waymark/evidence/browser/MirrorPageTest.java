package io.waymark.evidence.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.MirrorServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;

/** The page a mirror serves: somebody has a proof file and the log's key, and trusts this mirror more than the log's operator. */
class MirrorPageTest {
    private static Browser browser;
    private final Passport passport = new Passport(1);

    @TempDir
    Path folder;

    private Mirror mirror;
    private BoundedServer server;

    @BeforeAll
    static void startBrowser() throws IOException {
        browser = Browser.start();
    }

    @AfterAll
    static void stopBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        Map<String, byte[]> files = passport.files();
        mirror = Mirror.open(
                folder.resolve("copy"), passport.log.verifier(), path -> Optional.ofNullable(files.get(path)));
        assertEquals(
                Mirror.State.CURRENT, mirror.update().state(), mirror.status().detail());
        server = MirrorServer.start(mirror, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        mirror.close();
    }

    /** The checks that did not pass, after the outcome. */
    private List<?> check(byte[] proof, String key) throws IOException {
        Path file = Files.write(folder.resolve("crab.waymark"), proof);
        browser.driver.get("http://127.0.0.1:" + server.address().getPort() + "/");
        browser.driver.findElement(By.id("key")).sendKeys(key);
        browser.driver.findElement(By.id("file")).sendKeys(file.toAbsolutePath().toString());
        return (List<?>) browser.driver.executeAsyncScript("""
                const done = arguments[0], root = document.documentElement;
                const failed = () => [...document.querySelectorAll('#checks li')].filter(e => e.dataset.outcome !== 'pass').map(e => e.dataset.check);
                const look = () => root.dataset.checked ? done([root.dataset.checked, ...failed()]) : setTimeout(look, 10);
                look();
                """);
    }

    @Test
    void checksAProofAgainstItsOwnCopy() throws Exception {
        assertEquals(
                List.of("pass"), check(passport.proof(), passport.log.verifier().vkey()));
        assertEquals(
                "trace.example/log", browser.driver.findElement(By.id("origin")).getText());
        long checks = browser.driver.findElements(By.cssSelector("#checks li")).size();
        assertTrue(checks > 10, "only " + checks);
    }

    @Test
    void showsALogThatTellsTheReaderAnotherHistory() throws Exception {
        Passport other = new Passport(2);
        assertEquals(
                List.of("fail", "same log at this mirror"),
                check(other.proof(), passport.log.verifier().vkey()));
    }

    @Test
    void showsAnAlteredProofAndAWrongKey() throws Exception {
        byte[] proof = passport.proof();
        proof[proof.length / 2] ^= 1;
        assertTrue(!check(proof, passport.log.verifier().vkey()).get(0).equals("pass"));
        assertEquals(List.of("cannot-tell"), check(passport.proof(), "nonsense"));
    }
}
