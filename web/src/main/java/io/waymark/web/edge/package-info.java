/**
 * What all pages share at the border to the browser: refused paths, security headers, style sheets with their CSP hash, small files,
 * and the verifier's scripts. Pages themselves live in packages of their own.
 */
package io.waymark.web.edge;
