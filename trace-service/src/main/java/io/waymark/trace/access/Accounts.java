package io.waymark.trace.access;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * People's accounts and their login sessions. There is no default account: the first administrator comes from {@link #setUp}, which works
 * once, for whoever holds the set-up token. Names are unique over the whole installation, because a login names no organisation.
 */
@ApplicationScoped
public class Accounts {
    private static final Duration SESSION = Duration.ofHours(12);
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{1,63}");
    private static final Set<String> ROLES = Set.of(Roles.ADMINISTRATOR, Roles.PRODUCER, Roles.VIEWER);
    private static final int SHORTEST_PASSWORD = 10;
    private static final int LONGEST_PASSWORD = 200;
    private static final int MOST_LISTED = 500;

    private final Database database;
    private final LoginLimit limit;
    private final Optional<String> setupToken;

    Accounts(
            Database database,
            LoginLimit limit,
            @ConfigProperty(name = "waymark.trace.setup-token") Optional<String> setupToken) {
        this.database = database;
        this.limit = limit;
        this.setupToken = setupToken.filter(t -> !t.isBlank());
    }

    /** An account as others of its organisation see it. */
    public record Account(String account, String role, Instant createdAt) {}

    /** A session just begun; the token is shown this once. */
    public record Session(String token, Instant expires) {}

    /**
     * Creates the first organisation and its administrator, and logs in. The token is consumed in the same transaction: of two callers at
     * the same moment one gets 409. An organisation with this slug that exists already (a demonstration, a migration) is joined, not made anew.
     *
     * @param address of the caller: guesses of the token are counted like those of a password
     */
    public Session setUp(
            String token, String slug, String organisation, String account, String password, String address) {
        try (LoginLimit.Place place = limit.enter("", address)) {
            return setUp(token, slug, organisation, account, password);
        }
    }

    private Session setUp(String token, String slug, String organisation, String account, String password) {
        byte[] expected = setupToken.map(Token::hash).orElseGet(() -> Token.hash(Token.issue("")));
        boolean held = MessageDigest.isEqual(expected, Token.hash(token == null ? "" : token));
        if (!held) {
            if (database.app(c -> first(c, "SELECT used FROM trace.setup", r -> true))
                    .isPresent()) {
                throw done();
            }
            throw new Problem(
                    403,
                    "setup-token",
                    "The set-up token is wrong",
                    "the set-up token is not the one printed at the first start");
        }
        String name = checkedName(account);
        String hash = Password.hash(checkedPassword(password));
        return database.asTenant(slug, c -> {
            if (run(c, "INSERT INTO trace.setup DEFAULT VALUES ON CONFLICT DO NOTHING") == 0) {
                throw done();
            }
            run(
                    c,
                    "INSERT INTO trace.organisation (slug, name) VALUES (?, ?) ON CONFLICT (slug) DO NOTHING",
                    slug,
                    organisation);
            insert(c, slug, name, hash, Roles.ADMINISTRATOR);
            return begin(c, slug, name);
        });
    }

    /**
     * Begins a session.
     *
     * @param address of the caller
     * @throws Problem 401 for an unknown account and a wrong password alike, in the same words and time; 429 when tried too often, 503 when
     *     too many try at this moment
     */
    public Session login(String account, String password, String address) {
        String name = account == null ? "" : account.toLowerCase(Locale.ROOT);
        if (name.length() > 64 || password == null || password.length() > LONGEST_PASSWORD) {
            throw refused();
        }
        record Found(String tenant, String hash) {}
        Optional<Found> found = database.app(c -> first(
                c,
                "SELECT tenant_id, password_hash FROM trace.account_named(?)",
                r -> new Found(r.getString(1), r.getString(2)),
                name));
        boolean matches;
        try (LoginLimit.Place place = limit.enter(name, address)) {
            matches = Password.matches(password, found.map(Found::hash).orElse(Password.NOBODY));
        }
        if (found.isEmpty() || !matches) {
            throw refused();
        }
        try {
            return database.asTenant(
                    found.get().tenant(), c -> begin(c, found.get().tenant(), name));
        } catch (Database.DatabaseException e) {
            if (e.gone()) { // the account was removed while its password was hashed
                throw refused();
            }
            throw e;
        }
    }

    /** Ends the session; an API key is not ended by this. */
    public void end(byte[] tokenHash) {
        database.app(c -> first(c, "SELECT trace.end_session(?)", r -> "", (Object) tokenHash));
    }

    /** @throws Problem 409 when the name is taken, by this organisation or another */
    public Account create(String tenant, String account, String password, String role) {
        if (role == null || !ROLES.contains(role)) {
            throw Problem.malformed("role is one of administrator, producer, viewer");
        }
        String name = checkedName(account);
        String hash = Password.hash(checkedPassword(password));
        try {
            return database.asTenant(tenant, c -> {
                insert(c, tenant, name, hash, role);
                return new Account(name, role, Instant.now());
            });
        } catch (Database.DatabaseException e) {
            if (e.conflict()) {
                throw Problem.conflict("account-taken", "this account name is taken");
            }
            throw e;
        }
    }

    /**
     * Ends an account and its sessions. Its name is free again.
     *
     * @throws Problem 404 when the organisation has no such account, 409 for its last administrator
     */
    public void remove(String tenant, String account) {
        String name = account.toLowerCase(Locale.ROOT);
        database.asTenant(tenant, c -> {
            // Two administrators who remove each other at the same moment: the second waits and finds itself the last.
            first(c, "SELECT pg_advisory_xact_lock(hashtextextended('accounts of ' || ?, 0))", r -> true, tenant);
            String role = first(c, "SELECT role FROM trace.account WHERE name = ?", r -> r.getString(1), name)
                    .orElseThrow(() -> Problem.notFound("no such account in this organisation"));
            boolean othersLeft = first(
                            c,
                            "SELECT 1 FROM trace.account WHERE role = ? AND name <> ?",
                            r -> true,
                            Roles.ADMINISTRATOR,
                            name)
                    .isPresent();
            if (role.equals(Roles.ADMINISTRATOR) && !othersLeft) {
                throw Problem.conflict("last-administrator", "an organisation keeps its last administrator");
            }
            return run(c, "DELETE FROM trace.account WHERE name = ?", name);
        });
    }

    /** The organisation's accounts, by name. */
    public List<Account> all(String tenant) {
        return database.asTenant(
                tenant,
                c -> list(
                        c,
                        "SELECT name, role, created_at FROM trace.account ORDER BY name LIMIT " + MOST_LISTED,
                        r -> new Account(r.getString(1), r.getString(2), Database.instant(r, "created_at"))));
    }

    private static void insert(Connection c, String tenant, String name, String hash, String role) throws SQLException {
        run(
                c,
                "INSERT INTO trace.account (name, tenant_id, password_hash, role) VALUES (?, ?, ?, ?)",
                name,
                tenant,
                hash,
                role);
    }

    private static Session begin(Connection c, String tenant, String name) throws SQLException {
        run(c, "DELETE FROM trace.login_session WHERE expires_at < now()");
        String token = Token.issue(Token.SESSION);
        Instant expires = Instant.now().plus(SESSION);
        run(
                c,
                "INSERT INTO trace.login_session (token_hash, tenant_id, account, expires_at) VALUES (?, ?, ?, ?)",
                Token.hash(token),
                tenant,
                name,
                expires);
        return new Session(token, expires);
    }

    private static String checkedName(String account) {
        String name = account == null ? "" : account.toLowerCase(Locale.ROOT);
        if (!NAME.matcher(name).matches()) {
            throw Problem.malformed("account is 2 to 64 of a-z 0-9 . _ @ - and begins with a letter or digit");
        }
        return name;
    }

    private static String checkedPassword(String password) {
        if (password == null
                || password.length() < SHORTEST_PASSWORD
                || password.getBytes(StandardCharsets.UTF_8).length > LONGEST_PASSWORD) {
            throw Problem.malformed("password is " + SHORTEST_PASSWORD + " to " + LONGEST_PASSWORD + " characters");
        }
        return password;
    }

    private static Problem refused() {
        return new Problem(401, "login-refused", "Login refused", "account or password is wrong");
    }

    private static Problem done() {
        return Problem.conflict("setup-done", "this installation has been set up");
    }
}
