/** The page at {@code /}: what Waymark is, and the way from a typed code to its passport. */
package io.waymark.web.landing;
