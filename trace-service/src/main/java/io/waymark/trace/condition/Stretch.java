package io.waymark.trace.condition;

import io.waymark.trace.condition.Episode.End;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Turns "broken now, or not" into episodes: of one rule and one sensor, by time. */
final class Stretch {
    /** An episode as it grows. */
    static final class Growing {
        private final Stretch of;
        final long from;
        final long firstIndex;
        Long to;
        End end;
        long raised = -1;
        double measure;
        long lastIndex;

        private Growing(Stretch of, long from, long index, double measure) {
            this.of = of;
            this.from = from;
            this.firstIndex = index;
            this.lastIndex = index;
            this.measure = measure;
        }

        Episode episode() {
            return new Episode(
                    of.rule.id(),
                    of.rule.kind(),
                    of.device,
                    of.sensor,
                    of.other,
                    from,
                    to,
                    end,
                    raised,
                    measure,
                    firstIndex,
                    lastIndex);
        }
    }

    private final Rule rule;
    private final String device;
    private final int sensor;
    private final String other;
    private final long neededMillis;
    private final long gapMillis;
    private final Consumer<Growing> raised;
    private Growing open;
    private Growing before;
    private long last = -1;

    /**
     * @param neededMillis how long it has to be broken
     * @param gapMillis    two tellings further apart say nothing of the time between
     * @param raised       is given an episode when it is one, and each time it has grown
     */
    Stretch(
            Rule rule,
            String device,
            int sensor,
            String other,
            long neededMillis,
            long gapMillis,
            Consumer<Growing> raised) {
        this.rule = rule;
        this.device = device;
        this.sensor = sensor;
        this.other = other;
        this.neededMillis = neededMillis;
        this.gapMillis = gapMillis;
        this.raised = raised;
    }

    boolean lasts() {
        return open != null;
    }

    double measure() {
        return open.measure;
    }

    /** Ends what lasts when the next telling would be too far away. To be asked before {@link #lasts} decides anything. */
    void bridge(long time) {
        if (open != null && time - last > gapMillis) {
            end(last, End.gap);
        }
    }

    void broken(long time, long index, double measure) {
        broken(time, time, index, measure);
    }

    /** @param from when it began, if it begins now */
    void broken(long from, long time, long index, double measure) {
        bridge(time);
        if (open == null && before != null && before.from == from) {
            // Two values of one moment that contradict each other: one beginning is one episode.
            open = before;
            open.to = null;
            open.end = null;
        } else if (open == null) {
            open = new Growing(this, from, index, measure);
            before = open;
        }
        open.measure = measure;
        open.lastIndex = index;
        raise(time);
        last = time;
    }

    void whole(long time, long index) {
        bridge(time);
        if (open != null) {
            if (neededMillis > 0) {
                raise(time);
            }
            open.lastIndex = index;
            end(time, End.over);
        }
        last = time;
    }

    /** Says nothing: what lasts goes on, and time passes. */
    void unknown(long time) {
        bridge(time);
        last = time;
    }

    void end(long time, End how) {
        if (open != null) {
            open.to = time;
            open.end = how;
            if (open.raised >= 0) {
                raised.accept(open);
            }
            open = null;
        }
    }

    private void raise(long time) {
        if (open.raised < 0 && time - open.from >= neededMillis) {
            open.raised = time;
        }
        if (open.raised >= 0) {
            raised.accept(open);
        }
    }

    /** Keeps the newest episodes, and which of them have grown since somebody asked. */
    static final class Record {
        private static final int MOST = 10_000;
        private final java.util.LinkedHashSet<Growing> all = new java.util.LinkedHashSet<>();
        private final java.util.LinkedHashSet<Growing> grown = new java.util.LinkedHashSet<>();
        long leftOut;

        void keep(Growing episode) {
            grown.add(episode);
            if (all.add(episode) && all.size() > MOST) {
                var first = all.iterator();
                first.next();
                first.remove();
                leftOut++;
            }
        }

        List<Episode> all() {
            List<Episode> list = new ArrayList<>();
            all.forEach(g -> list.add(g.episode()));
            return list;
        }

        List<Episode> grown() {
            List<Episode> list = new ArrayList<>();
            grown.forEach(g -> list.add(g.episode()));
            grown.clear();
            return list;
        }
    }
}
