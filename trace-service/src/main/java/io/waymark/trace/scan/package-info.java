/** Scans of codes, what many scans of one code suggest, and reports of fakes. No identity of a person is asked for or kept with a scan. */
package io.waymark.trace.scan;
