package io.waymark.evidence.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Freshness;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JavaScript judges every shared vector as FORMAT.md §11 expects, with the browser's cryptography and with its own. */
class BrowserVectorsTest {
    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
        browser.serve("/empty.html", "<!doctype html><title>vectors</title>");
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    private static void open(boolean secure) {
        browser.driver.get(browser.url(secure, "/empty.html"));
        browser.asked();
        assertEquals(secure, browser.driver.executeScript("return crypto.subtle !== undefined"));
    }

    private static void assertEngine(boolean secure) {
        Set<String> fallbacks = Set.copyOf(browser.asked().stream()
                .filter(path -> path.startsWith("/verify/fallback-"))
                .toList());
        Set<String> all = Set.of("/verify/fallback-sha.js", "/verify/fallback-ed25519.js", "/verify/fallback-p256.js");
        assertEquals(
                secure ? Set.of() : all, fallbacks, "the fallbacks are loaded exactly where the browser has nothing");
    }

    @ParameterizedTest(name = "secure context: {0}")
    @ValueSource(booleans = {true, false})
    void judgesEveryVectorAsExpected(boolean secure) throws IOException {
        Map<String, String> vectors = vectors();
        assertFalse(vectors.isEmpty(), "there are vectors");
        open(secure);

        Object wrong = browser.driver.executeAsyncScript("""
                const [vectors, done] = arguments;
                const {judgeOf} = await import('/test/vectors.js');
                const judge = await judgeOf('/verify/');
                const wrong = [];
                for (const [name, text] of Object.entries(vectors)) {
                  const problem = await judge(name, text).catch(e => e.stack);
                  if (problem !== '') wrong.push(name + ': ' + problem);
                }
                done(wrong.join('\\n'));
                """.transform(BrowserVectorsTest::asynchronous), vectors);

        assertEquals("", wrong);
        assertEngine(secure);
    }

    @ParameterizedTest(name = "secure context: {0}")
    @ValueSource(booleans = {true, false})
    void tellsTheSameChecksAsJavaForEveryProof(boolean secure) throws Exception {
        Map<String, String> proofs = vectors();
        proofs.values().removeIf(text -> !text.contains("kind: proof\n") || text.contains("expect: unreadable\n"));
        assertFalse(proofs.isEmpty(), "there are proofs among the vectors");
        Map<String, Object> java = new TreeMap<>();
        for (Map.Entry<String, String> proof : proofs.entrySet()) {
            Map<String, String> vector = lines(proof.getValue());
            ProofFile file = ProofFile.parse(HexFormat.of().parseHex(vector.get("file")));
            Freshness freshness = vector.containsKey("now")
                    ? new Freshness(Long.parseLong(vector.get("now")), Long.parseLong(vector.get("max-age")))
                    : null;
            Policy policy = vector.containsKey("policy")
                    ? Policy.parse(new String(HexFormat.of().parseHex(vector.get("policy")), StandardCharsets.UTF_8))
                    : null;
            java.put(
                    proof.getKey(),
                    ProofVerification.verify(file, NoteVerifier.ofVkey(vector.get("log-key")), freshness, policy)
                            .stream()
                            .map(BrowserVectorsTest::told)
                            .toList());
        }
        open(secure);

        Object javaScript = browser.driver.executeAsyncScript("""
                const [proofs, done] = arguments;
                const {judgeOf} = await import('/test/vectors.js');
                const judge = await judgeOf('/verify/');
                const told = {};
                for (const [name, text] of Object.entries(proofs)) {
                  const checks = [];
                  await judge(name, text, checks);
                  told[name] = checks.map(c => [c.name, c.lookedAt, c.outcome, c.expected, c.seen]
                      .join(' | ').replace(/ \\| ([A-Z][A-Z0-9_]+)(:.*| at byte.*|$)/, ' | malformed'));
                }
                done(told);
                """.transform(BrowserVectorsTest::asynchronous), proofs);

        for (String name : proofs.keySet()) {
            assertEquals(java.get(name), ((Map<?, ?>) javaScript).get(name), name);
        }
    }

    // Of malformed bytes two readers may name different rules first: refusing them is what FORMAT.md §11 asks for.
    private static String told(Check check) {
        return String.join(
                        " | ", check.name(), check.lookedAt(), check.outcome().word(), check.expected(), check.seen())
                .replaceFirst(" \\| ([A-Z][A-Z0-9_]+)(:.*| at byte.*|$)", " | malformed");
    }

    @ParameterizedTest(name = "secure context: {0}")
    @ValueSource(booleans = {true, false})
    void followsTheOneEd25519RuleOnAllEdgeCases(boolean secure) throws IOException {
        String data = System.getProperty("waymark.data", "");
        Path vectors = Path.of(data, "ledger/ed25519-cctv/ed25519vectors.json");
        boolean there = !data.isEmpty() && Files.isRegularFile(vectors);
        if (Boolean.getBoolean("waymark.data.required")) {
            assertTrue(there, "-Dwaymark.data must hold ledger/ed25519-cctv");
        }
        assumeTrue(there, "skipped: no ledger/ed25519-cctv under -Dwaymark.data");
        browser.serve("/ed25519vectors.json", Files.readAllBytes(vectors));
        open(secure);

        Object verdicts = browser.driver.executeAsyncScript("""
                const [done] = arguments;
                const {ed25519Verdicts} = await import('/test/vectors.js');
                done(await ed25519Verdicts('/verify/', await (await fetch('/ed25519vectors.json')).json()));
                """.transform(BrowserVectorsTest::asynchronous));

        assertEquals(
                lines(Files.readString(Browser.vectors().resolve("ed25519-914.txt")))
                        .get("verdicts"),
                verdicts);
    }

    // WebDriver runs a plain function; the body may await inside this one. A rejection becomes a result that no
    // assertion expects.
    private static String asynchronous(String body) {
        return "const last = arguments[arguments.length - 1];" + "(async function () {" + body
                + "}).apply(null, arguments).catch(e => last('error: ' + e.stack));";
    }

    /** File name → content. */
    private static Map<String, String> vectors() throws IOException {
        Map<String, String> vectors = new TreeMap<>();
        try (Stream<Path> files = Files.list(Browser.vectors())) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.matches("(good|broken)-.*\\.txt")) {
                    vectors.put(name, Files.readString(file));
                }
            }
        }
        return vectors;
    }

    /** The single-valued lines of a vector. */
    private static Map<String, String> lines(String vector) {
        Map<String, String> lines = new TreeMap<>();
        for (String line : vector.split("\n")) {
            int colon = line.indexOf(": ");
            if (!line.startsWith("#") && colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return lines;
    }
}
