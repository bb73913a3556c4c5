package io.waymark.local;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.SigningKey;
import io.waymark.local.home.Home;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.LogKeyFiles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code waymark keys} does to the files. That the ledger then hands over is the ledger's own test. */
class KeysTest {
    @TempDir
    Path folder;

    private Home home;

    private record Ran(int exit, String err) {}

    @BeforeEach
    void stoppedInstallation() throws Exception {
        home = Home.at(folder.resolve("home")).open();
    }

    private Ran keys(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--home", home.root().toString(), "keys"));
        all.addAll(List.of(arguments));
        StringWriter err = new StringWriter();
        CommandLine line = Waymark.commandLine().setErr(new PrintWriter(err, true));
        return new Ran(line.execute(all.toArray(String[]::new)), err.toString());
    }

    @Test
    void oldKeyFilesAreConverted() throws Exception {
        SigningKey log = KeyFile.create(home.keys("log.key"));

        assertEquals(new Ran(0, ""), keys("convert"));
        assertEquals(new Ran(0, ""), keys("convert"), "again there is nothing to do");
        assertEquals(new Ran(0, ""), keys("list"));

        assertArrayEquals(
                log.secretBytes(),
                KeyFile.read(home.keys("log.p12")).orElseThrow().secretBytes());
        assertFalse(Files.exists(home.keys("log.key")));
    }

    @Test
    void theNextKeyIsTakenAwayAndBroughtBackForTheHandOver() throws Exception {
        KeyFile.create(home.keys("log.p12"));
        KeyFile next = LogKeyFiles.beside(KeyFile.at(home.keys("log.p12"))).next();
        byte[] promised = next.create().secretBytes();
        Path safe = Files.createDirectory(folder.resolve("safe"));

        assertEquals(new Ran(0, ""), keys("export-next", safe.toString()));
        assertFalse(Files.exists(next.file()));
        assertOneLine("the next key is not in ", keys("export-next", safe.toString()));
        assertOneLine("the next key is not in ", keys("hand-over"));

        assertEquals(
                new Ran(0, ""),
                keys("hand-over", "--next", safe.resolve("log-next.p12").toString()));
        assertArrayEquals(promised, next.key().orElseThrow().secretBytes());
        assertTrue(Files.exists(home.keys("log.p12.hand-over")));
    }

    @Test
    void aNewReceiptKeyIsAskedForOnceThereIsOne() throws Exception {
        assertOneLine("there is no key in ", keys("rotate-receipts"));
        KeyFile.create(home.keys("receipt.p12"));
        assertEquals(new Ran(0, ""), keys("rotate-receipts", "--stolen"));
        assertTrue(Files.readString(home.keys("receipt.p12.rotate")).endsWith(" stolen\n"));
    }

    @Test
    void whatIsWrongIsOneLine() throws Exception {
        assertOneLine(
                "is not a folder", keys("export-next", folder.resolve("nowhere").toString()));
        Files.writeString(KeyFile.at(home.keys("log.p12")).file(), "junk");
        assertOneLine("log.p12", keys("list"));
        try (Home.Lock running = home.lock()) {
            assertOneLine("already running", keys("convert"));
            assertOneLine("already running", keys("hand-over"));
        }
    }

    private static void assertOneLine(String said, Ran ran) {
        assertEquals(1, ran.exit(), ran.err());
        assertEquals(1, ran.err().lines().count(), ran.err());
        assertTrue(ran.err().startsWith("waymark: ") && ran.err().contains(said), ran.err());
    }
}
