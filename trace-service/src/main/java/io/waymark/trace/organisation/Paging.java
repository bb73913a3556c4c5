package io.waymark.trace.organisation;

import jakarta.ws.rs.QueryParam;

/** {@code ?page=&size=} of a list: page from 0, size 1 to 500, 100 unless told. Out-of-range numbers are brought into range. */
public class Paging {
    private static final int LARGEST = 500;
    private static final int LAST_PAGE = 1_000_000;

    @QueryParam("page")
    Integer page;

    @QueryParam("size")
    Integer size;

    /** Page number, from 0. */
    public int page() {
        return page == null ? 0 : Math.max(0, Math.min(LAST_PAGE, page));
    }

    /** Rows per page. */
    public int size() {
        return size == null ? 100 : Math.max(1, Math.min(LARGEST, size));
    }

    /** Rows before this page. */
    public long offset() {
        return (long) page() * size();
    }
}
