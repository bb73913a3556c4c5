/**
 * The commands an auditor types. They read files and a log's public addresses, print, and choose the exit code; every judgement is
 * made in the packages beside this one.
 */
@NullMarked
package io.waymark.evidence.command;

import org.jspecify.annotations.NullMarked;
