/**
 * The file a stranger checks: one object's steps and readings with their places in one checkpoint's tree, and the list of checks.
 * FORMAT.md §10.
 */
@NullMarked
package io.waymark.evidence.proof;

import org.jspecify.annotations.NullMarked;
