/** Pictures drawn by our own code: no two items of a story look the same, and one item looks the same from every angle it is asked for. */
@NullMarked
package io.waymark.simulator.picture;

import org.jspecify.annotations.NullMarked;
