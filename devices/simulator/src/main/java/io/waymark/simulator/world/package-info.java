/**
 * The world the fleet moves in: places with coordinates, routes over them, and the temperatures a sensor meets there.
 * Everything is a pure function of time and a seed, so a story that is stopped and started again says the same.
 */
@NullMarked
package io.waymark.simulator.world;

import org.jspecify.annotations.NullMarked;
