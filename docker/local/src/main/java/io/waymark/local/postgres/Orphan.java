package io.waymark.local.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code postmaster.pid} in a data folder tells about an earlier start. After {@code kill -9} of Waymark its postmaster lives on
 * (it leads a process group of its own); after a power cut the file is there but its process number may belong to anybody.
 */
sealed interface Orphan {
    /** No file: the last stop was clean, or there was none. */
    record None() implements Orphan {}

    /** The server of this very data folder runs. */
    record Running(long pid) implements Orphan {}

    /** The file's process is dead (a zombie counts as dead), or is not a PostgreSQL: the file may be removed. */
    record Stale(long pid) implements Orphan {}

    /** A PostgreSQL process has that number, but we cannot see that it serves this folder. Nothing is touched. */
    record Unclear(long pid) implements Orphan {}

    static Orphan in(Path dataFolder) throws IOException {
        Path file = dataFolder.resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return new None();
        }
        // Line 1 pid, 2 data folder, 3 start time, 4 port … (PostgreSQL source, src/include/utils/pidfile.h)
        List<String> lines = Files.readAllLines(file);
        long pid;
        try {
            pid = Long.parseLong(lines.get(0).strip());
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return new Stale(0); // Torn write of a crash: PostgreSQL itself treats an unreadable file the same way.
        }
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null || isZombie(pid)) {
            return new Stale(pid);
        }
        boolean namesUs = lines.size() > 1 && same(Path.of(lines.get(1).strip()), dataFolder);
        Path cwd = workingFolder(pid);
        if (cwd != null) {
            // A postmaster's working folder is its data folder: the surest sign, and one a reused process number cannot
            // have by chance.
            return same(cwd, dataFolder) ? new Running(pid) : new Stale(pid);
        }
        String command = process.info().command().orElse("");
        if (command.isEmpty()) {
            return new Unclear(pid);
        }
        if (!command.matches(".*[/\\\\]postgres(\\.exe)?")) {
            return new Stale(pid);
        }
        boolean servesUs =
                process.info().arguments().map(List::of).orElse(List.of()).contains(dataFolder.toString());
        return servesUs && namesUs ? new Running(pid) : new Unclear(pid);
    }

    private static Path workingFolder(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "cwd"));
        } catch (IOException | UnsupportedOperationException e) {
            return null; // No /proc, or a process of another user: the caller falls back to weaker signs.
        }
    }

    private static boolean isZombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("Z");
        } catch (IOException e) {
            return false; // No /proc here.
        }
    }

    private static boolean same(Path a, Path b) {
        try {
            return Files.isSameFile(a, b);
        } catch (IOException e) {
            return false; // One of them does not exist.
        }
    }
}
