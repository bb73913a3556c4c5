package io.waymark.evidence.command;

import io.waymark.evidence.http.BoundedServer;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;

/** The life of a command that serves. */
final class Running {
    private Running() {}

    /** Says where it listens and waits until the process is told to stop; then the server is closed first, and after it what it served. */
    static void untilStopped(PrintStream out, BoundedServer server, AutoCloseable served) {
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.close();
                            try {
                                served.close();
                            } catch (Exception e) {
                                System.err.println("while stopping: " + e);
                            }
                            stopped.countDown();
                        },
                        "stop"));
        out.println("listening on http://" + server.address().getAddress().getHostAddress() + ":"
                + server.address().getPort());
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
