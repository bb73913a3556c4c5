/** Errors over HTTP as RFC 9457 problems: one exception to throw, and the only mappers of this service. */
package io.waymark.trace.problem;
