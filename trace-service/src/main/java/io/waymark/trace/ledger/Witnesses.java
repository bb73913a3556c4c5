package io.waymark.trace.ledger;

import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.InvalidPolicyException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.witness.WitnessClient;
import io.waymark.evidence.witness.WitnessClient.Outcome;
import io.waymark.evidence.witness.WitnessClient.Peer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The witnesses of a C2SP tlog-policy file: who is asked to cosign what this log shows. The file is read again when it changes, so a witness
 * joins by one line; a file that cannot be read leaves the one before in force.
 *
 * <p>Thread-safe; asks one question at a time.
 *
 * @see <a href="https://c2sp.org/tlog-witness">C2SP tlog-witness</a>
 */
final class Witnesses implements Remembers, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Witnesses.class);
    private static final Duration BEFORE_SIGNING = Duration.ofSeconds(5);

    private final Path file;
    private final WitnessClient client = new WitnessClient();
    private FileTime readAt;
    private String text;
    private Policy policy;
    private final Map<String, String> refusals = new HashMap<>();

    /** @throws IllegalArgumentException when the file is no policy */
    Witnesses(Path file) {
        this.file = file;
        try {
            read();
        } catch (IOException | InvalidPolicyException e) {
            throw new IllegalArgumentException("witness policy " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * What came of asking everybody.
     *
     * @param checkpoint with the cosignatures that came
     * @param missing names of entities that have not cosigned
     * @param satisfied whether the policy's quorum has
     * @param fraud why nothing may be signed any more, if so
     * @param boast what a witness says to have seen and does not show: reason enough not to begin, none to stop
     * @param beyond whether one has cosigned a later tree of this very log, so that it will not cosign this one any more
     */
    record Answer(
            VerifiedCheckpoint checkpoint,
            List<String> missing,
            boolean satisfied,
            Optional<String> fraud,
            Optional<String> boast,
            boolean beyond) {}

    /** Asks all witnesses at once; who has not answered within the limit is missing. */
    synchronized Answer ask(NoteVerifier log, VerifiedCheckpoint head, Tiles.TileSource pages, Duration limit)
            throws InterruptedException {
        Map<Peer, Policy.Witness> peers = peers();
        Map<Peer, Outcome> outcomes = outcomes(peers, log, head, pages, limit);
        StringBuilder note = new StringBuilder(head.note());
        Optional<String> fraud = Optional.empty();
        Optional<String> boast = Optional.empty();
        boolean beyond = false;
        for (Map.Entry<Peer, Outcome> entry : outcomes.entrySet()) {
            String name = peers.get(entry.getKey()).name();
            Outcome outcome = entry.getValue();
            if (outcome instanceof Outcome.Cosigned cosigned) {
                append(note, cosigned);
                refusals.remove(name);
            } else if (outcome instanceof Outcome.SawMore more
                    && more.proof().filter(later -> holds(pages, later)).isPresent()) {
                beyond = true;
            } else if (outcome instanceof Outcome.SawMore more) {
                Optional<String> said = Optional.of(
                        "witness " + name + " has cosigned " + more.size() + " entries of this log, here are "
                                + head.size() + ", " + (more.size() - head.size())
                                + " fewer: restored from an old backup, or written by two? Get them back with "
                                + Recovery.OFFER);
                // Of a log that is being written only another writer could have shown more, and the witness shows that
                // then. Its bare word would let any one witness end every log that asks it.
                if (more.proof().isPresent()) {
                    fraud = said;
                } else {
                    boast = said;
                    LOG.warnf("%s It shows no such checkpoint.", said.get());
                }
            } else if (outcome instanceof Outcome.Refused refused
                    && refused.contradiction().isPresent()) {
                fraud = Optional.of(
                        "witness " + name + " has cosigned another history of the same " + head.size() + " entries");
            } else if (outcome instanceof Outcome.Refused refused) {
                tell(name, refused.reason(), log);
            } else {
                LOG.debugf("witness %s: %s", name, outcome);
            }
        }
        try {
            CosignedCheckpoint cosigned = policy.read(note.toString(), log);
            Policy.Judgement judgement = policy.judge(cosigned);
            return new Answer(cosigned.checkpoint(), judgement.missing(), judgement.satisfied(), fraud, boast, beyond);
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("cosignatures that were verified make a note that is refused", e);
        }
    }

    /**
     * Whether this tree is of the history that is stored here. A writer that began anew has asked about the newest tree when a question about
     * an older one, from before, still goes out: the answer to that one accuses nobody.
     */
    private static boolean holds(Tiles.TileSource pages, VerifiedCheckpoint later) {
        try {
            return Arrays.equals(later.root(), Tiles.root(later.size(), pages));
        } catch (StoredPages.UnreadableException e) {
            throw e;
        } catch (IllegalStateException lessIsStored) {
            return false;
        }
    }

    private static void append(StringBuilder note, Outcome.Cosigned cosigned) {
        cosigned.cosignatures()
                .forEach(c -> note.append(c.line()).append(c.line().endsWith("\n") ? "" : "\n"));
    }

    /** Once per reason: a witness that was not told of a hand-over refuses every second. */
    private void tell(String name, String reason, NoteVerifier log) {
        if (!reason.equals(refusals.put(name, reason))) {
            LOG.warnf(
                    "witness %s refuses: %s%s",
                    name,
                    reason,
                    reason.startsWith("403")
                            ? " - if it does not know this log's key, whoever runs it starts it with --tiles and this log's"
                                    + " address, or with --log " + log.vkey()
                            : "");
        }
    }

    private Map<Peer, Policy.Witness> peers() {
        readAgainIfChanged();
        Map<Peer, Policy.Witness> peers = new LinkedHashMap<>();
        for (Policy.Witness witness : policy.witnesses()) {
            witness.url().ifPresent(url -> peers.put(new Peer(URI.create(url), List.of(witness.key())), witness));
        }
        return peers;
    }

    private Map<Peer, Outcome> outcomes(
            Map<Peer, Policy.Witness> peers,
            NoteVerifier log,
            VerifiedCheckpoint checkpoint,
            Tiles.TileSource pages,
            Duration limit)
            throws InterruptedException {
        return client.cosign(
                List.copyOf(peers.keySet()), log, checkpoint, (from, to) -> Tiles.consistency(from, to, pages), limit);
    }

    /**
     * Has an earlier checkpoint cosigned by those who have not gone beyond it; nothing speaks against the log here.
     *
     * @return it with the cosignatures, when they are enough
     */
    synchronized Optional<VerifiedCheckpoint> offer(
            NoteVerifier log, VerifiedCheckpoint earlier, Tiles.TileSource pages, Duration limit)
            throws InterruptedException {
        StringBuilder note = new StringBuilder(earlier.note());
        for (Outcome outcome : outcomes(peers(), log, earlier, pages, limit).values()) {
            if (outcome instanceof Outcome.Cosigned cosigned) {
                append(note, cosigned);
            }
        }
        try {
            CosignedCheckpoint cosigned = policy.read(note.toString(), log);
            return policy.judge(cosigned).satisfied() ? Optional.of(cosigned.checkpoint()) : Optional.empty();
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("cosignatures that were verified make a note that is refused", e);
        }
    }

    /** Whether this checkpoint carries the cosignatures that the policy, as the file has it now, asks for. */
    synchronized boolean enough(NoteVerifier log, VerifiedCheckpoint checkpoint) {
        readAgainIfChanged();
        try {
            return policy.judge(policy.read(checkpoint.note(), log)).satisfied();
        } catch (InvalidNoteException e) {
            return false;
        }
    }

    /** The policy in force, as its file had it. */
    synchronized String text() {
        readAgainIfChanged();
        return text;
    }

    /** Who of the policy in force has cosigned this checkpoint. */
    synchronized Ledger.Witnessed witnessed(NoteVerifier log, VerifiedCheckpoint checkpoint) {
        List<String> names = List.of();
        List<String> keys = List.of();
        try {
            CosignedCheckpoint read = policy.read(checkpoint.note(), log);
            names = policy.judge(read).witnessed();
            keys = read.cosignatures().stream().map(Cosignature::name).toList();
        } catch (InvalidNoteException | IllegalArgumentException e) {
            // A note of before the policy changed, or a policy of other logs: by this one nobody has cosigned.
        }
        return new Ledger.Witnessed(policy.entities().size(), policy.needed(), policy.survives(), names, keys);
    }

    @Override
    public Optional<String> objection(NoteVerifier log, VerifiedCheckpoint head, Tiles.TileSource pages)
            throws InterruptedException {
        if (!policy.lists(log)) {
            return Optional.of("witness policy " + file + " is about other logs: it lists neither " + log.vkey()
                    + " nor a key of this log before it: add the line \"log " + log.vkey() + "\"");
        }
        if (!policy.logs().isEmpty()
                && policy.logs().stream().noneMatch(l -> l.key().vkey().equals(log.vkey()))) {
            LOG.warnf(
                    "witness policy %s lists a key that this log handed over: add the line \"log %s\" for readers who"
                            + " do not follow hand-overs",
                    file, log.vkey());
        }
        Answer answer = ask(log, head, pages, BEFORE_SIGNING);
        return answer.fraud().or(answer::boast);
    }

    private void readAgainIfChanged() {
        try {
            if (!Files.getLastModifiedTime(file).equals(readAt)) {
                read();
                LOG.infof("witness policy read: %s", policy.entities());
            }
        } catch (IOException | InvalidPolicyException | IllegalArgumentException e) {
            LOG.warnf("witness policy %s cannot be used, the one before stays: %s", file, e.getMessage());
        }
    }

    private void read() throws IOException, InvalidPolicyException {
        readAt = Files.getLastModifiedTime(file);
        String read = Files.readString(file);
        Policy parsed = Policy.parse(read);
        for (Policy.Witness witness : parsed.witnesses()) {
            witness.url().map(URI::create).filter(url -> url.getHost() == null).ifPresent(url -> {
                throw new IllegalArgumentException("witness policy " + file + ": " + url + " is no address");
            });
        }
        policy = parsed;
        text = read;
    }

    @Override
    public void close() {
        client.close();
    }
}
