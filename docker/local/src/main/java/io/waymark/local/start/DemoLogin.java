package io.waymark.local.start;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Passwords;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A login that may look at the demo's producer, and no more: without one, the console of a fresh installation shows nothing of the story.
 *
 * @param isNew whether this start made it
 */
record DemoLogin(String account, String password, boolean isNew) {
    private static final Logger LOG = Logger.getLogger(DemoLogin.class.getName());
    private static final String ACCOUNT = "demo";
    private static final String PRODUCER = "lofoten-line";
    private static final int TAKEN = 409;

    /** Makes the account when it is not there; null, said in the log, when it cannot be made (the story has no producer yet). */
    static DemoLogin ensure(Http http, String operatorToken, Passwords passwords) throws CannotProceed {
        String password = passwords.typeable("account." + ACCOUNT);
        String body = new ObjectMapper()
                .createObjectNode()
                .put("account", ACCOUNT)
                .put("password", password)
                .put("role", "viewer")
                .put("organisation", PRODUCER)
                .toString();
        try {
            int status = http.ask("POST", "/api/accounts", operatorToken, body).statusCode();
            if (status / 100 == 2 || status == TAKEN) {
                return new DemoLogin(ACCOUNT, password, status != TAKEN);
            }
            LOG.warning("the demo login was not made: POST /api/accounts was answered " + status);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the demo login was not made", e);
        }
        return null;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "DemoLogin[" + account + ", new " + isNew + "]";
    }
}
