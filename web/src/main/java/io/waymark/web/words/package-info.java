/** The texts of all pages and how dates, durations and temperatures are said. English is the default; further languages are message files. */
package io.waymark.web.words;
