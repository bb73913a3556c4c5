package io.waymark.trace.recovery;

import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.command.CannotTellException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Recovery;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The recovery of a service that runs apart: with {@code waymark.trace.recover-from} set it comes before the ledger, and a refusal ends the
 * start with its reason. A setting that is left there does nothing while nothing is missing, except that the whole mirror is read.
 */
@ApplicationScoped
class RecoverAtStart {
    private static final Logger LOG = Logger.getLogger(RecoverAtStart.class);
    private static final long EVERY = 1_000_000;

    private final io.agroal.api.AgroalDataSource database;
    private final String origin;
    private final Path keyFile;
    private final Path lockFile;
    private final Optional<Path> publishTo;
    private final Optional<Path> witnessPolicy;
    private final Optional<List<String>> mirrors;
    private final Optional<String> from;

    RecoverAtStart(
            @DataSource("ledger") io.agroal.api.AgroalDataSource database,
            @ConfigProperty(name = "waymark.trace.origin") String origin,
            @ConfigProperty(name = "waymark.trace.log-key-file") Path keyFile,
            @ConfigProperty(name = "waymark.trace.lock-file") Path lockFile,
            @ConfigProperty(name = "waymark.trace.publish-dir") Optional<Path> publishTo,
            @ConfigProperty(name = "waymark.trace.witness-policy-file") Optional<Path> witnessPolicy,
            @ConfigProperty(name = "waymark.trace.mirrors") Optional<List<String>> mirrors,
            @ConfigProperty(name = "waymark.trace.recover-from") Optional<String> from) {
        this.database = database;
        this.origin = origin;
        this.keyFile = keyFile;
        this.lockFile = lockFile;
        this.publishTo = publishTo;
        this.witnessPolicy = witnessPolicy;
        this.mirrors = mirrors;
        this.from = from;
    }

    void recover(@Observes @Priority(Ledger.START - 1) StartupEvent event) {
        if (from.isEmpty()) {
            return;
        }
        Recovery recovery =
                new Recovery(database, origin, keyFile, lockFile, publishTo, witnessPolicy, mirrors.orElse(List.of()));
        try {
            RecoverFromMirror.Report report = new RecoverFromMirror(database, recovery)
                    .from(from.get(), new Recovery.Progress() {
                        private long said;

                        @Override
                        public void verified(long entries, long of) {
                            if (entries - said >= EVERY) {
                                said = entries;
                                LOG.infof("recovery: %d of %d entries of the mirror verified", entries, of);
                            }
                        }

                        @Override
                        public void stored(long entries, long of) {
                            LOG.infof("recovery: %d of %d entries stored", entries, of);
                        }
                    });
            LOG.log(
                    report.nothingMissing() ? Logger.Level.INFO : Logger.Level.WARN,
                    "recovery from " + from.get() + ": " + report.text());
        } catch (Recovery.RefusedException | CannotTellException e) {
            throw new IllegalStateException("recovery refused: " + e.getMessage(), e);
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("recovery failed, run it again: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("recovery interrupted, run it again", e);
        }
    }
}
