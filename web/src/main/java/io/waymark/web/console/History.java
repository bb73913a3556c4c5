package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.web.words.Said;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a device sent, gathered from as many of trace-service's pages as it takes, each within the time-out of one call.
 *
 * @param newest       the newest messages, newest first, as trace-service tells them: at most one of its pages
 * @param temperatures by sensor: [epoch ms, °C] of every sample, those of series included
 * @param messages     how many were read
 * @param oldest       time of the last one read
 * @param cut          whether there are older ones that were not read
 */
record History(
        List<JsonNode> newest,
        Map<Integer, List<List<Double>>> temperatures,
        int messages,
        JsonNode oldest,
        boolean cut) {
    /** The most messages that are read for one page. */
    static final int MOST = 20_000;

    /** The most samples; a message may hold thousands. */
    private static final int MOST_SAMPLES = 400_000;

    private static final int PAGE = 500;

    /** @throws NothingToShow when trace-service does not know the device */
    static History of(Desk desk, String id, long before, int most) {
        List<JsonNode> newest = List.of();
        Map<Integer, List<List<Double>>> temperatures = new TreeMap<>();
        JsonNode oldest = null;
        int messages = 0;
        int samples = 0;
        long end = before;
        long start = System.nanoTime();
        while (true) {
            int size = Math.min(PAGE, most - messages);
            JsonNode page = desk.read(
                    "/devices/" + id + "/readings?limit=" + size + (end == Long.MAX_VALUE ? "" : "&before=" + end));
            if (messages == 0) {
                newest = new ArrayList<>();
                page.forEach(newest::add);
            }
            for (JsonNode message : page) {
                samples += gather(message, temperatures);
                oldest = message.path("time");
            }
            messages += page.size();
            long last = page.size() == 0
                    ? 0
                    : page.get(page.size() - 1).path("index").asLong();
            boolean done = page.size() < size || last <= 0 || last >= end;
            boolean enough = messages >= most
                    || samples >= MOST_SAMPLES
                    || System.nanoTime() - start > desk.patience().toNanos();
            if (done || enough) {
                boolean cut = !done
                        && desk.read("/devices/" + id + "/readings?limit=1&before=" + last)
                                        .size()
                                > 0;
                return new History(newest, temperatures, messages, oldest, cut);
            }
            end = last;
        }
    }

    private static int gather(JsonNode message, Map<Integer, List<List<Double>>> temperatures) {
        Instant time = Said.instant(message.path("time")).orElse(null);
        if (time == null) {
            return 0;
        }
        int samples = 0;
        for (JsonNode m : message.path("measurements")) {
            if (m.path("quantity").asInt() == Quantity.TEMPERATURE) {
                add(temperatures, m, time.toEpochMilli(), m.path("value").asLong());
                samples++;
            }
        }
        for (JsonNode s : message.path("series")) {
            if (s.path("quantity").asInt() == Quantity.TEMPERATURE) {
                long at = time.toEpochMilli() - 1000 * s.path("offsetSeconds").asLong();
                for (JsonNode value : s.path("values")) {
                    add(temperatures, s, at, value.asLong());
                    at += 1000 * s.path("stepSeconds").asLong();
                    samples++;
                }
            }
        }
        return samples;
    }

    private static void add(Map<Integer, List<List<Double>>> temperatures, JsonNode measured, long at, long value) {
        double celsius =
                Quantity.value(value, measured.path("exponent").asInt()).doubleValue();
        temperatures
                .computeIfAbsent(measured.path("sensor").asInt(), sensor -> new ArrayList<>())
                .add(List.of((double) at, celsius));
    }
}
