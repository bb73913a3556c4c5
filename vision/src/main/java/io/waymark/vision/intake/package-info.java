/**
 * Bytes of a stranger become a grey picture, or a refusal with a reason: limits read from the header before any decoder
 * runs, then a bounded pool with a deadline. Nothing is stored here and nothing is compared.
 */
package io.waymark.vision.intake;
