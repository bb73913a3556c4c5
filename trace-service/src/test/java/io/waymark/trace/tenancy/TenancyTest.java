package io.waymark.trace.tenancy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.arc.Arc;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.waymark.trace.PostgresResource;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Row-level security as the database has it after all migrations, those of later features included. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
class TenancyTest {
    /** Tables without a tenant, each for a reason. A new one belongs here only after thinking about who may read it. */
    private static final List<String> TENANT_FREE = List.of(
            "condition_position", // how far the one log was read
            "flyway_schema_history",
            "ledger_bundle",
            "ledger_checkpoint",
            "ledger_head",
            "ledger_identity",
            "ledger_link_tag",
            "ledger_log_key",
            "ledger_map_head",
            "ledger_recovery",
            "ledger_tile",
            "lost_binding",
            "organisation", // the tenants themselves: public facts
            "setup"); // whether the one-time set-up token was used

    @Inject
    AgroalDataSource app;

    @Inject
    @DataSource("ledger")
    AgroalDataSource ledger;

    @Inject
    Tenant tenant;

    @ConfigProperty(name = "waymark.trace.db.url")
    String url;

    @BeforeEach
    void aStreamOfEachTenant() throws SQLException {
        try (Connection c = ledger.getConnection();
                Statement s = c.createStatement()) {
            for (String slug : List.of("tenant-a", "tenant-b")) {
                s.execute(
                        "INSERT INTO organisation (slug, name) VALUES ('" + slug + "', 'One') ON CONFLICT DO NOTHING");
                s.execute(
                        "INSERT INTO stream (id, tenant_id, role, secret, label, site, name, kind) VALUES (substr(sha256('"
                                + slug + "'), 1, 16), '" + slug
                                + "', 'device', sha256('x'), 'logger', 'here', 'n', 'k') ON CONFLICT DO NOTHING");
            }
        }
    }

    @Test
    void everyTableWithATenantIsUnderForcedRowLevelSecurity() throws SQLException {
        assertEquals(List.of(), strings(ledger, """
                        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                        WHERE n.nspname = 'trace' AND c.relkind IN ('r', 'p')
                          AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                                   AND EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'trace' AND p.tablename = c.relname
                                               AND p.policyname = 'of_tenant' AND 'trace_app' = ANY (p.roles)))
                        ORDER BY 1"""));
    }

    @Test
    void noPolicyLetsTheAppSeeMoreThanItsTenant() throws SQLException {
        assertEquals(List.of(), strings(ledger, """
                        SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'trace'
                        AND ('trace_app' = ANY (roles) OR 'public' = ANY (roles)) AND cmd <> 'INSERT'
                        AND (qual IS DISTINCT FROM '(tenant_id = current_setting(''waymark.tenant''::text, true))'
                             OR with_check IS DISTINCT FROM '(tenant_id = current_setting(''waymark.tenant''::text, true))')"""));
        assertEquals(
                List.of("fake_report.leave"), // anyone may leave a report with the maker it is about, and cannot read
                // it
                strings(
                        ledger,
                        "SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'trace' "
                                + "AND 'trace_app' = ANY (roles) AND cmd = 'INSERT'"));
    }

    @Test
    void theTablesWithoutATenantAreKnown() throws SQLException {
        assertEquals(TENANT_FREE, strings(ledger, """
                        SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'trace' AND c.relkind IN ('r', 'p', 'v', 'm')
                          AND NOT EXISTS (SELECT FROM pg_attribute a
                                          WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
                        ORDER BY c.relname COLLATE "C\""""));
    }

    @Test
    void theRolesOwnNothingAndBypassNothing() throws SQLException {
        assertEquals(
                List.of(),
                strings(
                        ledger,
                        "SELECT rolname FROM pg_roles WHERE rolname IN ('trace_app', 'trace_ledger', 'trace_passport') "
                                + "AND (rolsuper OR rolbypassrls OR rolcreaterole)"));
        assertEquals(
                List.of("trace_owner"),
                strings(ledger, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'trace'"));
    }

    @Test
    void theAppSeesItsTenantAndNobodyElse() throws SQLException {
        try (Connection c = as("trace_app");
                Statement s = c.createStatement()) {
            assertEquals(List.of(), strings(s, "SELECT DISTINCT tenant_id FROM stream"), "no tenant bound, no rows");
            s.execute("SELECT set_config('waymark.tenant', 'tenant-a', false)");
            assertEquals(List.of("tenant-a"), strings(s, "SELECT DISTINCT tenant_id FROM stream"));
            assertThrows(SQLException.class, () -> s.execute("SELECT secret FROM stream"));
            assertThrows(SQLException.class, () -> s.execute("SELECT * FROM ledger_head"));
        }
    }

    @Test
    void theAppCannotGetOutOfItsTenant() throws SQLException {
        for (String way : List.of(
                "SET row_security = off; SELECT id FROM stream",
                "SET ROLE trace_ledger",
                "SET ROLE trace_owner",
                "ALTER TABLE stream DISABLE ROW LEVEL SECURITY",
                "CREATE POLICY all_rows ON stream TO trace_app USING (true)",
                "DROP POLICY of_tenant ON stream",
                "CREATE TABLE trace.mine (n int)",
                "INSERT INTO location (tenant_id, id, name) VALUES ('tenant-b', 'x', 'x')",
                "UPDATE stream SET tenant_id = 'tenant-a'",
                "DELETE FROM message",
                "CALL protect('stream')")) {
            try (Connection c = as("trace_app");
                    Statement s = c.createStatement()) {
                s.execute("SELECT set_config('waymark.tenant', 'tenant-a', false)");
                assertThrows(SQLException.class, () -> s.execute(way), way);
            }
        }
    }

    @Test
    void thePassportRoleOnlyReads() throws SQLException {
        assertEquals(
                List.of(),
                strings(
                        ledger,
                        "SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants "
                                + "WHERE grantee = 'trace_passport' AND privilege_type <> 'SELECT'"));
        try (Connection c = as("trace_passport");
                Statement s = c.createStatement()) {
            assertThrows(SQLException.class, () -> s.execute("SELECT secret FROM stream"));
            assertTrue(strings(s, "SELECT tenant_id FROM stream").size() >= 2);
        }
    }

    @Test
    void aPooledConnectionNeverKeepsATenant() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                Random random = new Random(seed + t);
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 250; i++) {
                        oneRequest(random);
                    }
                    return null;
                }));
            }
            for (Future<?> f : all) {
                f.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(List.of(""), strings(app, "SELECT coalesce(current_setting('waymark.tenant', true), '')"));
    }

    private void oneRequest(Random random) throws SQLException {
        var context = Arc.container().requestContext();
        context.activate();
        try {
            String expected = "";
            if (random.nextInt(5) > 0) {
                expected = random.nextBoolean() ? "tenant-a" : "tenant-b";
                tenant.become(expected);
            }
            try (Connection c = app.getConnection();
                    Statement s = c.createStatement()) {
                assertEquals(
                        expected.isEmpty() ? List.of() : List.of(expected),
                        strings(s, "SELECT DISTINCT tenant_id FROM stream WHERE tenant_id LIKE 'tenant-_'"));
                if (random.nextInt(10) == 0) {
                    // Left in the middle of a broken transaction.
                    c.setAutoCommit(false);
                    assertThrows(SQLException.class, () -> s.execute("SELECT 1/0"));
                }
            }
        } finally {
            context.terminate();
        }
    }

    private Connection as(String role) throws SQLException {
        return DriverManager.getConnection(url, role, PostgresResource.PASSWORD);
    }

    private static List<String> strings(AgroalDataSource source, String query) throws SQLException {
        try (Connection c = source.getConnection();
                Statement s = c.createStatement()) {
            return strings(s, query);
        }
    }

    private static List<String> strings(Statement s, String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (ResultSet row = s.executeQuery(query)) {
            while (row.next()) {
                found.add(row.getString(1));
            }
        }
        return found;
    }
}
