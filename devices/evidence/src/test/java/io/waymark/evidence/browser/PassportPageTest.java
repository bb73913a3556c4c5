package io.waymark.evidence.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the script of the passport page says to somebody who only has a browser. */
class PassportPageTest {
    private static final String CHECKED_HERE = "checked in this browser by code this site sent you";

    private static Browser browser;
    private final Passport passport = new Passport(1);

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    // What one test's browser remembers must not reach the next.
    @BeforeEach
    void forget() {
        browser.forget();
        passport.serve(browser);
    }

    private static String open(boolean secure) {
        return open(secure, Passport.PATH);
    }

    private static String open(boolean secure, String path) {
        browser.driver.get(browser.url(secure, path));
        return (String) browser.driver.executeAsyncScript("""
                const done = arguments[0], root = document.documentElement;
                const look = () => root.dataset.checked ? done(root.dataset.checked) : setTimeout(look, 10);
                look();
                """);
    }

    private static String failed() {
        return (String) browser.driver.executeScript("return document.documentElement.dataset.failed ?? null");
    }

    private static String text(String selector) {
        return (String)
                browser.driver.executeScript("return document.querySelector(arguments[0])?.textContent", selector);
    }

    private static void replace(String path, byte[] from, byte[] to, byte[] content) {
        byte[] changed = content.clone();
        for (int at = 0; at + from.length <= changed.length; at++) {
            if (Arrays.equals(changed, at, at + from.length, from, 0, from.length)) {
                System.arraycopy(to, 0, changed, at, to.length);
                browser.serve(path, changed);
                return;
            }
        }
        throw new AssertionError("nothing to change");
    }

    @ParameterizedTest(name = "secure context: {0}")
    @ValueSource(booleans = {true, false})
    void checksTheWholeStoryAndSaysWhoChecked(boolean secure) {
        assertEquals("pass", open(secure));

        assertNull(failed());
        assertEquals(CHECKED_HERE, text("#checked-by"));
        List<?> groups = (List<?>)
                browser.driver.executeScript(
                        "return [...document.querySelectorAll('[data-check]')].map(e => e.dataset.check + ' ' + e.querySelector('.count').textContent)");
        assertEquals(
                List.of(
                        "checkpoint signature passed, 1 of 1",
                        "key binding passed, 2 of 2",
                        "step signature passed, 2 of 2",
                        "step content passed, 10 of 10",
                        "object in step passed, 3 of 3",
                        "label commitment passed, 1 of 1",
                        "link chain passed, 2 of 2",
                        "link inclusion passed, 2 of 2",
                        "reading signature passed, 3 of 3",
                        "reading content passed, 3 of 3",
                        "reading inclusion passed, 3 of 3",
                        "no later step passed, 1 of 1",
                        "log tiles passed, 2 of 2"),
                groups);
        boolean fallbacks = browser.asked().contains("/verify/fallback-ed25519.js");
        assertEquals(!secure, fallbacks);
    }

    @Test
    void warnsInPlainWordsAndNeverTurnsOutsideTextIntoMarkup() {
        open(true);

        String warnings = text(".warnings");
        assertTrue(warnings.contains("No independent witness"), warnings);
        assertTrue(warnings.contains("3 of 7 sensor readings"), warnings);
        assertTrue(warnings.contains("Signed by the platform for somebody"), warnings);
        assertTrue(warnings.contains("<b>hold 2</b>"), warnings);
        assertEquals(0L, browser.driver.executeScript("return document.querySelectorAll('#checks b').length"));
    }

    @Test
    void showsWhatWasExpectedAndSeenWhenAGroupIsOpened() {
        open(true);
        browser.driver.executeScript("document.querySelector('[data-check=\"link inclusion\"] details').open = true");
        browser.driver.executeAsyncScript("setTimeout(arguments[0], 100)");

        String details = text("[data-check='link inclusion']");
        assertTrue(details.contains("of " + passport.size()), details);
        assertTrue(details.contains("there"), details);
    }

    @Test
    void failsWhenASensorsSignatureWasTouched() {
        byte[] signature = passport.lastReadingSignature();
        byte[] other = signature.clone();
        other[40] ^= 1;
        replace("/crab.waymark", signature, other, passport.proof());

        assertEquals("fail", open(true));
        assertEquals("reading signature", failed());
        assertTrue(text("#checks").contains("Do not rely on this page"));
    }

    @Test
    void cannotTellWhetherAStoryEndedThatWasClosedLongAgo() {
        passport.mapHead(System.currentTimeMillis() - 25 * 60 * 60 * 1000L);
        passport.serve(browser);

        assertEquals("cannot-tell", open(true));
        assertNull(failed());
        assertTrue(text("[data-check='no later step'] .count").contains("could not be checked"));
        assertFalse(text(".warnings").contains("That no later step was recorded"));
    }

    @Test
    void tellsAsOfWhenNoLaterStepIsKnown() {
        open(true);

        assertTrue(text(".warnings").contains("by the operator’s own clock"), text(".warnings"));
    }

    @Test
    void countsTheWitnessesOfTheOperatorsListAndTakesTheirTime() {
        passport.mapHead(System.currentTimeMillis() - 30 * 86_400_000L); // by the operator's clock long ago
        passport.witnessed(System.currentTimeMillis() / 1000, 2);
        passport.serve(browser);

        assertEquals("pass", open(true));
        assertTrue(
                text("#witnesses")
                        .startsWith(
                                "2 independent witnesses have signed this state of the log, by the operator’s list"),
                text("#witnesses"));
        assertTrue(text("#witnesses").contains("one, two. 2 of 3 are asked for"), text("#witnesses"));
        assertTrue(text(".warnings").contains("by the witnesses’ clocks"), text(".warnings"));
        assertFalse(text(".warnings").contains("independent witness"), text(".warnings"));
    }

    @Test
    void saysWhenTooFewOfTheListHaveSigned() {
        passport.witnessed(System.currentTimeMillis() / 1000, 1);
        passport.serve(browser);

        assertEquals("cannot-tell", open(true));
        assertTrue(text(".warnings").contains("Only 1 of the 3 witnesses on the operator’s list"), text(".warnings"));
        assertTrue(text("[data-check='witness cosignatures'] .count").contains("could not be checked"));
    }

    @Test
    void saysThatItCannotSayWhenTheWitnessesSignedLongAgo() {
        passport.mapHead(System.currentTimeMillis());
        passport.witnessed(System.currentTimeMillis() / 1000 - 25 * 3600, 3);
        passport.serve(browser);

        assertEquals("cannot-tell", open(true));
        assertTrue(text(".warnings").contains("cannot be said"), text(".warnings"));
        assertTrue(text(".warnings").contains("older than 24 hours"), text(".warnings"));
    }

    @Test
    void aVisitorsOwnListCountsInPlaceOfTheOperators() {
        passport.witnessed(System.currentTimeMillis() / 1000, 2);
        passport.serve(browser);
        assertEquals("pass", open(true));

        assertEquals("cannot-tell", countWith(passport.policy(3, 0, 1, 2)));
        assertTrue(text(".warnings").contains("Only 2 of the 3 witnesses on your own list"), text(".warnings"));
        assertEquals("pass", countWith(passport.policy(1, 0)));
        assertTrue(text("#witnesses").startsWith("One independent witness has signed"), text("#witnesses"));
        assertTrue(text("#witnesses").contains("your own list"), text("#witnesses"));

        browser.driver.executeScript("document.getElementById('own-policy').value = 'witness <b>x</b>'");
        browser.driver.executeScript("document.querySelector('.own button').click()");
        browser.driver.executeAsyncScript("setTimeout(arguments[0], 200)");
        assertTrue(text(".own .err").startsWith("VALUE_NOT_ALLOWED"), text(".own .err"));
        assertEquals("pass", browser.driver.executeScript("return document.documentElement.dataset.checked"));

        // Not kept: the next visit counts with the operator's list again.
        assertEquals("pass", open(true));
        assertTrue(text("#witnesses").startsWith("2 independent witnesses"), text("#witnesses"));
    }

    @Test
    void failsWhenALineOfAListedWitnessWasTouched() {
        passport.witnessed(System.currentTimeMillis() / 1000, 2);
        passport.touchLastWitness();
        passport.serve(browser);

        assertEquals("fail", open(true));
        assertEquals("witness cosignatures", failed());
    }

    private static String countWith(String policy) {
        browser.driver.executeScript("document.getElementById('own-policy').value = arguments[0]", policy);
        return (String) browser.driver.executeAsyncScript("""
                const done = arguments[0], root = document.documentElement;
                new MutationObserver((changes, observer) => {
                  if (!root.dataset.checked) return;
                  observer.disconnect();
                  done(root.dataset.checked);
                }).observe(root, {attributeFilter: ['data-checked']});
                document.querySelector('.own button').click();
                """);
    }

    @Test
    void failsWhenThePageShowsAStepThatIsNotInTheProof() {
        browser.serve(Passport.PATH, passport.page().replaceFirst("data-digest=\"..", "data-digest=\"00"));

        assertEquals("fail", open(true));
        assertEquals("step content", failed());
    }

    @Test
    void failsWhenThePageShowsOtherWordsThanWereSigned() {
        browser.serve(
                Passport.PATH, passport.page().replace("a vessel in the North Sea", "a vessel in the Baltic Sea"));

        assertEquals("fail", open(true));
        assertEquals("step content", failed());
    }

    @Test
    void failsWhenThePageMarksWordsAsProvenThatTheProofWithholds() {
        browser.serve("/crab.waymark", passport.proof(key -> key != 18));

        assertEquals("fail", open(true));
        assertEquals("step content", failed());
    }

    @Test
    void failsWhenThePageNamesAnotherSigner() {
        browser.serve(Passport.PATH, passport.page().replace("\"signer\">Skagen Seafood", "\"signer\">Skagen Fisk"));

        assertEquals("fail", open(true));
        assertEquals("step content", failed());
    }

    @Test
    void doesNotPassWhenThePageLeavesASignedStepOut() {
        browser.serve(Passport.PATH, passport.page().replaceFirst("<li [^\n]*\n", ""));

        assertEquals("cannot-tell", open(true));
    }

    @Test
    void failsWhenTheProofIsOfAnotherObjectThanTheAddress() {
        String other = Passport.PATH.replace("7KQ2", "8KQ2");
        browser.serve(other, passport.page());

        assertEquals("fail", open(true, other));
        assertEquals("object in step", failed());
    }

    @Test
    void failsWhenTheServedTilesHoldAnotherHistory() {
        byte[] tile = passport.tile(0, 1, 256);
        tile[32 * (302 - 256)] ^= 1;
        browser.serve("/ledger/tile/0/001", tile);

        assertEquals("fail", open(true));
        assertEquals("log tiles", failed());
    }

    @Test
    void cannotTellWithoutTiles() {
        browser.remove("/ledger/tile/0/001");

        assertEquals("cannot-tell", open(true));
        assertNull(failed());
    }

    @Test
    void cannotTellWithoutAProofAndLeavesTheServersWord() {
        browser.remove("/crab.waymark");

        assertEquals("cannot-tell", open(true));
        assertEquals("checked by the server", text("#checked-by"));
        assertTrue(text("#checks").contains("could not be fetched"));
    }

    @Test
    void cannotTellWhenTheProofCannotBeRead() {
        browser.serve("/crab.waymark", "not a proof".getBytes(StandardCharsets.UTF_8));

        assertEquals("cannot-tell", open(true));
    }

    @Test
    void acceptsALogThatGrewAndRefusesOneThatChangedItsPast() {
        assertEquals("pass", open(true));

        passport.strangers(1, 700);
        passport.serve(browser);
        assertEquals("pass", open(true));
        assertTrue(text("[data-check='checkpoint consistency'] .count").contains("1 of 1"));

        Passport rewritten = new Passport(2);
        rewritten.strangers(2, 1000);
        rewritten.serve(browser);
        assertEquals("fail", open(true));
        assertEquals("checkpoint consistency", failed());
    }

    @Test
    void acceptsTheKeyThatTheLogHandedOverToAndStillKnowsWhatItKept() {
        assertEquals("pass", open(true));

        passport.strangers(1, 40);
        passport.handOver();
        passport.strangers(1, 30);
        passport.serve(browser);

        assertEquals("pass", open(true));
        assertTrue(text("[data-check='log key hand-over'] .count").contains("1 of 1"));
        assertTrue(text("[data-check='checkpoint consistency'] .count").contains("1 of 1"));
    }

    @Test
    void worksWhereTheBrowserKeepsNothing() {
        Map<String, Object> script = browser.driver.executeCdpCommand(
                "Page.addScriptToEvaluateOnNewDocument",
                Map.of(
                        "source",
                        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('denied', 'SecurityError'); }})"));
        try {
            assertEquals("pass", open(true));
            assertTrue(text(".warnings").contains("keeps nothing between visits"));
        } finally {
            browser.driver.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", script);
        }
    }
}
