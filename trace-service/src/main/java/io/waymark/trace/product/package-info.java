/** Trade items (what a GTIN stands for) and the certificates that go with them. One organisation registers a GTIN; nobody else can then. */
package io.waymark.trace.product;
