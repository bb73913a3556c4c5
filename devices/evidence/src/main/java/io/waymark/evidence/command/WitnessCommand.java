package io.waymark.evidence.command;

import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.gossip.View;
import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.witness.Witness;
import io.waymark.evidence.witness.WitnessServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code witness}: runs one until the process is told to stop. {@code witness export-fraud}: takes the evidence out. */
public final class WitnessCommand {
    // An Ed25519 vkey ends with the base64 of 33 bytes, which has 44 characters and no padding: what follows '=' is
    // the origin.
    private static final Pattern LOG = Pattern.compile("([^+]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}|@[^=]+)(?:=(.+))?");

    private final PrintStream out;

    public WitnessCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code; a witness that runs never returns */
    public int run(List<String> args) throws CannotTellException {
        if (!args.isEmpty() && args.get(0).equals("export-fraud")) {
            return exportFraud(args.subList(1, args.size()));
        }
        Arguments arguments = new Arguments(
                args,
                Set.of("--name", "--folder", "--listen", "--log", "--compare", "--compare-every", "--tiles"),
                Set.of("--ml-dsa"),
                false);
        String name = arguments.required("--name");
        Path folder = Path.of(arguments.required("--folder"));
        InetSocketAddress address = arguments.listen();
        Map<String, List<NoteVerifier>> logs = logs(arguments.values("--log"));
        if (logs.isEmpty()) {
            throw new CannotTellException("--log is missing; see --help");
        }
        try {
            Witness witness = Witness.open(folder, name, logs, arguments.has("--ml-dsa"), Clock.systemUTC());
            Comparing comparing = Comparing.of(arguments, new Memory(witness), out);
            Following.start(witness, arguments.values("--tiles"), out);
            BoundedServer server = WitnessServer.start(witness, address, comparing::json);
            witness.vkeys().forEach(vkey -> out.println("vkey " + vkey));
            logs.keySet().forEach(origin -> out.println("log " + origin));
            comparing.start();
            Running.untilStopped(out, server, witness);
            return 0;
        } catch (IOException | IllegalArgumentException e) {
            throw new CannotTellException("the witness does not start: " + e.getMessage(), e);
        }
    }

    /** What it cosigned, as others compare with it. */
    private record Memory(Witness witness) implements View {
        @Override
        public Map<String, List<NoteVerifier>> logs() {
            return witness.logs();
        }

        @Override
        public Optional<VerifiedCheckpoint> latest(String origin) {
            return witness.latest(origin);
        }

        @Override
        public Optional<Mirror.Source> files(String origin) {
            return Optional.empty();
        }

        @Override
        public void contradiction(FraudProof proof, VerifiedCheckpoint seen) throws IOException {
            witness.contradiction(proof, seen);
        }

        @Override
        public OwnedFolder folder() {
            return witness.folder();
        }
    }

    private static Map<String, List<NoteVerifier>> logs(List<String> given) throws CannotTellException {
        Map<String, List<NoteVerifier>> logs = new LinkedHashMap<>();
        for (String log : given) {
            Matcher parts = LOG.matcher(log);
            if (!parts.matches()) {
                throw new CannotTellException("--log: a verifier key, or @FILE, then perhaps =ORIGIN");
            }
            NoteVerifier key = Arguments.key("--log", parts.group(1));
            String origin = parts.group(2) == null ? key.name() : parts.group(2);
            logs.computeIfAbsent(origin, o -> new ArrayList<>()).add(key);
        }
        return logs;
    }

    private int exportFraud(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(args, Set.of("--folder", "--to"), Set.of(), false);
        Path from = Path.of(arguments.required("--folder")).resolve("fraud");
        Path to = Path.of(arguments.required("--to"));
        try {
            List<Path> files = List.of();
            if (Files.isDirectory(from)) {
                try (Stream<Path> listed = Files.list(from)) {
                    files = listed.filter(file -> file.toString().endsWith(FraudProof.EXTENSION))
                            .sorted()
                            .toList();
                }
            }
            Files.createDirectories(to);
            for (Path file : files) {
                Path copy = to.resolve(file.getFileName());
                if (!Files.exists(copy)) {
                    Files.copy(file, copy);
                }
                out.println(copy);
            }
            return files.isEmpty() ? 1 : 0;
        } catch (IOException e) {
            throw new CannotTellException("cannot export: " + e, e);
        }
    }
}
