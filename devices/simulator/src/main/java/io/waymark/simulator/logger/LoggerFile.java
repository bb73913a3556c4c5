package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import java.io.IOException;
import java.util.List;

/** A file that was understood: whose it is, what it proves, and its rows. */
public interface LoggerFile {
    /** Takes the rows of a file, in the file's order unless the format says otherwise. */
    interface Rows {
        void row(Row row) throws IOException;

        /** A row that cannot be read or cannot be true. @param reason without the line */
        void rejected(long line, String reason) throws IOException;
    }

    /** "fridge-tag-2", "biovoice" or "table". */
    String format();

    /** The logger's identity: files with the same one are of one logger. [a-z0-9-], at most 64. */
    String logger();

    /** The logger's name for people. */
    String title();

    /** What the file itself proves, one sentence each; empty when it carries no signature. */
    List<String> proved();

    /** What nobody may conclude from it, one sentence each. */
    List<String> notProved();

    /** What else the file says that has no place in a reading, one sentence each. */
    List<String> notes();

    /** Where a value came from, for people: the column's name, or the sensor. */
    String column(Measurement measurement);

    /** The zone in which the file's local times were read; empty when the file's times need none. */
    String zone();

    /**
     * Reads the rows, streaming.
     *
     * @throws NotALoggerFile when the file cannot be read on; rows before have been handed over
     */
    void rows(Rows to) throws IOException;
}
