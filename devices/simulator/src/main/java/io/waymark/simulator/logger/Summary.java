package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a pass over a file's rows found, compared with what was imported of its logger before. Nothing is sent by it. */
public final class Summary implements LoggerFile.Rows {
    /** Rejected rows kept with their reason; the others are counted. */
    public static final int MOST_REASONS = 20;

    static final int MOST_ROWS = 5_000_000;
    private static final long EARLIEST =
            315_532_800_000L; // 1980: before every logger, after every clock that was never set
    private static final long LATEST_AHEAD = 86_400_000L;

    /** One column. Values in the ledger's unit. */
    public static final class Column {
        private final String name;
        private final Measurement first;
        private long count;
        private BigDecimal min;
        private BigDecimal max;
        private BigDecimal sum = BigDecimal.ZERO;

        private Column(String name, Measurement first) {
            this.name = name;
            this.first = first;
            this.min = value(first);
            this.max = min;
        }

        private void add(Measurement measurement) {
            BigDecimal value = value(measurement);
            count++;
            min = min.min(value);
            max = max.max(value);
            sum = sum.add(value);
        }

        public String name() {
            return name;
        }

        /** {@link Measurement#quantity()}. */
        public int quantity() {
            return first.quantity();
        }

        public int sensor() {
            return first.sensor();
        }

        public long count() {
            return count;
        }

        public BigDecimal min() {
            return min;
        }

        public BigDecimal max() {
            return max;
        }

        /** Rounded to three decimals. */
        public BigDecimal mean() {
            return sum.divide(BigDecimal.valueOf(count), 3, RoundingMode.HALF_EVEN);
        }

        private static BigDecimal value(Measurement m) {
            return BigDecimal.valueOf(m.value(), -m.exponent());
        }
    }

    /** A row that is left out. */
    public record Rejected(long line, String reason) {}

    private final LoggerFile file;
    private final SeenRows earlier;
    private final SeenRows here = new SeenRows();
    private final long latest;
    private final Map<Integer, Column> columns = new LinkedHashMap<>();
    private final List<Rejected> reasons = new ArrayList<>();
    private long read;
    private long rejected;
    private long repeated;
    private long known;
    private long fresh;
    private long first = Long.MAX_VALUE;
    private long last = Long.MIN_VALUE;

    /** @param earlier rows imported before */
    Summary(LoggerFile file, SeenRows earlier, long nowMillis) {
        this.file = file;
        this.earlier = earlier;
        this.latest = nowMillis + LATEST_AHEAD;
    }

    @Override
    public void row(Row row) throws IOException {
        count();
        String reason = impossible(row);
        if (reason == null && earlier.look(row) == SeenRows.Kind.CONTRADICTING)
            reason = "at " + Instant.ofEpochMilli(row.timeMillis())
                    + " an earlier file of this logger has other values than " + said(row);
        if (reason == null) {
            SeenRows.Kind kind = here.add(row);
            if (kind == SeenRows.Kind.CONTRADICTING)
                reason = "at " + Instant.ofEpochMilli(row.timeMillis()) + " a row above has other values than "
                        + said(row);
            if (kind == SeenRows.Kind.REPEATED) {
                repeated++;
                return;
            }
        }
        if (reason != null) {
            reject(row.line(), reason);
            return;
        }
        if (earlier.look(row) == SeenRows.Kind.REPEATED) known++;
        else fresh++;
        first = Math.min(first, row.timeMillis());
        last = Math.max(last, row.timeMillis());
        for (Measurement m : row.measurements()) {
            columns.computeIfAbsent(m.quantity() << 16 | m.sensor(), k -> new Column(file.column(m), m))
                    .add(m);
        }
    }

    @Override
    public void rejected(long line, String reason) throws IOException {
        count();
        reject(line, reason);
    }

    private void count() throws NotALoggerFile {
        if (++read > MOST_ROWS) throw new NotALoggerFile("more than " + MOST_ROWS + " rows: split the file");
    }

    private void reject(long line, String reason) {
        rejected++;
        if (reasons.size() < MOST_REASONS) reasons.add(new Rejected(line, reason));
    }

    private @org.jspecify.annotations.Nullable String impossible(Row row) {
        if (row.timeMillis() >= EARLIEST && row.timeMillis() <= latest) return null;
        return Instant.ofEpochMilli(row.timeMillis()) + " is not between 1980 and tomorrow";
    }

    private static String said(Row row) {
        return String.join(
                ", ", row.measurements().stream().map(Quantities::said).toList());
    }

    /** Rows of the file, rejected ones too. */
    public long read() {
        return read;
    }

    public long rejected() {
        return rejected;
    }

    /** The first {@link #MOST_REASONS}. */
    public List<Rejected> reasons() {
        return List.copyOf(reasons);
    }

    /** Rows that say again what a row above says. */
    public long repeated() {
        return repeated;
    }

    /** Rows that an earlier import has. */
    public long known() {
        return known;
    }

    /** Rows that no earlier import has. */
    public long fresh() {
        return fresh;
    }

    /** Different rows that are not rejected. */
    public long samples() {
        return known + fresh;
    }

    /** @throws IllegalStateException when there are no {@link #samples} */
    public Instant first() {
        return moment(first);
    }

    /** @throws IllegalStateException when there are no {@link #samples} */
    public Instant last() {
        return moment(last);
    }

    private Instant moment(long millis) {
        if (samples() == 0) throw new IllegalStateException("no row");
        return Instant.ofEpochMilli(millis);
    }

    public Collection<Column> columns() {
        return List.copyOf(columns.values());
    }
}
