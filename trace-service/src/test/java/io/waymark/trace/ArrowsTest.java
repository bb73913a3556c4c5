package io.waymark.trace;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who may know whom, package by package. Arrows are transitive; {@code tenancy} and {@code problem} everybody may know. */
class ArrowsTest {
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("ledger", Set.of()),
            Map.entry("problem", Set.of("ledger")),
            Map.entry("tenancy", Set.of("problem")),
            Map.entry("organisation", Set.of("ledger")),
            Map.entry("access", Set.of("organisation")),
            Map.entry("device", Set.of("organisation", "ledger")),
            Map.entry("certificate", Set.of("device", "access")),
            Map.entry("admission", Set.of("device", "access")),
            Map.entry("reading", Set.of("device", "ledger")),
            // reading: what was refused may be taken after all.
            Map.entry("quarantine", Set.of("device", "reading")),
            Map.entry("recovery", Set.of("device", "ledger")),
            Map.entry("product", Set.of("organisation", "ledger")),
            Map.entry("batch", Set.of("product")),
            // device and reading: a step is signed by a stream's key, and shares that stream's sequence with
            // statements.
            Map.entry("custody", Set.of("batch", "ledger", "device", "reading")),
            Map.entry("condition", Set.of("reading", "custody")),
            Map.entry("scan", Set.of("custody")),
            Map.entry("recall", Set.of("condition", "custody")),
            Map.entry("epcis", Set.of("condition", "custody")),
            Map.entry("passport", Set.of("condition", "custody", "scan", "recall", "epcis", "quarantine")));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.waymark.trace");

    @Test
    void packagesKnowOnlyWhomTheyMay() {
        Set<String> wrong = new TreeSet<>();
        for (JavaClass from : CLASSES) {
            String source = feature(from);
            for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
                String target = feature(dependency.getTargetClass());
                if (!source.isEmpty()
                        && !target.isEmpty()
                        && !source.equals(target)
                        && !allowed(source).contains(target)) {
                    wrong.add(source + " -> " + target + ": " + from.getSimpleName() + " uses "
                            + dependency.getTargetClass().getSimpleName());
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }

    @Test
    void noCycles() {
        slices().matching("io.waymark.trace.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    private static Set<String> allowed(String source) {
        Set<String> all = new HashSet<>();
        add(source, all);
        if (!source.equals("ledger")) {
            if (!source.equals("problem")) {
                all.add("tenancy");
            }
            all.add("problem");
            // The mappers in problem know ledger's exceptions; that is nobody else's licence.
        }
        return all;
    }

    private static void add(String source, Set<String> all) {
        for (String target : ARROWS.getOrDefault(source, Set.of())) {
            if (all.add(target)) {
                add(target, all);
            }
        }
    }

    private static String feature(JavaClass c) {
        String name = c.getPackageName();
        String base = "io.waymark.trace.";
        return name.startsWith(base) ? name.substring(base.length()).split("\\.")[0] : "";
    }
}
