/**
 * HTTP to trace-service and vision: time-outs, bounded bodies, and one exception when they cannot be reached.
 * No page logic lives here.
 */
package io.waymark.web.upstream;
