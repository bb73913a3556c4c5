package io.waymark.local.start;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.home.Port;
import io.waymark.simulator.story.StoryConfig;
import java.net.URI;

/** An installation that another process of this machine runs, as commands beside it reach it: ports and token from the home. */
public final class Running {
    private final Home home;
    private final int httpPort;
    private final int mqttPort;
    private final String operatorToken;

    private Running(Home home) throws CannotProceed {
        this.home = home;
        this.httpPort = Port.HTTP.of(home);
        this.mqttPort = Port.MQTT.of(home);
        this.operatorToken = Settings.operatorToken(new Passwords(home));
    }

    /** Fails with one line when nothing runs on this home. */
    public static Running on(Home home) throws CannotProceed {
        if (!home.exists() || !home.isLocked()) {
            throw new CannotProceed("Waymark does not run on " + home.root() + ": start it first with  waymark run");
        }
        return new Running(home);
    }

    /** For the simulator's tools: the demo fleet's folder beside the running fleet's own subfolders. */
    public StoryConfig storyConfig() {
        URI http = URI.create("http://127.0.0.1:" + httpPort);
        return new StoryConfig(
                home.data("fleet"), http, http, "tcp://127.0.0.1:" + mqttPort, null, operatorToken, 1, 0, false);
    }
}
