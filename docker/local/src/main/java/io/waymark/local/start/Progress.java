package io.waymark.local.start;

import io.waymark.local.CannotProceed;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What happens while Waymark starts and stops, one line per step with its time: "PostgreSQL 18.6 … 2.1 s". */
public final class Progress {
    private final PrintStream out;
    private String open;

    /** @param out stdout, or stderr when stdout carries JSON */
    public Progress(PrintStream out) {
        this.out = out;
    }

    /** A step worth a line. */
    public interface Step<T> {
        T run() throws CannotProceed;
    }

    /** Runs the step; its line shows at once and is finished with the time it took, or with "failed". */
    public <T> T step(String name, Step<T> step) throws CannotProceed {
        out.print(name + " … ");
        out.flush();
        long start = System.nanoTime();
        boolean done = false;
        try {
            T result = step.run();
            done = true;
            return result;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            out.println(done ? seconds(took) : "failed");
        }
    }

    /** For a step that ends elsewhere than where it began; a line in between begins a line of its own. */
    synchronized void begin(String name) {
        open = name;
        out.print(name + " … ");
        out.flush();
    }

    /** Ends what {@link #begin} began. */
    synchronized void end(Duration took) {
        open = null;
        out.println(seconds(took));
    }

    public synchronized void line(String text) {
        if (open != null) {
            out.println();
            open = null;
        }
        out.println(text);
        out.flush();
    }

    static String seconds(Duration took) {
        return String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0);
    }
}
