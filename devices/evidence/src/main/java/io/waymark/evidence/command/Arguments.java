package io.waymark.evidence.command;

import io.waymark.evidence.log.InvalidPolicyException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One operand and options, read strictly: what is not understood is refused, so that no misspelt option is silently ignored. */
final class Arguments {
    private static final Pattern EVERY = Pattern.compile("([1-9][0-9]{0,5})(ms|s|m|h)");

    private final @Nullable String operand;
    private final Map<String, List<String>> options = new HashMap<>();

    Arguments(List<String> args, Set<String> withValue, Set<String> without) throws CannotTellException {
        this(args, withValue, without, true);
    }

    /** @param needsOperand false: there must be none */
    Arguments(List<String> args, Set<String> withValue, Set<String> without, boolean needsOperand)
            throws CannotTellException {
        String found = null;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (withValue.contains(arg) && i + 1 < args.size()) {
                options.computeIfAbsent(arg, a -> new ArrayList<>()).add(args.get(++i));
            } else if (without.contains(arg)) {
                options.put(arg, List.of());
            } else if (arg.startsWith("--") || found != null || !needsOperand) {
                throw new CannotTellException("unexpected " + arg + "; see --help");
            } else {
                found = arg;
            }
        }
        if (found == null && needsOperand) {
            throw new CannotTellException("nothing to check was named; see --help");
        }
        this.operand = found;
    }

    String operand() {
        if (operand == null) {
            throw new IllegalStateException("this command has no operand");
        }
        return operand;
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    /** The last one, when it was given several times. */
    @Nullable
    String value(String option) {
        List<String> values = options.getOrDefault(option, List.of());
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    /** All, in the order given. */
    List<String> values(String option) {
        return options.getOrDefault(option, List.of());
    }

    String required(String option) throws CannotTellException {
        String value = value(option);
        if (value == null) {
            throw new CannotTellException(option + " is missing; see --help");
        }
        return value;
    }

    /** {@code --listen host:port}; port 0 takes a free one. */
    InetSocketAddress listen() throws CannotTellException {
        String listen = required("--listen");
        int colon = listen.lastIndexOf(':');
        String port = listen.substring(colon + 1);
        if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new CannotTellException("--listen: HOST:PORT expected, not " + listen);
        }
        InetSocketAddress address = new InetSocketAddress(listen.substring(0, colon), Integer.parseInt(port));
        if (address.isUnresolved()) {
            throw new CannotTellException("--listen: no such host, " + listen);
        }
        return address;
    }

    NoteVerifier logKey() throws CannotTellException {
        return key("--log-key", required("--log-key"));
    }

    /** @param key a verifier key, or @FILE that holds it */
    static NoteVerifier key(String option, String key) throws CannotTellException {
        try {
            String vkey = key.startsWith("@")
                    ? new String(read(Path.of(key.substring(1)), 4096), StandardCharsets.UTF_8)
                    : key;
            return NoteVerifier.ofVkey(vkey);
        } catch (IllegalArgumentException e) {
            throw new CannotTellException(option + ": " + e.getMessage(), e);
        }
    }

    /** The policy in {@code --policy FILE}; null without it. */
    @Nullable
    Policy policy() throws CannotTellException {
        String file = value("--policy");
        if (file == null) {
            return null;
        }
        try {
            return Policy.parse(new String(read(Path.of(file), 4 * Policy.MAX_CHARS), StandardCharsets.UTF_8));
        } catch (InvalidPolicyException e) {
            throw new CannotTellException("--policy " + file + ": " + e.getMessage(), e);
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

    /** How often something is done, such as 500ms, 10s, 5m or 1h, in milliseconds. */
    long everyMillis(String option, String otherwise) throws CannotTellException {
        String every = value(option);
        Matcher matcher = EVERY.matcher(every == null ? otherwise : every);
        if (!matcher.matches()) {
            throw new CannotTellException(option + ": a number and ms, s, m or h, such as 10s");
        }
        long unit =
                switch (matcher.group(2)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    default -> 3_600_000;
                };
        return Long.parseLong(matcher.group(1)) * unit;
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
