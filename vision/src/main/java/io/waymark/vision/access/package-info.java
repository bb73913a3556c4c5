/**
 * Who is asking, and for which tenant. Answers only for paths below /vision, because in the one-JVM assembly the other
 * services bring their own mechanism for theirs. Nothing is authorised here: resources say which role they need.
 */
package io.waymark.vision.access;
