package io.waymark.trace.tenancy;

import io.agroal.api.AgroalPoolInterceptor;
import io.quarkus.arc.Arc;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Puts the request's tenant on each connection of the default pool while it is borrowed, and takes it off on return.
 *
 * <p>Session-level on purpose: a transaction-local setting would miss statements outside a transaction. The price is that a connection
 * must be cleaned on return; acquire overwrites it as well, so a missed return cannot leak. The sequencer's and the passport's pools are
 * not tenant-bound: their roles have policies of their own.
 */
@Singleton
public class TenantOnConnection implements AgroalPoolInterceptor {
    private final Instance<Tenant> tenant;

    TenantOnConnection(Instance<Tenant> tenant) {
        this.tenant = tenant;
    }

    @Override
    public void onConnectionAcquire(Connection connection) {
        bind(
                connection,
                Arc.container().requestContext().isActive()
                        ? tenant.get().slug().orElse("")
                        : "");
    }

    @Override
    public void onConnectionReturn(Connection connection) {
        bind(connection, "");
    }

    private static void bind(Connection connection, String slug) {
        try (PreparedStatement set = connection.prepareStatement("SELECT set_config('waymark.tenant', ?, false)")) {
            set.setString(1, slug);
            set.execute();
        } catch (SQLException e) {
            throw new IllegalStateException("could not bind the connection to tenant \"" + slug + "\"", e);
        }
    }
}
