package io.waymark.local.chaos;

import io.waymark.local.home.Home;
import io.waymark.local.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A drill's PostgreSQL as something to be killed. */
final class PostgresUnderTest {
    private PostgresUnderTest() {}

    /** SIGKILL to the postmaster of this home and to every process it has made, at once; back when all are gone. */
    static void kill(Home home) throws Exception {
        List<String> lines = Files.readAllLines(home.data("postgres").resolve("postmaster.pid"));
        ProcessHandle postmaster =
                ProcessHandle.of(Long.parseLong(lines.get(0).strip())).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(List.of(postmaster));
        postmaster.descendants().forEach(all::add);
        List<String> command = new ArrayList<>(List.of("kill", "-KILL"));
        all.forEach(process -> command.add(Long.toString(process.pid())));
        // A process that ended by itself meanwhile is no failure.
        new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        for (ProcessHandle process : all) {
            for (int i = 0; process.isAlive() && !zombie(process.pid()); i++) {
                if (i == 3000) {
                    throw new IllegalStateException("process " + process.pid() + " of PostgreSQL survives SIGKILL");
                }
                Thread.sleep(10);
            }
        }
        EmbeddedPostgres.endOrphan(home);
    }

    // Orphans of a container whose first process does not reap stay as zombies.
    private static boolean zombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("Z");
        } catch (IOException e) {
            return true; // gone
        }
    }
}
