package io.waymark.local.start;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.time.Duration;

/** What the operator needs to know once everything runs. */
final class Banner {
    private final Home home;
    private final Settings settings;
    private final String passport;
    private final boolean setUp;
    private final DemoLogin login;

    /**
     * @param passport path of one demo item's passport, null when there is none
     * @param login    to the demo producer's console, null when there is none
     */
    Banner(Home home, Settings settings, Http http, String passport, DemoLogin login) {
        this.login = login;
        this.home = home;
        this.settings = settings;
        this.passport = passport == null ? null : settings.publicUrl() + passport;
        this.setUp = isSetUp(http);
    }

    /** Asked with a wrong token on purpose: 409 means the right one was used already, 403 that it is still waited for. */
    private static boolean isSetUp(Http http) {
        try {
            return http.postJson(
                            "/api/setup", "{\"token\":\"\",\"organisation\":\"\",\"account\":\"\",\"password\":\"\"}")
                    == 409;
        } catch (IOException e) {
            return false; // Showing a used token is harmless, hiding an unused one is not.
        }
    }

    String text(Duration took) {
        StringBuilder text = new StringBuilder("\n");
        text.append("  Waymark runs (started in ")
                .append(Progress.seconds(took))
                .append(")\n\n");
        if (passport != null) {
            text.append("  One item's passport    ").append(passport).append("\n\n");
            TerminalQr.of(passport, Terminal.isInteractive())
                    .lines()
                    .forEach(line -> text.append("    ").append(line).append('\n'));
            text.append('\n');
        }
        text.append("  Console                ").append(settings.publicUrl()).append("/console\n");
        if (login != null) {
            // Once: a terminal's scrollback and a service's journal are read by more people than a 0600 file.
            text.append("  Demo login             ")
                    .append(login.account())
                    .append(
                            login.isNew()
                                    ? "   password  " + login.password()
                                    : "   password in " + home.file("passwords"))
                    .append('\n');
        }
        if (!setUp) {
            text.append("  One-time set-up token  ")
                    .append(settings.setupToken())
                    .append("   for ")
                    .append(settings.publicUrl())
                    .append("/console/setup\n");
        }
        text.append("  Data, keys, logs       ").append(home.root()).append('\n');
        text.append("  Devices publish to     ").append(settings.mqttUrl()).append('\n');
        text.append("  Stop                   Ctrl-C\n");
        return text.toString();
    }

    String json(Duration took) {
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("ready", true);
        line.put("seconds", took.toMillis() / 1000.0);
        line.put("url", settings.publicUrl());
        line.put("passport", passport);
        line.put("console", settings.publicUrl() + "/console");
        line.put("setupToken", setUp ? null : settings.setupToken());
        line.put("demoAccount", login == null ? null : login.account());
        line.put("demoPassword", login == null || !login.isNew() ? null : login.password());
        line.put("mqtt", settings.mqttUrl());
        line.put("home", home.root().toString());
        line.put("pid", ProcessHandle.current().pid());
        return line.toString();
    }
}
