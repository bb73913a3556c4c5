package io.waymark.local.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.waymark.local.CannotProceed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanTest {
    @TempDir
    Path data;

    @Test
    void noFileMeansNoOrphan() throws Exception {
        assertInstanceOf(Orphan.None.class, Orphan.in(data));
    }

    @Test
    void deadProcessIsStale() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        mark(process.pid() + "\n" + data + "\n");
        assertEquals(new Orphan.Stale(process.pid()), Orphan.in(data));
    }

    /** After a restart of the machine the number may belong to anybody: here to this test's own JVM, which must not be stopped. */
    @Test
    void processThatIsNoPostgresIsStale() throws Exception {
        long me = ProcessHandle.current().pid();
        mark(me + "\n" + data + "\n");
        assertEquals(new Orphan.Stale(me), Orphan.in(data));
    }

    @Test
    void tornFileIsStale() throws Exception {
        mark("");
        assertInstanceOf(Orphan.Stale.class, Orphan.in(data));
    }

    /** A postmaster's working folder is its data folder. */
    @Test
    void processWorkingInTheFolderIsRunning() throws Exception {
        Process process =
                new ProcessBuilder("sleep", "30").directory(data.toFile()).start();
        try {
            mark(process.pid() + "\n" + data + "\n");
            assertEquals(new Orphan.Running(process.pid()), Orphan.in(data));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void placeholderWithoutValueIsRefused() {
        assertThrows(CannotProceed.class, () -> EmbeddedPostgres.filled("PASSWORD '${owner_password}'", Map.of()));
        assertThrows(CannotProceed.class, () -> EmbeddedPostgres.filled("'${a}'", Map.of("a", "x'; DROP")));
    }

    private void mark(String text) throws Exception {
        Files.writeString(data.resolve("postmaster.pid"), text);
    }
}
