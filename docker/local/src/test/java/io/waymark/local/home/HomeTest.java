package io.waymark.local.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.local.CannotProceed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir
    Path folder;

    @Test
    void secondProcessOnOneHomeIsRefused() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        try (Home.Lock first = home.lock()) {
            CannotProceed refused = assertThrows(CannotProceed.class, home::lock);
            assertTrue(refused.getMessage().contains("already running on " + home.root()));
        }
        home.lock().close();
    }

    @Test
    void folderWithOtherPeoplesFilesIsNeitherOpenedNorDeleted() throws Exception {
        Files.writeString(folder.resolve("thesis.txt"), "years of work");
        Home home = Home.at(folder);
        assertThrows(CannotProceed.class, home::open);
        assertThrows(java.io.IOException.class, home::deleteContents);
        assertTrue(Files.exists(folder.resolve("thesis.txt")));
    }

    @Test
    void resetLeavesWhatIsNotOursAndTheHomeOpensAgain() throws Exception {
        Home home = Home.at(folder.resolve("home")).open();
        Files.writeString(home.data("ledger.lock"), "x");
        home.lock().close();
        home.deleteContents();
        assertFalse(Files.exists(home.data("ledger.lock")));
        home.open();
    }

    @Test
    void passwordsAreRandomRememberedAndPrivate() throws Exception {
        Home one = Home.at(folder.resolve("one")).open();
        Home two = Home.at(folder.resolve("two")).open();
        String password = new Passwords(one).secret("postgres.superuser");
        assertEquals(64, password.length());
        assertEquals(password, new Passwords(one).secret("postgres.superuser"));
        assertNotEquals(password, new Passwords(two).secret("postgres.superuser"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(one.file("passwords"))));
        assertTrue(new Passwords(one).typeable("setup-token").matches("([a-z0-9]{4}-){3}[a-z0-9]{4}"));
    }
}
