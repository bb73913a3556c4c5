package io.waymark.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.start.Running;
import io.waymark.local.start.Terminal;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code waymark account}: people's logins to the console of the running installation, for any organisation in it. */
@Command(
        name = "account",
        mixinStandardHelpOptions = true,
        description = "Add, list and remove people's logins to the console of the running installation.",
        subcommands = {Account.Add.class, Account.Ls.class, Account.Remove.class})
final class Account {
    @ParentCommand
    Waymark waymark;

    private Running running() throws CannotProceed {
        return Running.on(waymark.home());
    }

    /** Makes a login. */
    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Add a login. The password, at least 10 characters, is asked for without showing it, or read as the first line of stdin;",
                "never taken as an argument, where every process of this machine could read it."
            })
    static final class Add implements Callable<Integer> {
        @ParentCommand
        Account account;

        @Parameters(paramLabel = "NAME", description = "2 to 64 of a-z 0-9 . _ @ -, unique in this installation.")
        String name;

        @Option(
                names = "--organisation",
                required = true,
                paramLabel = "ORG",
                description = "Short name or full name of the organisation it belongs to.")
        String organisation;

        @Option(
                names = "--role",
                required = true,
                paramLabel = "ROLE",
                description = "viewer (looks), producer (products, batches, devices) or administrator (also accounts).")
        String role;

        @Option(names = "--password-stdin", description = "Read the password from stdin instead of asking for it.")
        boolean passwordStdin;

        @Override
        public Integer call() throws Exception {
            Running running = account.running();
            String slug = slug(running, organisation);
            String password = passwordStdin ? firstLine() : asked();
            ObjectNode body = new ObjectMapper()
                    .createObjectNode()
                    .put("account", name)
                    .put("password", password)
                    .put("role", role)
                    .put("organisation", slug);
            JsonNode made = running.ask("POST", "/api/accounts", body);
            Terminal.out()
                    .println(made.path("account").asText() + " is "
                            + made.path("role").asText() + " of " + slug + "; log in at " + running.consoleUrl());
            return 0;
        }

        private static String firstLine() throws IOException, CannotProceed {
            String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            if (line == null || line.isEmpty()) {
                throw new CannotProceed("stdin holds no password: its first line is taken");
            }
            return line;
        }

        private static String asked() throws CannotProceed {
            Console console = System.console();
            if (console == null) {
                throw new CannotProceed(
                        "there is no terminal to ask for the password on: add --password-stdin and write it to stdin");
            }
            char[] once = console.readPassword("Password (at least 10 characters): ");
            char[] again = console.readPassword("Once more: ");
            if (once == null || again == null || !Arrays.equals(once, again)) {
                throw new CannotProceed("the two passwords differ: nothing was added");
            }
            return new String(once);
        }
    }

    /** Shows the logins. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the logins, one a line.")
    static final class Ls implements Callable<Integer> {
        @ParentCommand
        Account account;

        @Option(names = "--organisation", paramLabel = "ORG", description = "Only those of this organisation.")
        String organisation;

        @Option(names = "--json", description = "Print JSON, one login a line.")
        boolean json;

        @Override
        public Integer call() throws Exception {
            Running running = account.running();
            List<String> slugs =
                    organisation == null ? slugs(running, any -> true) : List.of(slug(running, organisation));
            for (String slug : slugs) {
                for (JsonNode one : running.ask("GET", "/api/accounts?organisation=" + slug, null)) {
                    ObjectNode login = ((ObjectNode) one).put("organisation", slug);
                    Terminal.out()
                            .println(
                                    json
                                            ? login.toString()
                                            : String.format(
                                                    "%-24s %-14s %s",
                                                    one.path("account").asText(),
                                                    one.path("role").asText(),
                                                    slug));
                }
            }
            return 0;
        }
    }

    /** Ends a login. */
    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Remove a login and end its sessions. What it did stays in the ledger.")
    static final class Remove implements Callable<Integer> {
        @ParentCommand
        Account account;

        @Parameters(paramLabel = "NAME", description = "The login's name.")
        String name;

        @Override
        public Integer call() throws Exception {
            Running running = account.running();
            // A name is unique in the installation, but accounts are asked for by organisation.
            for (String slug : slugs(running, any -> true)) {
                for (JsonNode one : running.ask("GET", "/api/accounts?organisation=" + slug, null)) {
                    if (one.path("account").asText().equals(name.toLowerCase(Locale.ROOT))) {
                        running.ask(
                                "DELETE",
                                "/api/accounts/" + one.path("account").asText() + "?organisation=" + slug,
                                null);
                        Terminal.out().println(one.path("account").asText() + " of " + slug + " was removed");
                        return 0;
                    }
                }
            }
            throw new CannotProceed("no login is called \"" + name + "\"");
        }
    }

    /** The short name of the organisation called so, by its short or its full name. */
    static String slug(Running running, String organisation) throws CannotProceed {
        List<String> found = slugs(
                running,
                one -> one.path("slug").asText().equals(organisation)
                        || one.path("name").asText().equalsIgnoreCase(organisation));
        if (found.isEmpty()) {
            throw new CannotProceed("no organisation is called \"" + organisation + "\"");
        }
        if (found.size() > 1 && !found.contains(organisation)) {
            throw new CannotProceed(
                    "\"" + organisation + "\" is the name of several: give one of " + String.join(", ", found));
        }
        return found.contains(organisation) ? organisation : found.get(0);
    }

    private static List<String> slugs(Running running, Predicate<JsonNode> wanted) throws CannotProceed {
        int most = 100;
        List<String> slugs = new ArrayList<>();
        for (int page = 0; ; page++) {
            JsonNode organisations = running.ask("GET", "/api/organisations?size=" + most + "&page=" + page, null);
            for (JsonNode one : organisations) {
                if (wanted.test(one)) {
                    slugs.add(one.path("slug").asText());
                }
            }
            if (organisations.size() < most) {
                return slugs;
            }
        }
    }
}
