package io.waymark.vision;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.waymark.vision");

    @Test
    void onlyMatchTouchesOpenCv() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..vision.match..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.opencv..", "org.bytedeco..")
                .check(CLASSES);
    }

    @Test
    void onlyIntakeDecodes() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..vision.intake..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("javax.imageio..", "java.awt..")
                .check(CLASSES);
    }

    @Test
    void featuresHaveNoCycles() {
        slices().matching("io.waymark.vision.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
