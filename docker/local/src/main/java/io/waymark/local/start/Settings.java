package io.waymark.local.start;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every run-time configuration value the four services need to find the database, the broker and one another. Handed over as system
 * properties, which win over each module's application.properties.
 */
public final class Settings {
    private final String baseUrl;
    private final String publicUrl;
    private final String mqttUrl;
    private final String operatorToken;
    private final String ingestToken;
    private final String setupToken;
    private final Map<String, String> values = new LinkedHashMap<>();

    public Settings(Home home, Passwords passwords, String jdbcUrl, int httpPort, int mqttPort, String publicUrl)
            throws CannotProceed {
        this.baseUrl = "http://127.0.0.1:" + httpPort;
        this.publicUrl = publicUrl;
        this.mqttUrl = "tcp://127.0.0.1:" + mqttPort;
        this.operatorToken = operatorToken(passwords);
        this.setupToken = passwords.typeable("setup-token");
        String ingest = passwords.secret("token.ingest");
        this.ingestToken = ingest;
        String web = passwords.secret("token.web");
        String vision = passwords.secret("token.vision");

        set("quarkus.http.port", Integer.toString(httpPort));
        set("quarkus.log.file.path", home.log("waymark.log").toString());

        set("waymark.trace.db.url", jdbcUrl);
        set("waymark.trace.db.owner-password", passwords.secret("postgres.trace_owner"));
        set("waymark.trace.db.app-password", passwords.secret("postgres.trace_app"));
        set("waymark.trace.db.ledger-password", passwords.secret("postgres.trace_ledger"));
        set("waymark.trace.db.passport-password", passwords.secret("postgres.trace_passport"));
        set("waymark.trace.log-key-file", home.keys("log.p12").toString());
        set("waymark.trace.receipt-key-file", home.keys("receipt.p12").toString());
        set("waymark.trace.master-key-file", home.keys("master.p12").toString());
        set("waymark.trace.device-root-file", home.keys("device-root.p12").toString());
        set("waymark.trace.lock-file", home.data("ledger.lock").toString());
        set("waymark.trace.publish-dir", home.data("published").toString());
        set("waymark.trace.setup-token", setupToken);
        set("waymark.trace.service-token.ingest", ingest);
        set("waymark.trace.service-token.web", web);
        set("waymark.trace.service-token.vision", vision);
        set("waymark.trace.service-token.operator", operatorToken);
        set("waymark.mqtt.device-secret", passwords.secret("mqtt.device-secret"));

        set("quarkus.datasource.vision.jdbc.url", jdbcUrl);
        set("quarkus.datasource.vision.password", passwords.secret("postgres.vision_app"));
        set("quarkus.flyway.vision.password", passwords.secret("postgres.vision_owner"));
        set("waymark.vision.blob-dir", home.data("pictures").toString());
        set("waymark.vision.master-key-file", home.keys("vision.key").toString());
        set("waymark.vision.native-cache-dir", home.file("native").toString());
        set("waymark.vision.trace-url", baseUrl);
        set("waymark.vision.trace-token", vision);
        set("waymark.vision.service-token.ingest", ingest);
        set("waymark.vision.service-token.web", web);
        set("waymark.vision.service-token.operator", operatorToken);

        set("waymark.ingest.mqtt-url", mqttUrl);
        set("waymark.ingest.mqtt-username", "ingest");
        set("waymark.ingest.mqtt-password", passwords.secret("mqtt.ingest"));
        set("waymark.ingest.trace-url", baseUrl);
        set("waymark.ingest.vision-url", baseUrl);
        set("waymark.ingest.service-token", ingest);

        set("waymark.web.trace-url", baseUrl);
        set("waymark.web.vision-url", baseUrl);
        set("waymark.web.service-token", web);
        set("waymark.web.public-url", publicUrl);
        set("waymark.web.demo", "true");
        set("waymark.trace.demo-organisations", "lofoten-line,las-marismas");
    }

    /** The token that may create organisations: the demo fleet and the operator's commands present it. */
    public static String operatorToken(Passwords passwords) throws CannotProceed {
        return passwords.secret("token.operator");
    }

    private void set(String key, String value) {
        values.put(key, value);
    }

    /** System properties by name. */
    public Map<String, String> values() {
        return values;
    }

    /** Where the services answer for one another: loopback, whatever the public address is. */
    String baseUrl() {
        return baseUrl;
    }

    /** What stands before /01/… in links people open. */
    String publicUrl() {
        return publicUrl;
    }

    String mqttUrl() {
        return mqttUrl;
    }

    String operatorToken() {
        return operatorToken;
    }

    /** What the broker presents: it and ingest are one side of the platform. */
    String ingestToken() {
        return ingestToken;
    }

    String setupToken() {
        return setupToken;
    }

    /** The placeholders of trace-service's {@code db/roles.sql}. */
    public static Map<String, String> rolePasswords(Passwords passwords) throws CannotProceed {
        return Map.of(
                "owner_password", passwords.secret("postgres.trace_owner"),
                "app_password", passwords.secret("postgres.trace_app"),
                "ledger_password", passwords.secret("postgres.trace_ledger"),
                "passport_password", passwords.secret("postgres.trace_passport"),
                "vision_owner_password", passwords.secret("postgres.vision_owner"),
                "vision_app_password", passwords.secret("postgres.vision_app"));
    }
}
