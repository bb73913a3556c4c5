package io.waymark.trace.access;

import io.waymark.trace.organisation.ApiKeys;
import io.waymark.trace.organisation.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** API keys of organisations: stored as SHA-256, with an expiry. */
@ApplicationScoped
class IssuedKeys implements ApiKeys {
    private static final int MOST_LISTED = 500;

    private final Period validFor;

    IssuedKeys(@ConfigProperty(name = "waymark.trace.api-key-validity", defaultValue = "P1Y") String validFor) {
        this.validFor = Period.parse(validFor);
    }

    @Override
    public String issue(Connection c, String slug, String label) throws SQLException {
        String key = Token.issue(Token.API_KEY);
        Database.run(
                c,
                "INSERT INTO trace.api_key (token_hash, tenant_id, label, role, expires_at) VALUES (?, ?, ?, 'producer', ?)",
                Token.hash(key),
                slug,
                label,
                Instant.now().atOffset(ZoneOffset.UTC).plus(validFor).toInstant());
        return key;
    }

    /** A key as its organisation's administrators see it: never the key itself. */
    public record Key(UUID id, String label, Instant createdAt, Instant expires) {}

    /** The keys of the tenant bound to the connection, oldest first. */
    List<Key> all(Connection c) throws SQLException {
        return Database.list(
                c,
                "SELECT id, label, created_at, expires_at FROM trace.api_key ORDER BY created_at, id LIMIT "
                        + MOST_LISTED,
                r -> new Key(
                        r.getObject("id", UUID.class),
                        r.getString("label"),
                        Database.instant(r, "created_at"),
                        Database.instant(r, "expires_at")));
    }

    /** Ends a key of the tenant bound to the connection; false when it has no such key. */
    boolean revoke(Connection c, UUID id) throws SQLException {
        return Database.run(c, "DELETE FROM trace.api_key WHERE id = ?", id) == 1;
    }
}
