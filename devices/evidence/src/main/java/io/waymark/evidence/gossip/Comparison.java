package io.waymark.evidence.gossip;

import io.waymark.evidence.http.Json;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.SignedTiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a log signed for us with what it signed for one peer, another witness or mirror. Nothing is believed but the log's
 * signature: who shows a checkpoint, and where tiles come from, does not matter. {@link #compare} is for one thread, the rest for several.
 *
 * <p>One size and two roots are fraud at once. Of two sizes it takes hashes of the larger tree to tell: they are computed from tiles, our own,
 * the peer's or those of other places, each under a checkpoint the log signed. Until somebody has them the peer's checkpoint is kept.
 */
public final class Comparison {
    /** How the peer's view stands to ours. */
    public enum State {
        /** One tree, as far as both have seen it. */
        AGREES,
        /** Not comparable yet. */
        UNDECIDED,
        /** The log signed two histories; the proof is kept. */
        CONTRADICTS,
        /** The peer has nothing of that log. */
        NOTHING,
        /** What it shows is not a checkpoint the log's key signed: the peer's word alone proves nothing. */
        NOT_SIGNED,
        UNREACHABLE
    }

    /**
     * @param size     of the checkpoint the peer showed last; 0 before the first
     * @param compared when a signed checkpoint of the peer was last set against ours, decided or not; null before the first time
     * @param detail   words for people, may be empty
     */
    public record Standing(State state, long size, @Nullable Instant compared, String detail) {}

    private sealed interface Decision {
        record Agrees() implements Decision {}

        record Fraud(FraudProof proof, VerifiedCheckpoint seen) implements Decision {}

        record Open(String why) implements Decision {}
    }

    private final String peer;
    private final Mirror.Source files;
    private final List<Mirror.Source> places;
    private final View own;
    private final Clock clock;
    private final Map<String, Standing> standings = new TreeMap<>();

    /**
     * @param peer   how it is called in reports: its address
     * @param files  what it shows, below its address
     * @param places other places that show these logs' tiles: the log itself, or mirrors
     */
    public Comparison(String peer, Mirror.Source files, List<Mirror.Source> places, View own, Clock clock) {
        this.peer = peer;
        this.files = files;
        this.places = List.copyOf(places);
        this.own = own;
        this.clock = clock;
    }

    /** Origin to how the peer stands to us. */
    public synchronized Map<String, Standing> standings() {
        return new TreeMap<>(standings);
    }

    /** Asks the peer once about every log. Never throws for what others do: {@link #standings} says it. */
    public void compare() {
        own.logs().forEach((origin, keys) -> {
            Standing before = standings().get(origin);
            Standing now;
            try {
                now = compare(origin, keys, before);
            } catch (IOException | UncheckedIOException e) {
                now = still(before, State.UNREACHABLE, String.valueOf(e.getMessage()));
            } catch (InvalidNoteException e) {
                now = still(before, State.NOT_SIGNED, e.getMessage());
            } catch (RuntimeException e) {
                // Our own mistake. A comparison that fell silent would look like one that has nothing to say.
                now = still(before, State.UNDECIDED, "could not be judged: " + e);
            }
            synchronized (this) {
                standings.put(origin, now);
            }
        });
    }

    /** What is proven stays so, whatever the peer shows afterwards. */
    private static Standing still(@Nullable Standing before, State state, String detail) {
        if (before == null) {
            return new Standing(state, 0, null, detail);
        }
        return before.state() == State.CONTRADICTS
                ? before
                : new Standing(state, before.size(), before.compared(), detail);
    }

    private Standing compare(String origin, List<NoteVerifier> keys, @Nullable Standing before)
            throws IOException, InvalidNoteException {
        String hash = HexFormat.of().formatHex(Sha256.of(origin.getBytes(StandardCharsets.UTF_8)));
        Optional<byte[]> shown = files.get(hash + "/checkpoint");
        if (shown.isEmpty()) {
            shown = files.get("checkpoint");
        }
        if (shown.isEmpty()) {
            return still(before, State.NOTHING, "");
        }
        VerifiedCheckpoint seen = verified(new String(shown.get(), StandardCharsets.UTF_8), origin, keys);
        Undecided undecided = new Undecided(own.folder(), peer, origin);
        Instant now = clock.instant();
        Optional<VerifiedCheckpoint> ours = own.latest(origin);
        if (ours.isEmpty()) {
            undecided.keep(seen);
            return new Standing(State.UNDECIDED, seen.size(), now, "nothing of our own to compare with yet");
        }
        State state = State.AGREES;
        String detail = "";
        Map<String, VerifiedCheckpoint> all = undecided.all(note -> verified(note, origin, keys));
        all.put(undecided.name(seen), seen);
        for (Map.Entry<String, VerifiedCheckpoint> one : all.entrySet()) {
            VerifiedCheckpoint theirs = one.getValue();
            Decision decision = decide(origin, keys, ours.get(), theirs);
            if (decision instanceof Decision.Open open) {
                // It may be the evidence, and the peer may never show it again.
                if (theirs == seen) {
                    undecided.keep(seen);
                }
                if (state == State.AGREES) {
                    state = State.UNDECIDED;
                    detail = open.why();
                }
                continue;
            }
            if (decision instanceof Decision.Fraud fraud) {
                if (!(fraud.proof().judge(keys) instanceof FraudProof.Verdict.Proven)) {
                    throw new IllegalStateException("a proof of fraud that proves nothing");
                }
                own.contradiction(fraud.proof(), fraud.seen());
                state = State.CONTRADICTS;
                detail = "the log signed two histories: " + theirs.size() + " entries here, "
                        + ours.get().size() + " entries for us";
            }
            undecided.forget(one.getKey());
        }
        if (before != null && before.state() == State.CONTRADICTS) {
            return new Standing(before.state(), seen.size(), now, before.detail());
        }
        return new Standing(state, seen.size(), now, detail);
    }

    private static VerifiedCheckpoint verified(String note, String origin, List<NoteVerifier> keys)
            throws InvalidNoteException {
        InvalidNoteException unknown =
                new InvalidNoteException(InvalidNoteException.Reason.UNKNOWN_KEY, "no key to check it with");
        VerifiedCheckpoint verified = null;
        for (NoteVerifier key : keys) {
            try {
                verified = key.checkpoint(note, origin);
            } catch (InvalidNoteException e) {
                // One known key whose signature is wrong spoils the note (C2SP signed-note).
                if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                    throw e;
                }
                unknown = e;
            }
        }
        if (verified == null) {
            throw unknown;
        }
        return verified;
    }

    private Decision decide(
            String origin, List<NoteVerifier> keys, VerifiedCheckpoint ours, VerifiedCheckpoint theirs) {
        if (ours.size() == theirs.size()) {
            Optional<FraudProof> fork = FraudProof.ofFork(ours, theirs);
            return fork.isPresent() ? new Decision.Fraud(fork.get(), theirs) : new Decision.Agrees();
        }
        List<String> why = new ArrayList<>();
        Optional<Mirror.Source> kept = own.files(origin);
        if (kept.isPresent()) {
            Decision decision = below(ours, kept.get(), ours, theirs, why);
            if (!(decision instanceof Decision.Open)) {
                return decision;
            }
        }
        List<Mirror.Source> others = new ArrayList<>(places);
        others.add(0, files);
        for (Mirror.Source place : others) {
            try {
                Optional<byte[]> note = place.get("checkpoint");
                if (note.isPresent()) {
                    Decision decision = below(
                            verified(new String(note.get(), StandardCharsets.UTF_8), origin, keys),
                            place,
                            ours,
                            theirs,
                            why);
                    if (!(decision instanceof Decision.Open)) {
                        return decision;
                    }
                }
            } catch (IOException | InvalidNoteException e) {
                why.add(String.valueOf(e.getMessage()));
            }
        }
        return new Decision.Open(
                why.isEmpty()
                        ? ours.size() + " entries for us, " + theirs.size()
                                + " for the peer, and nobody shows tiles of a tree that has both"
                        : String.join("; ", why));
    }

    /** Sets both against a third checkpoint whose tree can be read: both are beginnings of it, or one of them is not of its history. */
    private static Decision below(
            VerifiedCheckpoint whole,
            Mirror.Source tiles,
            VerifiedCheckpoint ours,
            VerifiedCheckpoint theirs,
            List<String> why) {
        boolean both = true;
        try {
            for (VerifiedCheckpoint one : List.of(theirs, ours)) {
                if (one.size() > whole.size()) {
                    both = false;
                    continue;
                }
                Optional<FraudProof> fraud = contradiction(one, whole, tiles);
                if (fraud.isPresent()) {
                    return new Decision.Fraud(fraud.get(), one == ours ? whole : one);
                }
            }
        } catch (IOException e) {
            why.add(String.valueOf(e.getMessage()));
            return new Decision.Open("");
        } catch (UncheckedIOException e) {
            why.add(String.valueOf(e.getMessage()));
            return new Decision.Open("");
        }
        return both ? new Decision.Agrees() : new Decision.Open("");
    }

    private static Optional<FraudProof> contradiction(
            VerifiedCheckpoint one, VerifiedCheckpoint whole, Mirror.Source tiles) throws IOException {
        if (one.size() == whole.size()) {
            return FraudProof.ofFork(one, whole);
        }
        if (one.size() == 0) {
            return Optional.empty();
        }
        HashSource tree = Tiles.hashes(whole.size(), new SignedTiles(tiles, whole));
        if (ConsistencyProof.of(one.size(), whole.size(), tree).extends_(one, whole)) {
            return Optional.empty();
        }
        return Optional.of(FraudProof.ofTree(one, whole, tree)
                .orElseThrow(() -> new IOException("the tiles changed while they were read")));
    }

    /** For {@code /health}: one object per log, joined by commas. */
    public String json() {
        List<String> all = new ArrayList<>();
        standings().forEach((origin, standing) -> {
            Instant at = standing.compared();
            all.add("{\"peer\":" + Json.quoted(peer) + ",\"origin\":" + Json.quoted(origin) + ",\"state\":"
                    + Json.quoted(standing.state().name().toLowerCase(Locale.ROOT)) + ",\"size\":" + standing.size()
                    + ",\"compared\":" + (at == null ? "null" : Json.quoted(at.toString())) + ",\"detail\":"
                    + Json.quoted(standing.detail()) + "}");
        });
        return String.join(",", all);
    }
}
