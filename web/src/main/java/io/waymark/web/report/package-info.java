/** Reporting a suspected fake. trace-service keeps the reports; here is only the form. */
package io.waymark.web.report;
