/**
 * The page behind a printed code: the answer, the story, the chart and map drawn on the server, and the proof file.
 * {@link io.waymark.web.passport.Passport} mirrors trace-service's JSON; the other classes only present it.
 */
package io.waymark.web.passport;
