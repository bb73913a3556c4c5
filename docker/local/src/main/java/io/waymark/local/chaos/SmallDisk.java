package io.waymark.local.chaos;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system in memory (tmpfs) at a folder, which can be made full. Takes the right to mount. */
final class SmallDisk implements AutoCloseable {
    private static final long ROOMY = 512L << 20;

    private final Path at;

    /** @param at made if need be; what is in it is hidden until this is closed */
    SmallDisk(Path at) throws IOException, InterruptedException {
        this.at = at;
        Files.createDirectories(at);
        JavaProcesses.run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + ROOMY, "waymark-chaos", at.toString());
    }

    /** Leaves no room for one more page. */
    void fill() throws IOException, InterruptedException {
        FileStore store = Files.getFileStore(at);
        // What is written meanwhile makes the size that was read too small, and that is refused.
        for (int tries = 0; ; tries++) {
            try {
                resize(store.getTotalSpace() - store.getUnallocatedSpace());
                return;
            } catch (IOException e) {
                if (tries == 50) {
                    throw e;
                }
            }
        }
    }

    void makeRoom() throws IOException, InterruptedException {
        resize(ROOMY);
    }

    private void resize(long bytes) throws IOException, InterruptedException {
        JavaProcesses.run("mount", "-o", "remount,size=" + bytes, at.toString());
    }

    /** Unmounts; what was in it stays in the folder, for whoever looks at a failed run. */
    @Override
    public void close() throws IOException, InterruptedException {
        Path kept = at.resolveSibling(at.getFileName() + ".kept");
        Ground.copy(at, kept);
        JavaProcesses.run("umount", "-l", at.toString());
        Files.delete(at);
        Files.move(kept, at);
    }
}
