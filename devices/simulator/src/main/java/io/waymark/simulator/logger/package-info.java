/**
 * Files of data loggers that know nothing of Waymark: read, judged, and made into signed readings once each. What the importing platform signs
 * is that it read these values in that file; what the logger itself signed is said beside it ({@link io.waymark.simulator.logger.LoggerFile}).
 */
@NullMarked
package io.waymark.simulator.logger;

import org.jspecify.annotations.NullMarked;
