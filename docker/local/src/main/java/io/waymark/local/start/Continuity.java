package io.waymark.local.start;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.trace.ledger.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Whether the ledger that answers now is the one that stopped: the checkpoint in the lock file, read before the services start, against
 * the one they serve, with the key of the first start. The same check any outsider with an old checkpoint can make.
 */
final class Continuity {
    private final Path keyFile;
    private final String oldNote;

    private Continuity(Path keyFile, String oldNote) {
        this.keyFile = keyFile;
        this.oldNote = oldNote;
    }

    /** Reads what is remembered; to be called before the services start and move the lock file on. */
    static Continuity remembered(Home home) throws CannotProceed {
        Path lockFile = home.data("ledger.lock");
        try {
            return new Continuity(
                    home.keys("log.vkey"), LockFile.noteIn(lockFile).orElse(null));
        } catch (IOException e) {
            throw new CannotProceed("cannot read the last checkpoint in " + lockFile + ": " + e, e);
        }
    }

    /**
     * @return one line for the operator: a new ledger, or consistent from which size to which
     * @throws CannotProceed when the ledger is not the old one grown longer, or cannot show that it is
     */
    String check(Http http) throws CannotProceed {
        try {
            String served = http.text("/ledger/key").strip();
            if (!Files.exists(keyFile)) {
                Home.writePrivate(keyFile, served + "\n");
            }
            String known = Files.readString(keyFile).strip();
            NoteVerifier verifier = NoteVerifier.ofVkey(known);
            String newest = http.text("/ledger/checkpoint");
            if (!known.equals(served)) {
                JsonNode keys = new ObjectMapper().readTree(http.text("/ledger/keys"));
                newest = keys.path("checkpoint").asText();
                verifier = handedOver(verifier, keys);
                if (!verifier.vkey().equals(served)) {
                    throw new CannotProceed(
                            "the ledger's key changed since the first start: expected " + known + ", served " + served);
                }
            }
            VerifiedCheckpoint now = verifier.checkpoint(newest);
            if (oldNote == null) {
                return "a new ledger, " + entries(now.size());
            }
            VerifiedCheckpoint before = verifier.checkpoint(oldNote);
            // What the world is shown may be behind what was signed: then the ledger must lead from it to that.
            boolean behind = before.size() > now.size() && now.size() > 0;
            if (!(behind ? extends_(now, before, http) : extends_(before, now, http))) {
                throw new CannotProceed("the ledger is not a continuation of the one that stopped: checkpoint of "
                        + entries(before.size()) + " in "
                        + keyFile.resolveSibling("../data/ledger.lock").normalize()
                        + " against " + entries(now.size()) + " served now");
            }
            if (!known.equals(served)) {
                Home.writePrivate(keyFile, served + "\n");
            }
            return "the same ledger, " + entries(now.size()) + "; consistent with the checkpoint of "
                    + entries(before.size()) + " before this start";
        } catch (InvalidNoteException e) {
            throw new CannotProceed("a checkpoint is not signed by this ledger's key: " + e.getMessage(), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new CannotProceed("the ledger's continuity cannot be checked: " + e.getMessage(), e);
        }
    }

    /** The log's verifier after the hand-overs that it tells of, each promised and signed by the key before. */
    private static NoteVerifier handedOver(NoteVerifier known, JsonNode keys)
            throws CannotProceed, InvalidNoteException {
        if (!keys.path("handOvers").isTextual()) {
            return known;
        }
        try {
            CborReader in = new CborReader(
                    Base64.getDecoder().decode(keys.path("handOvers").asText()));
            HandOvers told = HandOvers.read(in);
            in.end();
            return told.follow(known, keys.path("checkpoint").asText());
        } catch (MalformedException e) {
            throw new CannotProceed("the hand-overs of the ledger's key cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean extends_(VerifiedCheckpoint before, VerifiedCheckpoint now, Http http) throws IOException {
        if (before.size() > now.size()) {
            return false;
        }
        if (before.size() == 0) {
            return true; // Everything extends the empty log.
        }
        if (before.size() == now.size()) {
            return Arrays.equals(before.root(), now.root());
        }
        JsonNode answer = new ObjectMapper()
                .readTree(http.text("/ledger/consistency?from=" + before.size() + "&to=" + now.size()));
        List<byte[]> path = new ArrayList<>();
        for (JsonNode hash : answer.path("path")) {
            path.add(Base64.getDecoder().decode(hash.asText()));
        }
        return new ConsistencyProof(path).extends_(before, now);
    }

    private static String entries(long size) {
        return size == 1 ? "1 entry" : size + " entries";
    }
}
