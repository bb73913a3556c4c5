package io.waymark.evidence.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.PublishedLog;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mvn -Pinterop test}: a log written here, checked by Go and by Python. Skipped with a message where they are not installed. */
@Tag("interop")
class InteropTest {
    private static final int SIZE = 1500;

    @TempDir
    Path folder;

    private final NoteSigner signer = new NoteSigner("trace.example/interop", SigningKey.ofSeed(new byte[32]));

    @Test
    void goChecksNoteAndEveryInclusionProof() throws Exception {
        Assumptions.assumeTrue(works(Path.of("."), "go", "version"), "Go is not installed");
        Path sources = Path.of("src/interop/go");
        Assumptions.assumeTrue(works(sources, "go", "mod", "download"), "golang.org/x/mod cannot be fetched");
        Path log = PublishedLog.write(folder, SIZE, signer);
        String printed = run(
                sources,
                "go",
                "run",
                ".",
                log.toAbsolutePath().toString(),
                signer.verifier().vkey());
        assertTrue(printed.contains(SIZE + " inclusion proofs hold"), printed);
    }

    @Test
    void goJudgesCosignaturesAndPoliciesAsTheVectorsSay() throws Exception {
        Assumptions.assumeTrue(works(Path.of("."), "go", "version"), "Go is not installed");
        Path sources = Path.of("src/interop/go-cosignature");
        Assumptions.assumeTrue(works(sources, "go", "mod", "download"), "transparency-dev/formats cannot be fetched");
        Path vectors = Path.of("src/test/resources/vectors").toAbsolutePath();
        String printed = run(sources, "go", "run", ".", vectors.toString());
        assertTrue(printed.contains(" vectors judged the same"), printed);
    }

    @Test
    void pythonChecksNoteRootAndOurInclusionProofs() throws Exception {
        Assumptions.assumeTrue(
                works(Path.of("."), "python3", "-c", "import cryptography"), "Python's cryptography is not installed");
        Path log = PublishedLog.write(folder, SIZE, signer);
        StringBuilder proofs = new StringBuilder();
        for (int i = 0; i < SIZE; i++) {
            proofs.append(i);
            Tiles.inclusion(i, SIZE, (l, n, w) -> PublishedLog.read(log.resolve(Tiles.path(l, n, w))))
                    .path()
                    .forEach(hash -> proofs.append(' ').append(HexFormat.of().formatHex(hash)));
            proofs.append('\n');
        }
        Path file = Files.writeString(folder.resolve("proofs.txt"), proofs);
        String printed = run(
                Path.of("."),
                "python3",
                "src/interop/python/check.py",
                log.toString(),
                signer.verifier().vkey(),
                file.toString());
        assertTrue(printed.contains(SIZE + " inclusion proofs hold"), printed);
    }

    private static boolean works(Path directory, String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String run(Path directory, String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), List.of(command) + "\n" + printed);
        return printed;
    }
}
