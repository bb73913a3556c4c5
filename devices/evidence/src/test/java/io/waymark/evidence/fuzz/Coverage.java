package io.waymark.evidence.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jacoco.core.analysis.Analyzer;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.IClassCoverage;
import org.jacoco.core.analysis.ICounter;
import org.jacoco.core.analysis.IMethodCoverage;
import org.jacoco.core.data.ExecutionDataStore;
import org.jacoco.core.data.SessionInfoStore;
import org.jacoco.core.instr.Instrumenter;
import org.jacoco.core.runtime.LoggerRuntime;
import org.jacoco.core.runtime.RuntimeData;

/**
 * How much of a target's parser inputs reach, as JaCoCo counts it: branches covered of all branches of the methods that the target names.
 *
 * @param missed branches not reached, by method
 */
record Coverage(int covered, int total, Map<String, Integer> missed) {
    private static final String OURS = "io.waymark.evidence.";

    int percent() {
        return total == 0 ? 0 : 100 * covered / total;
    }

    /** @throws AssertionError when the target's floor is not reached */
    void atLeast(FuzzTarget<?> target) {
        if (percent() < target.branches()) {
            throw new AssertionError("fuzzing " + target + " reaches " + percent()
                    + " % of its parser's branches, the floor is " + target.branches() + " %; not reached: " + missed);
        }
    }

    /** Runs a target in classes of its own, in which the parser's are instrumented. A broken property comes out as the AssertionError. */
    static Coverage of(FuzzTarget<?> target, List<byte[]> inputs, List<byte[]> seeds, long seed, int altered)
            throws Exception {
        Map<String, byte[]> parser = parser(target);
        LoggerRuntime runtime = new LoggerRuntime();
        RuntimeData data = new RuntimeData();
        runtime.startup(data);
        try {
            Instrumenter instrumenter = new Instrumenter(runtime);
            Map<String, byte[]> instrumented = new HashMap<>();
            for (Map.Entry<String, byte[]> one : parser.entrySet()) {
                instrumented.put(one.getKey(), instrumenter.instrument(one.getValue(), one.getKey()));
            }
            try {
                Class<?> replay = new OwnClasses(instrumented).loadClass(Replay.class.getName());
                // What a target knows it read from the vectors, with the same parsers: that does not count.
                replay.getMethod("prepare", String.class).invoke(null, target.name());
                data.reset();
                replay.getMethod("run", String.class, List.class, List.class, long.class, int.class)
                        .invoke(null, target.name(), inputs, seeds, seed, altered);
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw e;
            }
            ExecutionDataStore reached = new ExecutionDataStore();
            data.collect(reached, new SessionInfoStore(), false);
            CoverageBuilder counted = new CoverageBuilder();
            Analyzer analyzer = new Analyzer(reached, counted);
            for (Map.Entry<String, byte[]> one : parser.entrySet()) {
                analyzer.analyzeClass(one.getValue(), one.getKey());
            }
            int covered = 0;
            int total = 0;
            Map<String, Integer> missed = new HashMap<>();
            for (IClassCoverage one : counted.getClasses()) {
                for (IMethodCoverage method : one.getMethods()) {
                    if (isParser(target, one.getName().replace('/', '.'), method.getName())) {
                        ICounter branches = method.getBranchCounter();
                        covered += branches.getCoveredCount();
                        total += branches.getTotalCount();
                        if (branches.getMissedCount() > 0) {
                            missed.merge(
                                    one.getName() + "." + method.getName(), branches.getMissedCount(), Integer::sum);
                        }
                    }
                }
            }
            if (total == 0) {
                throw new AssertionError(target + " names no method that has branches");
            }
            return new Coverage(covered, total, missed);
        } finally {
            runtime.shutdown();
        }
    }

    /** Constructors and writers are not: no outside byte reaches them before it was read. */
    private static boolean isParser(FuzzTarget<?> target, String className, String method) {
        for (String parser : target.parsers()) {
            String[] parts = parser.split(":");
            boolean ours = className.equals(OURS + parts[0]) || className.startsWith(OURS + parts[0] + "$");
            // The body of a lambda is lambda$<method>$<number>.
            if (ours
                    && (parts.length == 1
                            || List.of(parts[1].split(","))
                                    .contains(method.replaceAll("^lambda\\$(.*)\\$[0-9]+$", "$1")))) {
                return true;
            }
        }
        return false;
    }

    /** The parser's class files by class name, nested ones too. */
    private static Map<String, byte[]> parser(FuzzTarget<?> target) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String methods : target.parsers()) {
            String name = methods.split(":")[0];
            String file = "/" + (OURS + name).replace('.', '/') + ".class";
            String simple = file.substring(file.lastIndexOf('/') + 1, file.length() - ".class".length());
            try (Stream<Path> beside =
                    Files.list(Path.of(Coverage.class.getResource(file).toURI()).getParent())) {
                for (Path one : beside.toList()) {
                    String found = one.getFileName().toString();
                    if (found.equals(simple + ".class") || found.startsWith(simple + "$") && found.endsWith(".class")) {
                        String nested = found.substring(simple.length(), found.length() - ".class".length());
                        files.put(OURS + name + nested, Files.readAllBytes(one));
                    }
                }
            } catch (URISyntaxException e) {
                throw new IOException(e);
            }
        }
        return files;
    }

    /** Loads everything of ours anew, instrumented where there is such a one. */
    private static final class OwnClasses extends ClassLoader {
        private final Map<String, byte[]> instrumented;

        OwnClasses(Map<String, byte[]> instrumented) {
            super(Coverage.class.getClassLoader());
            this.instrumented = instrumented;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(OURS)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            byte[] bytes = instrumented.get(name);
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                bytes = bytes == null ? in.readAllBytes() : bytes;
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
