package io.waymark.evidence.command;

import io.waymark.evidence.gossip.Comparison;
import io.waymark.evidence.gossip.View;
import io.waymark.evidence.mirror.Mirror;
import java.io.PrintStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The comparisons of {@code --compare}: each peer has its own thread, so that one that hangs stops no other. */
final class Comparing {
    private static final int MOST_PEERS = 64;

    private final Map<String, Comparison> peers;
    private final long everyMillis;
    private final PrintStream out;

    private Comparing(Map<String, Comparison> peers, long everyMillis, PrintStream out) {
        this.peers = peers;
        this.everyMillis = everyMillis;
        this.out = out;
    }

    static Comparing of(Arguments arguments, View own, PrintStream out) throws CannotTellException {
        long everyMillis = arguments.everyMillis("--compare-every", "60s");
        List<String> urls = arguments.values("--compare");
        if (urls.size() > MOST_PEERS) {
            throw new CannotTellException("--compare: at most " + MOST_PEERS + " peers");
        }
        Map<String, Comparison> peers = new LinkedHashMap<>();
        for (String url : urls) {
            // Files of one place are for one thread: each peer has its own readers of them.
            List<Mirror.Source> tiles = new ArrayList<>();
            for (String place : arguments.values("--tiles")) {
                tiles.add(LogPlace.of(place)::get);
            }
            // Also the address of the checkpoint itself, as C2SP tlog-witness and tlog-tiles name it.
            String base = url.replaceFirst("/([0-9a-f]{64}/)?checkpoint$", "/");
            peers.put(url, new Comparison(url, LogPlace.of(base)::get, tiles, own, Clock.systemUTC()));
        }
        return new Comparing(peers, everyMillis, out);
    }

    void start() {
        if (peers.isEmpty()) {
            return;
        }
        ScheduledExecutorService threads = Executors.newScheduledThreadPool(peers.size(), work -> {
            Thread thread = new Thread(work, "compare");
            thread.setDaemon(true);
            return thread;
        });
        peers.forEach((url, peer) -> {
            Map<String, Comparison.State> said = new LinkedHashMap<>();
            threads.scheduleWithFixedDelay(
                    () -> {
                        peer.compare();
                        peer.standings().forEach((origin, standing) -> {
                            if (said.put(origin, standing.state()) != standing.state()) {
                                out.println("compared " + origin + " with " + url + ": " + standing.state()
                                        + (standing.detail().isEmpty()
                                                ? ""
                                                : ", " + Report.printable(standing.detail())));
                            }
                        });
                    },
                    0,
                    everyMillis,
                    TimeUnit.MILLISECONDS);
        });
    }

    String json() {
        return peers.values().stream()
                .map(Comparison::json)
                .filter(json -> !json.isEmpty())
                .collect(Collectors.joining(","));
    }
}
