package io.waymark.evidence.command;

import io.waymark.evidence.log.NoteVerifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One operand and options, read strictly: what is not understood is refused, so that no misspelt option is silently ignored. */
final class Arguments {
    private final String operand;
    private final Map<String, String> options = new HashMap<>();

    Arguments(List<String> args, Set<String> withValue, Set<String> without) throws CannotTellException {
        String found = null;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (withValue.contains(arg) && i + 1 < args.size()) {
                options.put(arg, args.get(++i));
            } else if (without.contains(arg)) {
                options.put(arg, "");
            } else if (arg.startsWith("--") || found != null) {
                throw new CannotTellException("unexpected " + arg + "; see --help");
            } else {
                found = arg;
            }
        }
        if (found == null) {
            throw new CannotTellException("nothing to check was named; see --help");
        }
        this.operand = found;
    }

    String operand() {
        return operand;
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    @Nullable
    String value(String option) {
        return options.get(option);
    }

    NoteVerifier logKey() throws CannotTellException {
        String key = options.get("--log-key");
        if (key == null) {
            throw new CannotTellException("--log-key is missing; see --help");
        }
        try {
            String vkey = key.startsWith("@")
                    ? new String(read(Path.of(key.substring(1)), 4096), StandardCharsets.UTF_8)
                    : key;
            return NoteVerifier.ofVkey(vkey);
        } catch (IllegalArgumentException e) {
            throw new CannotTellException("--log-key: " + e.getMessage(), e);
        }
    }

    /** A span like 90, 90s, 15m, 24h or 7d, in milliseconds; a plain number is seconds. */
    static long millis(String option, String span) throws CannotTellException {
        if (!span.matches("[0-9]{1,9}[smhd]?")) {
            throw new CannotTellException(
                    option + " is a number of seconds, or one with s, m, h or d after it, not " + span);
        }
        char last = span.charAt(span.length() - 1);
        long seconds =
                switch (last) {
                    case 'm' -> 60;
                    case 'h' -> 3_600;
                    case 'd' -> 86_400;
                    default -> 1;
                };
        return 1000 * seconds * Long.parseLong(Character.isDigit(last) ? span : span.substring(0, span.length() - 1));
    }

    static byte[] read(Path path, int limit) throws CannotTellException {
        try (var in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new CannotTellException(path + " is larger than " + limit + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw new CannotTellException("cannot read " + path + ": " + e.getMessage(), e);
        }
    }
}
