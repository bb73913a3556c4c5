package io.waymark.simulator.logger.table;

import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a person said about a table; the rest is guessed.
 *
 * @param zone of times that do not state one
 * @param format of the time column, for dates such as 03/04/2026
 * @param columns what columns measure
 */
public record Choices(@Nullable ZoneId zone, @Nullable TimeFormat format, List<Column> columns) {
    public static final Choices NONE = new Choices(null, null, List.of());

    /** @param unit null = the quantity's only one */
    public record Column(
            String name, String quantity, @Nullable String unit) {
        /**
         * Of "NAME=QUANTITY[:UNIT]".
         *
         * @throws IllegalArgumentException when it is not that
         */
        public static Column of(String text) {
            int equals = text.lastIndexOf('=');
            if (equals < 1) throw new IllegalArgumentException("\"" + text + "\" is not NAME=QUANTITY[:UNIT]");
            String[] measure = text.substring(equals + 1).split(":", 2);
            Column column = new Column(text.substring(0, equals), measure[0], measure.length == 2 ? measure[1] : null);
            Mapping.value(0, column.quantity(), column.unit(), 0);
            return column;
        }
    }

    public Choices {
        columns = List.copyOf(columns);
    }
}
