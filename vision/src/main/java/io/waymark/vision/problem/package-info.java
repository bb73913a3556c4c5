/**
 * Refusals as application/problem+json. Every refusal of this service is a {@link io.waymark.vision.problem.VisionProblem};
 * what went wrong inside (a lost database, a full disk) stays an ordinary exception and a 500.
 */
package io.waymark.vision.problem;
