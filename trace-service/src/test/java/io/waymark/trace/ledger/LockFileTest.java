package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
    @TempDir
    Path directory;

    @Test
    void theNoteWrittenLastIsTheOneRead() throws IOException {
        Path file = directory.resolve("new/lock");
        LockFile lock = new LockFile(file);
        assertEquals(Optional.empty(), lock.read());
        for (int i = 0; i < 5; i++) {
            lock.write(note(i));
            assertEquals(Optional.of(note(i)), LockFile.noteIn(file));
            assertEquals(2 * LockFile.SLOT, Files.size(file));
        }
        assertFalse(Files.exists(directory.resolve("new/lock.new")));

        LockFile again = new LockFile(file);
        again.read();
        again.write(note(5));
        assertEquals(Optional.of(note(5)), LockFile.noteIn(file));
        assertTrue(Files.readString(file).contains(note(4)), "the one before is still there");
    }

    /** A disk that lost power while it wrote holds some bytes of the new slot and, in any sector, the old ones. */
    @Test
    void aWriteTornAtAnyByteLeavesTheNoteBefore() throws IOException {
        Path file = directory.resolve("lock");
        LockFile lock = new LockFile(file);
        lock.read();
        for (int i = 0; i < 2; i++) {
            lock.write(note(i));
            byte[] before = Files.readAllBytes(file);
            lock.write(note(100 + i));
            byte[] after = Files.readAllBytes(file);
            int slot = Arrays.mismatch(before, after) / LockFile.SLOT * LockFile.SLOT;
            assertEquals(
                    -1,
                    Arrays.mismatch(
                            before,
                            Math.abs(slot - LockFile.SLOT),
                            Math.abs(slot - LockFile.SLOT) + LockFile.SLOT,
                            after,
                            Math.abs(slot - LockFile.SLOT),
                            Math.abs(slot - LockFile.SLOT) + LockFile.SLOT),
                    "the other slot is not touched");
            int length = LockFile.SLOT;
            while (before[slot + length - 1] == after[slot + length - 1]) {
                length--;
            }
            for (int cut = 0; cut < length; cut++) {
                byte[] torn = before.clone();
                System.arraycopy(after, slot, torn, slot, cut);
                assertReads(note(i), torn, "first " + cut + " bytes written");
                torn = after.clone();
                System.arraycopy(before, slot, torn, slot, cut);
                boolean differs = Arrays.mismatch(torn, after) >= 0;
                assertReads(differs ? note(i) : note(100 + i), torn, "first " + cut + " bytes not written");
                torn = after.clone();
                Arrays.fill(torn, slot + cut, slot + Math.min(LockFile.SLOT, cut + 512), (byte) 0);
                assertReads(note(i), torn, "zeroes at " + cut);
            }
            assertReads(note(100 + i), after, "whole");
        }
    }

    private void assertReads(String note, byte[] content, String how) throws IOException {
        Path file = directory.resolve("torn");
        Files.write(file, content);
        assertEquals(Optional.of(note), LockFile.noteIn(file), how);
    }

    @Test
    void afterATornWriteTheNextOneTakesTheTornSlot() throws IOException {
        Path file = directory.resolve("lock");
        LockFile lock = new LockFile(file);
        lock.read();
        lock.write(note(0));
        byte[] before = Files.readAllBytes(file);
        lock.write(note(1));
        byte[] torn = Files.readAllBytes(file);
        int at = Arrays.mismatch(before, torn);
        torn[at + 100] ^= 1;
        Files.write(file, torn);

        LockFile restarted = new LockFile(file);
        assertEquals(Optional.of(note(0)), restarted.read());
        restarted.write(note(2));
        assertEquals(Optional.of(note(2)), LockFile.noteIn(file));
        assertTrue(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).contains(note(0)));
    }

    @Test
    void aFileWithoutAWholeSlotIsNotTakenForAnEmptyOne() throws IOException {
        Path file = directory.resolve("lock");
        LockFile lock = new LockFile(file);
        lock.read();
        lock.write(note(0));
        lock.write(note(1));
        byte[] both = Files.readAllBytes(file);
        both[100] ^= 1;
        both[LockFile.SLOT + 100] ^= 1;
        Files.write(file, both);
        assertThrows(IOException.class, () -> LockFile.noteIn(file));
    }

    @Test
    void aNoteAloneIsReadAndBecomesSlots() throws IOException {
        Path file = directory.resolve("lock");
        Files.writeString(file, note(7));
        LockFile lock = new LockFile(file);
        assertEquals(Optional.of(note(7)), lock.read());
        lock.write(note(8));
        assertEquals(Optional.of(note(8)), LockFile.noteIn(file));
        assertEquals(2 * LockFile.SLOT, Files.size(file));
    }

    @Test
    void aFileThatIsGoneOrAnotherIsNotWrittenTo() throws IOException {
        Path file = directory.resolve("lock");
        LockFile lock = new LockFile(file);
        lock.read();
        lock.write(note(0));
        Files.delete(file);
        assertThrows(IOException.class, () -> lock.write(note(1)));
        assertFalse(Files.exists(file));
        Files.writeString(file, note(9));
        assertThrows(IOException.class, () -> lock.write(note(1)));
        assertArrayEquals(note(9).getBytes(StandardCharsets.UTF_8), Files.readAllBytes(file));
    }

    @Test
    void aNoteThatDoesNotFitIsRefusedAndTheOneBeforeStays() throws IOException {
        Path file = directory.resolve("lock");
        LockFile lock = new LockFile(file);
        lock.read();
        lock.write(note(0));
        assertThrows(IOException.class, () -> lock.write("x".repeat(LockFile.SLOT)));
        assertEquals(Optional.of(note(0)), LockFile.noteIn(file));
    }

    private static String note(int n) {
        return "test.waymark.localhost/ledger\n" + n + "\nroot " + n * 7919 + "\n\n— test.waymark.localhost/ledger sig"
                + n + "\n";
    }
}
