package io.waymark.trace.ledger;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Keeps the database's idea of its own tables no older than their last doubling. The reason and what it costs not to are in
 * {@code V064__statistics.sql}; a table grown large is left to autovacuum, for it doubles seldom.
 */
@ApplicationScoped
public class PlannerStatistics {
    private static final Logger LOG = Logger.getLogger(PlannerStatistics.class);

    private final AgroalDataSource database;
    private final Duration every;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "planner-statistics");
        thread.setDaemon(true);
        return thread;
    });

    /** @param every how often tables are looked at; 0 = never */
    public PlannerStatistics(
            @DataSource("ledger") AgroalDataSource database,
            @ConfigProperty(name = "waymark.trace.statistics.every", defaultValue = "PT5S") Duration every) {
        this.database = database;
        this.every = every;
    }

    void start(@Observes StartupEvent event) {
        if (!every.isZero()) {
            clock.scheduleWithFixedDelay(this::round, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void close() {
        clock.shutdownNow();
    }

    private void round() {
        try {
            countGrownTables();
        } catch (SQLException e) {
            LOG.debugf(
                    "tables are counted later: %s",
                    e.getMessage()); // the health check tells of a database that is away
        } catch (RuntimeException | Error e) {
            LOG.error("counting tables", e); // the schedule goes on; a thrown exception would end it in silence
        }
    }

    /** @return how many tables had doubled since they were last counted, and are counted now */
    int countGrownTables() throws SQLException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT trace.count_grown_tables()")) {
            row.next();
            return row.getInt(1);
        }
    }
}
