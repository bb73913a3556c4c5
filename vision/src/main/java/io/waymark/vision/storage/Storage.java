package io.waymark.vision.storage;

import io.quarkus.runtime.Startup;
import io.waymark.vision.VisionConfig;
import io.waymark.vision.vault.MasterKey;
import io.waymark.vision.vault.Vault;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.Statement;

/** Opens the vault at start; a missing or wrong master key stops the start, with the reason. */
@ApplicationScoped
public class Storage {
    @Produces
    @Singleton
    @Startup
    Vault vault(VisionConfig config, Database database) throws IOException {
        boolean stored = Vault.used(config.blobDir())
                || database.acrossTenants(connection -> {
                    try (Statement query = connection.createStatement();
                            ResultSet row = query.executeQuery("SELECT vision.anything_stored()")) {
                        row.next();
                        return row.getBoolean(1);
                    }
                });
        return new Vault(config.blobDir(), MasterKey.at(config.masterKeyFile(), stored));
    }
}
