package io.waymark.trace.device;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.ReceiptKeys;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.KeyRotation;
import io.waymark.trace.ledger.Ledger;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The receipts' key changes, and the log tells it to whoever has the log's key. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
class ReceiptKeyTest {
    @TempDir
    Path folder;

    @Inject
    Registration registration;

    @Inject
    Ledger ledger;

    private Path file;

    @BeforeEach
    void anInstallationOfItsOwn() {
        file = folder.resolve("receipt.p12");
    }

    /** As the service does at its start. */
    private VerificationKey start() {
        return new ReceiptKey(registration, ledger, file, Optional.empty())
                .bound()
                .verificationKey();
    }

    private KeyRotation rotation() {
        return new KeyRotation(KeyFile.at(file));
    }

    /** What anybody is told, once it says this; the file is made at most once a second. */
    private ReceiptKeys.Known told(Predicate<ReceiptKeys.Known> that) throws Exception {
        for (int i = 0; ; i++) {
            byte[] answer = given().get("/ledger/receipt-keys")
                    .then()
                    .statusCode(200)
                    .extract()
                    .asByteArray();
            ReceiptKeys.Known known = ReceiptKeys.parse(answer).follow(ledger.verifier());
            if (that.test(known)) {
                return known;
            }
            assertTrue(
                    i < 300,
                    () -> "in force " + known.inForce().size() + ", revoked "
                            + known.revoked().size());
            Thread.sleep(100);
        }
    }

    @Test
    void aRotationBindsTheNewKeyThenRevokesTheOldOneAndTheLogTellsBoth() throws Exception {
        VerificationKey old = start();
        assertEquals(old, start(), "nothing was asked");
        told(known -> known.inForce().contains(old));

        rotation().ask(false);
        VerificationKey next = start();
        assertNotEquals(old, next);
        assertEquals(next, start(), "a later start keeps it");
        ReceiptKeys.Known known = told(k -> k.revoked().contains(old));
        assertTrue(known.inForce().contains(next));
        assertFalse(known.inForce().contains(old));
        assertFalse(Files.exists(folder.resolve("receipt.p12.rotate")));
        assertFalse(Files.exists(folder.resolve("receipt-next.p12")));
    }

    @Test
    void aStolenKeyIsRevokedAsCompromised() throws Exception {
        VerificationKey old = start();
        rotation().ask(true);
        VerificationKey next = start();
        told(known -> known.revoked().contains(old) && known.inForce().contains(next));
    }

    @Test
    void aRotationThatWasCutShortEndsWithTheSameNewKey() throws Exception {
        VerificationKey old = start();
        rotation().ask(false);
        byte[] request = Files.readAllBytes(folder.resolve("receipt.p12.rotate"));
        VerificationKey next = rotation().next().verificationKey(); // made, and no further
        assertEquals(next, start());

        Files.write(folder.resolve("receipt.p12.rotate"), request); // renamed, and the question not forgotten
        assertEquals(next, start());
        assertFalse(Files.exists(folder.resolve("receipt.p12.rotate")));
        told(known -> known.revoked().contains(old) && known.inForce().contains(next));
    }

    @Test
    void aDamagedQuestionIsSaid() throws Exception {
        start();
        Files.writeString(folder.resolve("receipt.p12.rotate"), "junk");
        assertTrue(assertThrows(IllegalStateException.class, this::start)
                .getMessage()
                .contains("is damaged: remove it"));
    }
}
