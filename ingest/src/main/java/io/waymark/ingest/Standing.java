package io.waymark.ingest;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Why ingest is not doing its work, if it is not: one entry per thing it depends on. Read by the readiness check. */
public final class Standing {
    private final Map<String, String> problems = new ConcurrentHashMap<>();

    public void bad(String what, String why) {
        problems.put(what, why);
    }

    public void good(String what) {
        problems.remove(what);
    }

    /** Empty when all is well. */
    public Map<String, String> problems() {
        return new TreeMap<>(problems);
    }
}
