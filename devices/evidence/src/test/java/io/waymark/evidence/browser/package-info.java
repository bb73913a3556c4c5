/**
 * The browser verifier in a real browser: the shared vectors, the Ed25519 edge cases, and the script of the passport page. Needs Chromium
 * and its driver on the PATH; without them the tests are skipped, with {@code -Dwaymark.browser.required=true} they fail.
 */
package io.waymark.evidence.browser;
