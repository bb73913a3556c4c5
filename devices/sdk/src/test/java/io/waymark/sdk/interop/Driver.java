package io.waymark.sdk.interop;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;

/** A running {@code driver.c}: one command, one answer; what the C side asks for in between is answered by {@code secureElement}. */
final class Driver implements AutoCloseable {
    private final Process process;
    private final BufferedWriter to;
    private final BufferedReader from;

    Driver(String executable) throws IOException {
        // A leak is of no interest: the driver is one process for the whole test.
        ProcessBuilder builder = new ProcessBuilder(executable).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("ASAN_OPTIONS", "detect_leaks=0");
        process = builder.start();
        to = process.outputWriter(StandardCharsets.UTF_8);
        from = process.inputReader(StandardCharsets.UTF_8);
    }

    /** @param secureElement gets the words of a "sign" or "verify" line */
    String[] ask(List<String> lines, UnaryOperator<String[]> secureElement) throws IOException {
        for (String line : lines) {
            to.write(line);
            to.write('\n');
        }
        to.flush();
        while (true) {
            String line = from.readLine();
            if (line == null) throw new AssertionError("the driver ended, see its messages above");
            String[] words = line.split(" ");
            if (!words[0].equals("sign") && !words[0].equals("verify")) return words;
            to.write(secureElement.apply(words)[0]);
            to.write('\n');
            to.flush();
        }
    }

    String[] ask(String line) throws IOException {
        return ask(List.of(line), words -> {
            throw new AssertionError("nothing is to be signed or checked here: " + String.join(" ", words));
        });
    }

    static String hex(byte[] bytes) {
        return bytes == null || bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
    }

    static byte[] bytes(String hex) {
        return hex.equals("-") ? new byte[0] : HexFormat.of().parseHex(hex);
    }

    @Override
    public void close() throws IOException {
        to.close();
        process.destroy();
    }
}
