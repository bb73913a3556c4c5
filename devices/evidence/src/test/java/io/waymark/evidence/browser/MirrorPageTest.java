package io.waymark.evidence.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.MirrorServer;
import io.waymark.evidence.proof.ProofFile;
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
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;

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
        return checked();
    }

    private static List<?> checked() {
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

    private static Cosigner witness(String name, Cosignature.Type type) {
        byte[] seed = new byte[32];
        seed[0] = (byte) name.hashCode();
        return Cosigner.of(name, type, seed);
    }

    /** The proof with these cosignatures on its checkpoint. */
    private byte[] cosigned(Cosigner... witnesses) throws Exception {
        ProofFile file = ProofFile.parse(passport.proof());
        StringBuilder note = new StringBuilder(file.checkpointNote());
        for (Cosigner witness : witnesses) {
            note.append(witness.cosign(passport.log.verifier().checkpoint(file.checkpointNote()), 1_790_000_000L)
                    .line());
        }
        return new ProofFile(
                        note.toString(),
                        file.objectUri(),
                        file.objectSecret(),
                        file.keys(),
                        file.steps(),
                        file.messages(),
                        file.readingsInStory(),
                        file.noLaterStep())
                .encode();
    }

    private static String policy(String firstLines, Cosigner one, Cosigner two, Cosigner three, String rule) {
        return firstLines
                + "witness one " + one.verifier().vkey() + "\n"
                + "witness two " + two.verifier().vkey() + "\n"
                + "witness three " + three.verifier().vkey() + "\n"
                + "group all-three " + rule + " one two three\nquorum all-three\nwaymark-survives 0\n";
    }

    @Test
    void countsTheWitnessesOfAPolicyThatIsChosenOrPasted() throws Exception {
        Cosigner one = witness("one.example/w", Cosignature.Type.ED25519);
        Cosigner two = witness("two.example/w", Cosignature.Type.ED25519);
        Cosigner three = witness("three.example/pq", Cosignature.Type.ML_DSA_44);
        String key = passport.log.verifier().vkey();
        String logLine = "log " + key + "\n";
        byte[] proof = cosigned(one, two, three);

        assertEquals(List.of("pass"), check(proof, key));
        assertTrue(told().contains("0 independent witnesses are counted: the operator could rewrite this"), told());

        // Two of three, by Ed25519; the third is there and cannot be checked here.
        browser.driver.findElement(By.tagName("summary")).click();
        Path chosen = Files.writeString(folder.resolve("policy"), policy(logLine, one, two, three, "2"));
        assertEquals(List.of("pass"), afterwards(() -> browser.driver
                .findElement(By.id("policy-file"))
                .sendKeys(chosen.toAbsolutePath().toString())));
        assertTrue(told().startsWith("Witnesses: 2 of 3 cosigned, 2 are needed."), told());
        assertTrue(told().contains("Unchecked, because this page has no ML-DSA-44: three.example/pq"), told());

        // All three are needed: what is unchecked never counts.
        assertEquals(
                List.of("cannot-tell", "witnesses"), afterwards(() -> paste(policy(logLine, one, two, three, "all"))));
        assertTrue(told().contains("Not counted: three."), told());

        // A policy about another log, one that is none, and none at all again.
        String other = "log "
                + new NoteSigner("other.example/log", SigningKey.ofSeed(new byte[32]))
                        .verifier()
                        .vkey()
                + "\n";
        assertEquals(List.of("cannot-tell", "witnesses"), afterwards(() -> paste(policy(other, one, two, three, "2"))));
        assertEquals(List.of("cannot-tell"), afterwards(() -> paste("quorum")));
        assertEquals(List.of("pass"), afterwards(() -> paste("")));
    }

    @Test
    void aWrongCosignatureOfAKnownWitnessSpoilsTheProof() throws Exception {
        Cosigner one = witness("one.example/w", Cosignature.Type.ED25519);
        Cosigner two = witness("two.example/w", Cosignature.Type.ED25519);
        Cosigner three = witness("three.example/w", Cosignature.Type.ED25519);
        String key = passport.log.verifier().vkey();
        byte[] proof = cosigned(one, two);
        ProofFile file = ProofFile.parse(proof);
        // One character in the middle of the last line's base64: name and key id stay.
        String[] lines = file.checkpointNote().split("\n");
        String last = lines[lines.length - 1];
        int at = last.length() - 40;
        String wrong = last.substring(0, at) + (last.charAt(at) == 'A' ? 'B' : 'A') + last.substring(at + 1);
        byte[] altered = new ProofFile(
                        file.checkpointNote().replace(last, wrong),
                        file.objectUri(),
                        file.objectSecret(),
                        file.keys(),
                        file.steps(),
                        file.messages(),
                        file.readingsInStory(),
                        file.noLaterStep())
                .encode();
        assertEquals(List.of("pass"), check(altered, key));
        browser.driver.findElement(By.tagName("summary")).click();
        assertEquals(
                List.of("fail", "witnesses"),
                afterwards(() -> paste(policy("log " + key + "\n", one, two, three, "2"))));
    }

    /** The strict policy is sent with everything, and all that the page asks for is here. */
    @Test
    void asksNobodyElse() throws Exception {
        check(passport.proof(), passport.log.verifier().vkey());
        List<?> addresses = (List<?>)
                browser.driver.executeScript("return performance.getEntriesByType('resource').map(e => e.name)");
        String own = "http://127.0.0.1:" + server.address().getPort() + "/";
        assertTrue(addresses.size() > 5, addresses.toString());
        assertTrue(addresses.stream().allMatch(a -> a.toString().startsWith(own)), addresses.toString());
        Object blocked = browser.driver.executeAsyncScript("""
                const done = arguments[0];
                document.addEventListener('securitypolicyviolation', e => done(e.violatedDirective));
                const script = document.createElement('script');
                script.textContent = 'document.title = "injected"';
                document.body.append(script);
                """);
        assertEquals("script-src-elem", blocked);
    }

    private static String told() {
        return browser.driver.findElement(By.id("witnesses")).getText();
    }

    /** The outcome once the page has checked again. */
    private static List<?> afterwards(Runnable change) {
        browser.driver.executeScript("delete document.documentElement.dataset.checked");
        change.run();
        return checked();
    }

    private static void paste(String policy) {
        browser.driver.executeScript(
                "const p = document.getElementById('policy'); p.value = arguments[0]; p.dispatchEvent(new Event('change'));",
                policy);
    }

    /** Set -Dwaymark.screenshots=FOLDER to look at the page. */
    @AfterEach
    void screenshot(TestInfo test) throws IOException {
        String to = System.getProperty("waymark.screenshots");
        if (to != null) {
            browser.driver.manage().window().setSize(new Dimension(900, 1600));
            Files.write(
                    Files.createDirectories(Path.of(to))
                            .resolve(test.getTestMethod().orElseThrow().getName() + ".png"),
                    browser.driver.getScreenshotAs(OutputType.BYTES));
        }
    }
}
