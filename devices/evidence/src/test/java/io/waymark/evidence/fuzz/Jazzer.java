package io.waymark.evidence.fuzz;

import io.waymark.evidence.key.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Jazzer in a process of its own: it ends its process when it is done, and it instruments whatever that process loads. */
final class Jazzer {
    /** Seconds for one input, and MiB for the process: beyond them it is a finding. */
    private static final int SECONDS = 20;

    private static final int MEBIBYTES = 2048;

    private Jazzer() {}

    /**
     * @param exitCode 0 nothing found, 77 a finding; else it did not run
     * @param finding  the input found in hexadecimal, or what Jazzer said
     * @param corpus   every input that reached something new
     */
    record Ended(int exitCode, String finding, List<byte[]> corpus) {}

    /**
     * @param folder keeps corpus/, found/ and log.txt
     * @param brief  it takes seconds
     */
    static Ended run(
            Path folder,
            Class<?> target,
            List<String> targetArguments,
            List<byte[]> seeds,
            boolean brief,
            List<String> libFuzzer)
            throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Path found = Files.createDirectories(folder.resolve("found"));
        Path log = folder.resolve("log.txt");
        for (byte[] seed : seeds) {
            Files.write(corpus.resolve(HexFormat.of().formatHex(Sha256.of(seed), 0, 20)), seed);
        }
        for (Path old : list(found)) {
            Files.delete(old);
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx768m",
                "-XX:+UseSerialGC",
                // A run of seconds ends before the second compiler has done its work.
                brief ? "-XX:TieredStopAtLevel=1" : "-XX:+TieredCompilation",
                "-XX:+EnableDynamicAgentLoading",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.waymark.**",
                "--custom_hook_includes=io.waymark.**"));
        if (!targetArguments.isEmpty()) {
            command.add("--target_args=" + String.join(" ", targetArguments));
        }
        command.addAll(libFuzzer);
        command.addAll(List.of(
                "-timeout=" + SECONDS,
                "-rss_limit_mb=" + MEBIBYTES,
                "-artifact_prefix=" + found.toAbsolutePath() + "/",
                "--reproducer_path=" + folder.toAbsolutePath(),
                corpus.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int exitCode;
        try {
            exitCode = process.waitFor();
        } finally {
            process.destroyForcibly();
        }
        List<byte[]> inputs = new ArrayList<>();
        for (Path input : list(corpus)) {
            inputs.add(Files.readAllBytes(input));
        }
        List<Path> findings = list(found);
        String finding = findings.isEmpty()
                ? tail(Files.readString(log))
                : HexFormat.of().formatHex(Files.readAllBytes(findings.get(0)));
        return new Ended(exitCode, finding, inputs);
    }

    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - 2000));
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
