/** Logger files: real ones where they are at hand, made ones, and hostile ones. */
package io.waymark.simulator.logger;
