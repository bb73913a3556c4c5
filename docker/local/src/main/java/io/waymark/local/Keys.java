package io.waymark.local;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.local.home.Home;
import io.waymark.local.start.Terminal;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.KeyRotation;
import io.waymark.trace.ledger.LogKeyFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code waymark keys}: the files with the installation's own keys. */
@Command(
        name = "keys",
        mixinStandardHelpOptions = true,
        description = "The files with this installation's own keys: what there is, and the change of the ledger's key.",
        subcommands = {
            Keys.Ls.class,
            Keys.Convert.class,
            Keys.ExportNext.class,
            Keys.HandOver.class,
            Keys.RotateReceipts.class
        })
final class Keys {
    private static final String LOG = "log.p12";
    private static final String NEXT = "log-next.p12";
    private static final String RECEIPT = "receipt.p12";
    private static final String MASTER = "master.p12";

    @ParentCommand
    Waymark waymark;

    private Home home() throws CannotProceed {
        Home home = waymark.home();
        if (!home.exists()) {
            throw new CannotProceed(home.root() + " is not a Waymark home: there are no keys");
        }
        return home;
    }

    private static LogKeyFiles logKeys(Home home) {
        return LogKeyFiles.beside(KeyFile.at(home.keys(LOG)));
    }

    /** What is wrong with a key file is said by its own words, in one line. */
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T told(Work<T> work) throws CannotProceed {
        try {
            return work.run();
        } catch (IllegalStateException | IllegalArgumentException | UncheckedIOException | IOException e) {
            throw new CannotProceed(e.getMessage(), e);
        }
    }

    /** Shows the files. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the key files, one a line; no secrets.")
    static final class Ls implements Callable<Integer> {
        @ParentCommand
        Keys keys;

        @Override
        public Integer call() throws Exception {
            Home home = keys.home();
            Path vkey = home.keys("log.vkey");
            // The ledger's name, as witnesses and policies have it in its key.
            Optional<String> name = Files.exists(vkey)
                    ? Optional.of(told(
                            () -> NoteVerifier.ofVkey(Files.readString(vkey)).name()))
                    : Optional.empty();
            line("ledger", KeyFile.at(home.keys(LOG)), key -> vkey(name, key));
            line("ledger, next", logKeys(home).next(), key -> vkey(name, key));
            line("receipts", KeyFile.at(home.keys(RECEIPT)), Ls::base64);
            line("seals", KeyFile.at(home.keys(MASTER)), null);
            return 0;
        }

        private static String vkey(Optional<String> name, VerificationKey key) {
            return name.map(origin -> NoteVerifier.of(origin, key).vkey()).orElseGet(() -> base64(key));
        }

        private static String base64(VerificationKey key) {
            return "Ed25519 " + Base64.getEncoder().encodeToString(key.raw());
        }

        /** @param shown what to show of a signing key; null for a key that signs nothing */
        private static void line(String what, KeyFile file, Function<VerificationKey, String> shown)
                throws CannotProceed {
            Optional<KeyFile> stored = file.stored();
            if (stored.isEmpty()) {
                Terminal.out().println(what + "\t" + file.file() + "\tnot here");
                return;
            }
            String form = stored.get().isPkcs12()
                    ? "PKCS#12, passphrase in " + stored.get().passphrase()
                    : "not sealed: waymark keys convert";
            String open = shown == null
                    ? "AES-256"
                    : shown.apply(told(() -> file.key().orElseThrow()).verificationKey());
            Terminal.out().println(what + "\t" + stored.get().file() + "\t" + form + "\t" + open);
        }
    }

    /** Seals the files of before. */
    @Command(
            name = "convert",
            mixinStandardHelpOptions = true,
            description = {
                "Put the keys of an older installation (log.key, receipt.key, master.key) into PKCS#12 files with a random passphrase,",
                "and delete the old files. The keys stay the same. Waymark must be stopped."
            })
    static final class Convert implements Callable<Integer> {
        @ParentCommand
        Keys keys;

        @Override
        public Integer call() throws Exception {
            Home home = keys.home();
            try (Home.Lock held = home.lock()) {
                int converted = 0;
                for (String name : List.of(LOG, RECEIPT, MASTER)) {
                    KeyFile file = KeyFile.at(home.keys(name));
                    if (told(() -> file.convert(!name.equals(MASTER)))) {
                        Terminal.out()
                                .println(file.before().file() + " is now " + file.file() + ", its passphrase in "
                                        + file.passphrase());
                        converted++;
                    }
                }
                if (converted == 0) {
                    Terminal.out().println("Nothing to convert.");
                }
            }
            return 0;
        }
    }

    /** Takes the promised key away from the machine. */
    @Command(
            name = "export-next",
            mixinStandardHelpOptions = true,
            description = {
                "Move the ledger's next key into a folder, for instance on a medium that is kept in a safe. The ledger goes on without it;",
                "whoever breaks into this machine then does not find it. Its passphrase stays here: both are needed."
            })
    static final class ExportNext implements Callable<Integer> {
        @ParentCommand
        Keys keys;

        @Parameters(paramLabel = "DIR", description = "The folder; it must exist.")
        Path folder;

        @Override
        public Integer call() throws Exception {
            Home home = keys.home();
            if (!Files.isDirectory(folder)) {
                throw new CannotProceed(folder + " is not a folder");
            }
            try (Home.Lock held = home.lock()) {
                KeyFile next = logKeys(home).next();
                SigningKey key = told(() -> next.key()
                        .orElseThrow(() -> new IllegalStateException("the next key is not in " + next.file()
                                + ": taken away already, or Waymark has not run yet")));
                KeyFile exported = new KeyFile(folder.resolve(NEXT), next.passphrase());
                told(() -> {
                    copy(next.file(), exported.file());
                    if (!exported.key().orElseThrow().verificationKey().equals(key.verificationKey())) {
                        throw new IllegalStateException(exported.file() + " does not hold the key that was copied");
                    }
                    Files.delete(next.file());
                    return null;
                });
                Terminal.out()
                        .println("The next key is in " + exported.file() + " and no longer here. Keep "
                                + next.passphrase() + " too.");
            }
            return 0;
        }
    }

    /** Asks for the change of the ledger's key. */
    @Command(
            name = "hand-over",
            mixinStandardHelpOptions = true,
            description = {
                "Change the ledger's key to the one it has promised, at the next start: its checkpoint is then signed by both, and from there",
                "on by the new one alone. Readers, audits and mirrors of the old key follow by themselves, and witnesses that were started with",
                "--tiles and this ledger's address; other witnesses must be started with --log NEW (see: waymark keys list). Waymark must be",
                "stopped."
            })
    static final class HandOver implements Callable<Integer> {
        @ParentCommand
        Keys keys;

        @Option(names = "--next", paramLabel = "FILE", description = "The next key, where it was exported to.")
        Path from;

        @Override
        public Integer call() throws Exception {
            Home home = keys.home();
            try (Home.Lock held = home.lock()) {
                LogKeyFiles files = logKeys(home);
                told(() -> {
                    if (from != null) {
                        copy(from, files.next().file());
                    }
                    files.askToHandOver();
                    return null;
                });
                Terminal.out()
                        .println(
                                "The ledger changes its key at the next start. Delete log-before.p12 when all is well.");
            }
            return 0;
        }
    }

    /** Asks for a new key of the receipts. */
    @Command(
            name = "rotate-receipts",
            mixinStandardHelpOptions = true,
            description = {
                "Sign receipts by a new key from the next start on. The log binds the new key and revokes the old one; devices that were told where",
                "the log is learn both from it, others must be given the new key. What a device has no good receipt for it keeps and sends again.",
                "Waymark must be stopped."
            })
    static final class RotateReceipts implements Callable<Integer> {
        @ParentCommand
        Keys keys;

        @Option(names = "--stolen", description = "Somebody else has the old key, or may: the log says compromised.")
        boolean stolen;

        @Override
        public Integer call() throws Exception {
            Home home = keys.home();
            try (Home.Lock held = home.lock()) {
                told(() -> {
                    new KeyRotation(KeyFile.at(home.keys(RECEIPT))).ask(stolen);
                    return null;
                });
                Terminal.out().println("Receipts are signed by a new key from the next start on.");
            }
            return 0;
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            throw new IllegalStateException(to + " is there already");
        }
        Path aside = to.resolveSibling(to.getFileName() + ".new");
        // The copy has the permissions of the original from its first byte on.
        Files.copy(from, aside, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(aside, to, StandardCopyOption.ATOMIC_MOVE);
    }
}
