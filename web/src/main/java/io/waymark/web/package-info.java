/**
 * What a browser sees: the passport behind a printed code, the photo check, reports of fakes, and the console of an organisation.
 * Holds no data. Everything is asked of trace-service and vision over HTTP; one package per page, {@code edge} for what all pages share.
 */
package io.waymark.web;
