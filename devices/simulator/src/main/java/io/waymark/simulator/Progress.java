package io.waymark.simulator;

/** Where the fleet says what it is doing; one short line a call, from any thread. */
@FunctionalInterface
public interface Progress {
    void say(String line);
}
