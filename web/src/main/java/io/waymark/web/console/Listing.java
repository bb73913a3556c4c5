package io.waymark.web.console;

import io.waymark.web.upstream.Page;
import java.util.List;

/** A page of a list as its template shows it: cells already in words. */
public record Listing(List<Row> rows, int page, boolean more) {
    /** @param href where the row leads; empty for nowhere */
    public record Row(List<String> cells, String href) {
        Row(List<String> cells) {
            this(cells, "");
        }
    }

    static Listing of(Page page, List<Row> rows) {
        return new Listing(rows, page.number(), page.more());
    }

    /** A list that is shown whole. */
    static Listing whole(List<Row> rows) {
        return new Listing(rows, 0, false);
    }

    public int next() {
        return page + 1;
    }

    public int previous() {
        return page - 1;
    }

    /** Whether the address names a page behind the list's end. */
    public boolean beyond() {
        return page > 0 && rows.isEmpty();
    }
}
