package io.waymark.evidence;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.waymark.evidence");

    @Test
    void needsOnlyTheJdkAndBouncyCastle() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.waymark.evidence..",
                        "java..",
                        "com.sun.net.httpserver..",
                        "org.bouncycastle..",
                        "org.jspecify.annotations..")
                .check(CLASSES);
    }

    @Test
    void opensNoDatabaseAndNoWindow() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "java.awt..", "java.util.logging..")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.waymark.evidence.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheCommandLineTouchesFilesAndNetwork() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.waymark.evidence.cbor..",
                        "io.waymark.evidence.key..",
                        "io.waymark.evidence.log..",
                        "io.waymark.evidence.map..",
                        "io.waymark.evidence.message..",
                        "io.waymark.evidence.receipt..",
                        "io.waymark.evidence.proof..",
                        "io.waymark.evidence.audit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.net..")
                .check(CLASSES);
    }

    @Test
    void namesSayWhatTheDomainSays() {
        noClasses()
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Manager|Impl|Dto|Common|Service)")
                .check(CLASSES);
    }
}
