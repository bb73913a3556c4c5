package io.waymark.simulator.story;

import java.net.URI;
import java.nio.file.Path;

/**
 * Where a story lives and whom it talks to.
 *
 * @param folder keys, outboxes and progress of the fleet; owner-only
 * @param traceUrl base URL of trace-service
 * @param visionUrl base URL of vision
 * @param mqttUrl {@code tcp://host:port} or {@code ssl://host:port}
 * @param mqttCaFile PEM of the broker's CA, or null for tcp or a publicly trusted broker
 * @param operatorToken service token that may create the story's organisations
 * @param itemsPerLot items of each of the four lots, 1–10,000
 * @param speed 0: everything that already happened is told at once and the rest in real time; N ≥ 1: the six days pass N times faster
 * @param live whether to go on with the shops' and plants' sensors after the last act
 */
public record StoryConfig(
        Path folder,
        URI traceUrl,
        URI visionUrl,
        String mqttUrl,
        Path mqttCaFile,
        String operatorToken,
        int itemsPerLot,
        double speed,
        boolean live) {
    public StoryConfig {
        if (itemsPerLot < 1 || itemsPerLot > 10_000) {
            throw new IllegalArgumentException("items per lot must be 1–10000, not " + itemsPerLot);
        }
        if (!(speed == 0 || speed >= 1))
            throw new IllegalArgumentException("speed must be 0 or at least 1, not " + speed);
    }

    @Override
    public String toString() {
        return "StoryConfig[" + folder + ", " + traceUrl + ", " + mqttUrl + ", items " + itemsPerLot + ", speed "
                + speed + "]";
    }
}
