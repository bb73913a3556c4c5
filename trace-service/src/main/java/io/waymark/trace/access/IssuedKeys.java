package io.waymark.trace.access;

import io.waymark.trace.organisation.ApiKeys;
import io.waymark.trace.organisation.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** API keys of organisations: stored as SHA-256, with an expiry. */
@ApplicationScoped
class IssuedKeys implements ApiKeys {
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
}
