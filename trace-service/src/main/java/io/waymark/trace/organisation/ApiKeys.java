package io.waymark.trace.organisation;

import java.sql.Connection;
import java.sql.SQLException;

/** Makes API keys. A port: keys belong to {@code access}, which builds on this package. */
public interface ApiKeys {
    /**
     * A new producer's key for the organisation, stored as its hash in the caller's transaction.
     *
     * @param label what the organisation will know the key by
     * @return the key itself; nobody can read it again
     */
    String issue(Connection c, String slug, String label) throws SQLException;
}
