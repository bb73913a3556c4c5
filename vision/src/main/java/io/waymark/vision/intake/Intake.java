package io.waymark.vision.intake;

import io.waymark.vision.problem.VisionProblem;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The one door for strangers' pictures: two threads, sixteen places to wait, a deadline. Decoding and everything OpenCV
 * computes run on these two threads, so a flood of photographs slows photographs down and nothing else.
 */
@ApplicationScoped
public class Intake {
    static final int THREADS = 2;
    static final int WAITING = 16;
    /** Waiting included. A camera picture takes well under a second; 39 megapixels took 7 s on a machine ten times overloaded. */
    static final int DEADLINE_SECONDS = 15;

    private final ThreadPoolExecutor pool;
    private final AtomicInteger overdue = new AtomicInteger();

    public Intake() {
        AtomicInteger number = new AtomicInteger();
        pool = new ThreadPoolExecutor(
                THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), task -> {
                    Thread thread = new Thread(task, "vision-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** What is done with a picture once it is decoded, on the same thread and under the same deadline. */
    public interface Use<T> {
        T of(GreyPicture picture) throws Exception;
    }

    /** At most {@link ImageHeader#MAX_BYTES} bytes of a request's body. */
    public static byte[] read(InputStream body) throws IOException {
        byte[] image = body.readNBytes(ImageHeader.MAX_BYTES + 1);
        if (image.length > ImageHeader.MAX_BYTES) {
            throw VisionProblem.tooLarge("an image has at most " + ImageHeader.MAX_BYTES / 1024 / 1024 + " MiB");
        }
        return image;
    }

    /**
     * Decodes and uses the picture.
     *
     * @throws ImageRefusedException with the reason: outside the limits, not decodable, or not in time
     * @throws VisionProblem         503 when all places are taken
     */
    public <T> T picture(byte[] image, Use<T> use) throws ImageRefusedException {
        ImageHeader header = ImageHeader.read(image);
        AtomicBoolean stop = new AtomicBoolean();
        return run(() -> use.of(Decoder.decode(image, header, stop::get)), stop);
    }

    /** Decodes on the calling thread; only for use inside {@link #picture}, whose deadline then covers it. */
    public static GreyPicture decodeOnThisThread(byte[] image) throws ImageRefusedException {
        return Decoder.decode(image, ImageHeader.read(image), () -> false);
    }

    /** Runs work without a decoder in it (loading the library, comparing fingerprints) on the same two threads. */
    public <T> T compute(Callable<T> work) {
        try {
            return run(work, new AtomicBoolean());
        } catch (ImageRefusedException e) {
            throw VisionProblem.busy(e.getMessage());
        }
    }

    /** Starts work nobody waits for; used once, at start. */
    public void begin(Runnable work) {
        pool.execute(work);
    }

    /** True while every thread is busy with something whose caller has given up: nothing is decoded any more. */
    public boolean stuck() {
        return overdue.get() >= THREADS;
    }

    private <T> T run(Callable<T> work, AtomicBoolean stop) throws ImageRefusedException {
        AtomicBoolean over = new AtomicBoolean(); // set by whoever is first: the work's end or its caller's giving up
        AtomicLong began = new AtomicLong();
        Future<T> future;
        try {
            future = pool.submit(() -> {
                began.set(System.nanoTime());
                try {
                    return work.call();
                } finally {
                    if (!over.compareAndSet(false, true)) {
                        overdue.decrementAndGet();
                    }
                }
            });
        } catch (RejectedExecutionException e) {
            throw VisionProblem.busy("all places for pictures are taken");
        }
        try {
            return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            boolean started = !pool.getQueue().contains(future);
            if (!started && future.cancel(false)) {
                pool.remove((Runnable) future);
                throw VisionProblem.busy("the picture waited too long for its turn");
            }
            if (over.compareAndSet(false, true)) {
                overdue.incrementAndGet();
            }
            stop.set(true);
            if (System.nanoTime() - began.get() < TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS) / 2) {
                throw VisionProblem.busy("the picture waited too long for its turn"); // not the picture's fault
            }
            throw new ImageRefusedException("the picture takes longer than " + DEADLINE_SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw VisionProblem.busy("the service is stopping");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ImageRefusedException refused) {
                throw refused;
            }
            if (e.getCause() instanceof RuntimeException broken) {
                throw broken;
            }
            throw new IllegalStateException("a picture could not be processed", e.getCause());
        }
    }

    @PreDestroy
    void stop() {
        pool.shutdownNow();
    }
}
