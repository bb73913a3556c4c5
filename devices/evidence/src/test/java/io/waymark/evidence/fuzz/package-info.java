/**
 * Every parser of outside bytes under hostile input: {@link io.waymark.evidence.fuzz.FuzzTarget} says what must hold, Jazzer and a
 * fixed number of altered vectors look for input for which it does not. Each target has a floor of coverage, so that a target that no longer
 * reaches its parser is noticed.
 */
package io.waymark.evidence.fuzz;
