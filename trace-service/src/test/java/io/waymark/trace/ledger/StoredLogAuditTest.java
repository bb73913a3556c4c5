package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StoredLogAuditTest {
    private static final String ORIGIN = "test.waymark.localhost/ledger";
    private static final int SIZE = 256 * 256 + 3 * 256 + 77;

    private final NoteSigner signer = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));
    private final Map<String, byte[]> stored = new HashMap<>();
    private final NavigableMap<Long, String> notes = new TreeMap<>();
    private VerifiedCheckpoint end;

    @BeforeEach
    void aLogOfCommitsOfDifferentSizes() throws Exception {
        Random random = new Random(1);
        RightEdge edge = RightEdge.empty();
        while (edge.size() < SIZE) {
            int count = (int) Math.min(SIZE - edge.size(), edge.size() < 600 ? 1 + random.nextInt(3) : 900);
            List<byte[]> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                entries.add(("entry " + (edge.size() + i)).getBytes(StandardCharsets.UTF_8));
            }
            edge.append(entries).forEach(page -> stored.put(key(page.level(), page.number()), page.bytes()));
            notes.put(edge.size(), signer.sign(new Checkpoint(ORIGIN, edge.size(), edge.root()).text()));
        }
        end = signer.verifier().checkpoint(notes.lastEntry().getValue());
    }

    @Test
    void aWholeLogHasNoFault() {
        StoredLogAudit audit = audit();
        assertEquals(Optional.empty(), walk(audit));
        assertEquals(SIZE, audit.position());
    }

    @Test
    void aWalkGoesOnWhereTheLogEndedBefore() throws Exception {
        StoredLogAudit audit = audit();
        VerifiedCheckpoint early =
                signer.verifier().checkpoint(notes.floorEntry(500L).getValue());
        while (audit.position() < early.size()) {
            assertEquals(Optional.empty(), audit.step(early));
        }
        assertEquals(Optional.empty(), walk(audit));
        assertEquals(SIZE, audit.position());
    }

    @Test
    void anAlteredEntryIsFoundByItsTile() {
        byte[] bundle = stored.get(key(-1, 5));
        bundle[bundle.length - 1] ^= 1;

        assertEquals(5 * 256 + 255, walk(audit()).orElseThrow().index());
    }

    @Test
    void anAlteredEntryWhoseTileWasMadeToFitIsFoundByTheSignedRoot() {
        byte[] bundle = stored.get(key(-1, 1));
        bundle[2 + 1] ^= 1;
        RightEdge forged = RightEdge.empty();
        for (int i = 0; i < 2; i++) {
            forged.append(StoredPages.entries(stored.get(key(-1, i))))
                    .forEach(page -> stored.put(key(page.level(), page.number()), page.bytes()));
        }

        StoredLogAudit.Fault fault = walk(audit()).orElseThrow();
        assertTrue(fault.index() >= 256 && fault.index() < 512, fault.toString());
        assertTrue(fault.what().contains("root"), fault.what());
    }

    @Test
    void alteredTilesOfEveryLevelAreFoundWithTheirFirstEntry() {
        stored.get(key(0, 9))[32 * 7 + 3] ^= 1;
        assertEquals(9 * 256 + 7, walk(audit()).orElseThrow().index());
        stored.get(key(0, 9))[32 * 7 + 3] ^= 1;

        stored.get(key(1, 0))[32 * 2] ^= 1;
        assertEquals(2 * 256, walk(audit()).orElseThrow().index());
        stored.get(key(1, 0))[32 * 2] ^= 1;

        stored.get(key(1, 1))[32 * 2] ^= 1; // not full: compared at the end
        assertEquals(256 * 256 + 2 * 256, walk(audit()).orElseThrow().index());
        stored.get(key(1, 1))[32 * 2] ^= 1;

        stored.get(key(2, 0))[0] ^= 1;
        assertEquals(0, walk(audit()).orElseThrow().index());
    }

    /** The service stopped signing, for ever, when its database was killed during an audit. */
    @Test
    void aDatabaseThatIsAwayIsNoFault() {
        StoredPages away = new StoredPages(
                () -> {
                    throw new SQLException("the connection is closed");
                },
                true);
        for (int readable : new int[] {0, 1}) { // a bundle, a tile
            AtomicInteger left = new AtomicInteger(readable);
            StoredLogAudit audit = new StoredLogAudit(
                    signer.verifier(),
                    (level, number, width) ->
                            left.getAndDecrement() > 0 ? page(level, number, width) : away.page(level, number, width),
                    (from, to) ->
                            List.copyOf(notes.subMap(from, false, to, true).values()));
            assertThrows(StoredPages.UnreadableException.class, () -> walk(audit));
        }
    }

    @Test
    void aTileThatIsGoneOrShortIsAFault() {
        stored.remove(key(0, 3));
        assertEquals(3 * 256, walk(audit()).orElseThrow().index());
    }

    @Test
    void aCheckpointThatWasSignedForAnotherTreeIsAFault() {
        notes.put(300L, signer.sign(new Checkpoint(ORIGIN, 300, new byte[32]).text()));

        StoredLogAudit.Fault fault = walk(audit()).orElseThrow();
        assertTrue(fault.what().contains("signed at size 300"), fault.what());
    }

    private StoredLogAudit audit() {
        return new StoredLogAudit(
                signer.verifier(),
                this::page,
                (from, to) -> List.copyOf(notes.subMap(from, false, to, true).values()));
    }

    private Optional<StoredLogAudit.Fault> walk(StoredLogAudit audit) {
        Optional<StoredLogAudit.Fault> fault = Optional.empty();
        while (fault.isEmpty() && audit.position() < end.size()) {
            fault = audit.step(end);
        }
        return fault;
    }

    private byte[] page(int level, long number, int width) {
        byte[] bytes = stored.get(key(level, number));
        if (bytes == null) {
            throw new IllegalStateException("page " + level + "/" + number + " is not stored");
        }
        if (level >= 0) {
            return Arrays.copyOf(bytes, width * 32);
        }
        int at = 0;
        for (int i = 0; i < width; i++) {
            at += 2 + ((bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff);
        }
        return Arrays.copyOf(bytes, at);
    }

    private static String key(int level, long number) {
        return level + "/" + number;
    }
}
