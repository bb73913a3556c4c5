package io.waymark.evidence.command;

import io.waymark.evidence.audit.Progress;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** How far a long reading is: one line rewritten on a terminal, else a line every ten seconds. */
final class ProgressLine implements Progress {
    private static final long REWRITE_NANOS = 200_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    private final PrintStream err;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final long begun;
    private long shown;
    private boolean open;

    ProgressLine(PrintStream err, boolean terminal, LongSupplier nanos) {
        this.err = err;
        this.terminal = terminal;
        this.nanos = nanos;
        this.begun = nanos.getAsLong();
        this.shown = begun;
    }

    @Override
    public void read(long read, long at, long of) {
        long now = nanos.getAsLong();
        if (now - shown < (terminal ? REWRITE_NANOS : LINE_NANOS)) {
            return;
        }
        shown = now;
        String line = String.format(
                Locale.ROOT,
                "%d of %d entries, %.1f %%, %.0f entries/s",
                at,
                of,
                100.0 * at / of,
                read * 1e9 / (now - begun));
        if (terminal) {
            err.print("\r" + line + "\u001b[K");
            err.flush();
            open = true;
        } else {
            err.println(line);
        }
    }

    /** Nothing more is shown. */
    void close() {
        if (open) {
            err.print("\r\u001b[K");
            err.flush();
        }
    }
}
