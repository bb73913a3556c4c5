/** A small web server for the commands that serve: bounded in threads, bytes and time. TLS is the reverse proxy's. */
@NullMarked
package io.waymark.evidence.http;

import org.jspecify.annotations.NullMarked;
