package io.waymark.simulator.logger.table;

import io.waymark.simulator.logger.NotALoggerFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a table as texts, one after the other. */
interface Records extends Closeable {
    /** @param line in the file or sheet, from 1 */
    record Cells(long line, List<String> cells) {
        String cell(int column) {
            return column < cells.size() ? cells.get(column).strip() : "";
        }

        boolean blank() {
            return cells.stream().allMatch(String::isBlank);
        }
    }

    /** @return null at the end; a blank row is handed over like any other */
    @Nullable
    Cells next() throws IOException;

    /** A table that can be read again from its beginning. */
    interface Source {
        /** @throws NotALoggerFile when it cannot be such a table */
        Records open() throws IOException;

        /** Whether a comma in a cell may be a decimal comma: not where commas separate the cells. */
        boolean commaMayBeDecimal();

        /** For people: "CSV, UTF-8, separated by semicolons". */
        String described();
    }
}
