package io.waymark.vision.match;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.opencv.core.Core;

/**
 * Loads the native OpenCV once per JVM and says whether it is there.
 *
 * <p>Not the stock loader: that one loads libopencv_highgui, which needs GTK 2 on the machine, and nothing here opens a
 * window. So every library but highgui is loaded by hand, in repeated passes until all dependencies are met. Written for
 * Linux x86-64, the one platform whose libraries the pom brings; anywhere else the answer is "not available" and the
 * service runs without matching.
 *
 * <p>The classes under org.bytedeco and org.opencv must come from one class loader for the whole JVM
 * (quarkus.class-loading.parent-first-artifacts, README): a second copy of org.opencv.core.Mat finds no native methods.
 */
public final class OpenCv {
    /** Whether pictures can be compared on this machine. */
    public sealed interface Availability {
        record Loaded(String version) implements Availability {}

        /** @param why for the operator */
        record NotAvailable(String why) implements Availability {}
    }

    private static final Pattern WANTED = Pattern.compile("libopencv_(?!highgui|java).*\\.so\\.\\d+");
    private static final String[] MATH = {"libgcc_s", "libquadmath", "libgfortran", "libopenblas"};
    private static final String PLATFORM = "linux-x86_64";

    private static Availability availability;

    private OpenCv() {}

    /**
     * Loads on the first call (0.2 s, or several seconds while the libraries are unpacked for the first time) and remembers
     * the answer.
     *
     * @param cacheDirectory where the libraries are unpacked, 200 MB; a folder only this service's account may write to,
     *     because code is loaded from it. Ignored when -Dorg.bytedeco.javacpp.cachedir is set
     */
    public static synchronized Availability load(File cacheDirectory) {
        if (availability == null) {
            availability = attempt(cacheDirectory);
        }
        return availability;
    }

    /** True after a successful {@link #load}. */
    public static synchronized boolean loaded() {
        return availability instanceof Availability.Loaded;
    }

    private static Availability attempt(File cacheDirectory) {
        if (System.getProperty("org.bytedeco.javacpp.cachedir") == null) {
            System.setProperty("org.bytedeco.javacpp.cachedir", cacheDirectory.getAbsolutePath());
        }
        try {
            if (!Loader.getPlatform().equals(PLATFORM)) {
                return new Availability.NotAvailable(
                        "matching needs " + PLATFORM + ", this is " + Loader.getPlatform());
            }
            File openblas = unpacked("/org/bytedeco/openblas/" + PLATFORM);
            File opencv = unpacked("/org/bytedeco/opencv/" + PLATFORM);
            List<File> wanted = new ArrayList<>();
            for (String name : MATH) {
                wanted.addAll(libraries(openblas, Pattern.compile(Pattern.quote(name) + "\\.so\\.\\d+")));
            }
            wanted.addAll(libraries(opencv, WANTED));
            loadAll(wanted);
            Loader.loadLibrary(
                    org.bytedeco.opencv.opencv_java.class,
                    new java.net.URL[] {
                        new File(opencv, "libopencv_java.so").toURI().toURL()
                    },
                    "opencv_java");
            // The pool of Intake is the only parallelism: two pictures on two cores, not two pictures on all cores
            // each.
            Core.setNumThreads(1);
            return new Availability.Loaded(Core.getVersionString());
        } catch (IOException | LinkageError | IllegalStateException e) {
            return new Availability.NotAvailable("OpenCV could not be loaded: " + e);
        }
    }

    private static File unpacked(String resource) throws IOException {
        File directory = Loader.cacheResource(Loader.class, resource);
        if (directory == null) {
            throw new IOException(resource + " is not on the class path");
        }
        return directory;
    }

    private static List<File> libraries(File directory, Pattern name) throws IOException {
        File[] found = directory.listFiles((d, file) -> name.matcher(file).matches());
        if (found == null) {
            throw new IOException("cannot list " + directory);
        }
        Arrays.sort(found);
        return Arrays.asList(found);
    }

    private static void loadAll(List<File> libraries) {
        List<File> waiting = new ArrayList<>(libraries);
        while (!waiting.isEmpty()) {
            UnsatisfiedLinkError last = null;
            int before = waiting.size();
            for (File library : List.copyOf(waiting)) {
                try {
                    Loader.loadGlobal(library.getPath());
                    waiting.remove(library);
                } catch (UnsatisfiedLinkError e) {
                    last = e; // a dependency that a later pass may have loaded
                }
            }
            if (waiting.size() == before) {
                throw last;
            }
        }
    }
}
