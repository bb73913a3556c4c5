/** What is printed on labels: GS1 Digital Link addresses and their QR codes. Knows nothing about whether a code was ever issued. */
package io.waymark.web.label;
