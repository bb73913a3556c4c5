/**
 * The whole, as an operator starts it and a buyer sees it: the packaged assembly as a process of its own, a real browser, real kill -9.
 * Run by {@code mvn verify -Pwhole}; needs Chromium and chromedriver.
 */
package io.waymark.local.whole;
