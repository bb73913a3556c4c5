package io.waymark.evidence.proof;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.message.Envelope;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One run over one file. The order and the words are FORMAT.md §10.2; the JavaScript verifier does the same. */
final class Verifier {
    private static final byte[] NO_BINDING = new byte[32];

    private final ProofFile file;
    private final NoteVerifier known;
    private final @Nullable Freshness freshness;
    private final @Nullable Policy policy;
    private final List<Check> checks = new ArrayList<>();
    private final Keys keys = new Keys();

    /** Milliseconds; 0 when no quorum of the reader's witnesses has cosigned the checkpoint. */
    private long witnessedAt;

    Verifier(
            ProofFile file,
            NoteVerifier log,
            @Nullable Freshness freshness,
            @Nullable Policy policy,
            List<VerifiedCheckpoint> anchors) {
        this.file = file;
        this.known = log;
        this.freshness = freshness;
        this.policy = policy;
        anchors.forEach(keys::anchored);
    }

    List<Check> run() {
        NoteVerifier log = handOvers();
        VerifiedCheckpoint checkpoint = log == null ? null : checkpoint(log);
        if (log == null || checkpoint == null) {
            // Everything below is about places in the tree of that checkpoint. Without it there is nothing to check
            // against.
            return checks;
        }
        if (policy != null) {
            witnesses(policy, log);
        }
        int number = 0;
        for (ProofFile.KeyEntry key : file.keys()) {
            key(number++, key, checkpoint);
        }
        steps(checkpoint);
        messages(checkpoint);
        noLaterStep(checkpoint);
        return List.copyOf(checks);
    }

    /** The log's keys as far as the file tells how they took over from the one that is known; null when what it tells is not so. */
    private @Nullable NoteVerifier handOvers() {
        HandOvers handOvers = file.handOvers();
        if (handOvers == null) {
            return known;
        }
        String expected = "keys of " + known.name() + " that handed over to each other as promised";
        String where = handOvers.handOvers().size() + " hand-overs";
        try {
            NoteVerifier log = handOvers.follow(known, file.checkpointNote());
            String seen = log == known ? "the known key is none of them" : "up to key " + log.vkey();
            add(Check.KEY_HAND_OVER, where, log == known ? Outcome.CANNOT_TELL : Outcome.PASS, expected, seen);
            return log;
        } catch (InvalidNoteException e) {
            add(Check.KEY_HAND_OVER, where, Outcome.FAIL, expected, e.getMessage());
            return null;
        }
    }

    private @Nullable VerifiedCheckpoint checkpoint(NoteVerifier log) {
        String expected = "a checkpoint signed by " + log.name();
        try {
            VerifiedCheckpoint checkpoint = log.checkpoint(file.checkpointNote());
            String seen = checkpoint.size() + " entries, root " + Keys.hex(checkpoint.root());
            add(Check.CHECKPOINT_SIGNATURE, "checkpoint", Outcome.PASS, expected, seen);
            return checkpoint;
        } catch (InvalidNoteException e) {
            Outcome outcome =
                    e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY ? Outcome.CANNOT_TELL : Outcome.FAIL;
            add(Check.CHECKPOINT_SIGNATURE, "checkpoint", outcome, expected, e.getMessage());
            return null;
        }
    }

    private void witnesses(Policy policy, NoteVerifier log) {
        int n = policy.entities().size();
        String expected = "cosignatures by " + policy.needed() + " of " + n + " witnesses";
        Outcome outcome;
        String seen;
        try {
            Policy.Judgement judgement = policy.judge(policy.read(file.checkpointNote(), log));
            outcome = judgement.satisfied() ? Outcome.PASS : Outcome.CANNOT_TELL;
            seen = judgement.witnessed().size() + " of " + n
                    + (judgement.witnessed().isEmpty() ? "" : ": " + String.join(", ", judgement.witnessed()));
            if (judgement.seconds() < MapHead.TIME_END / 1000) {
                witnessedAt = 1000 * judgement.seconds();
            }
        } catch (InvalidNoteException e) {
            outcome = Outcome.FAIL;
            seen = "a line of one of them does not fit";
        } catch (IllegalArgumentException e) {
            outcome = Outcome.CANNOT_TELL;
            seen = "the policy does not list " + log.vkey();
        }
        add(Check.WITNESS_COSIGNATURES, "checkpoint", outcome, expected, seen);
    }

    private void key(int number, ProofFile.KeyEntry key, VerifiedCheckpoint checkpoint) {
        String where = "key entry " + number;
        String expected = "a key binding or revocation at index " + key.place().leafIndex();
        try {
            KeyBinding binding = null;
            Revocation revocation = null;
            String what;
            if (Revocation.is(key.entry())) {
                revocation = Revocation.parse(key.entry());
                what = "revocation of key " + Keys.hex(revocation.kid());
            } else {
                binding = KeyBinding.parse(key.entry());
                what = "key " + Keys.hex(binding.key().kid()) + ": " + Keys.shown(binding.organisation()) + ", "
                        + binding.role() + ", kept by " + binding.keeper() + ", identity " + binding.identityProof();
            }
            if (!key.place().places(MerkleHash.leaf(key.entry()), checkpoint)) {
                add(Check.KEY_BINDING, where, Outcome.FAIL, expected, what + ", not in the log at that index");
                return;
            }
            if (binding != null) {
                keys.add(binding, key.place().leafIndex());
            } else if (revocation != null) {
                keys.add(revocation, key.place().leafIndex());
            }
            add(Check.KEY_BINDING, where, Outcome.PASS, expected, what);
        } catch (MalformedException e) {
            add(Check.KEY_BINDING, where, Outcome.FAIL, expected, e.getMessage());
        }
    }

    private void steps(VerifiedCheckpoint checkpoint) {
        byte[] previousLink = null;
        long previousIndex = -1;
        boolean chainKnown = true;
        Map<List<Object>, Long> signed = new HashMap<>();
        for (int i = 0; i < file.steps().size(); i++) {
            ProofFile.Step step = file.steps().get(i);
            String where = "step " + step.n();
            long index = step.link().leafIndex();
            Envelope envelope = signature(
                    Check.STEP_SIGNATURE,
                    where,
                    step.cose(),
                    index,
                    "signed by an organisation whose key was bound before",
                    type -> type == MessageType.CUSTODY_STEP ? KeyBinding.ORGANISATION : null);
            Disclosure disclosure =
                    envelope == null ? null : content(Check.STEP_CONTENT, where, step.disclosure(), envelope);
            object(where, step, disclosure);
            if (step.n() == 0) {
                labelCommitment(where, step);
            }
            boolean inOrder = step.n() == i && index > previousIndex;
            // The link's n is the operator's; the signer's own numbers show a step that is told twice or out of turn.
            boolean signedInOrder = true;
            if (envelope != null) {
                long seq = envelope.head().seq();
                List<Object> stream = List.of(
                        ByteBuffer.wrap(envelope.head().id()), envelope.head().epoch());
                signedInOrder = seq > signed.getOrDefault(stream, -1L);
                signed.merge(stream, seq, Math::max);
            }
            add(
                    Check.LINK_CHAIN,
                    where,
                    inOrder && signedInOrder ? Outcome.PASS : Outcome.FAIL,
                    "step " + i + ", recorded after index " + previousIndex,
                    "step " + step.n() + " at index " + index
                            + (signedInOrder ? "" : ", but signed earlier, or told twice"));
            previousIndex = index;
            if (envelope == null || !chainKnown) {
                chainKnown = false;
                add(
                        Check.LINK_INCLUSION,
                        where,
                        Outcome.CANNOT_TELL,
                        "the link at index " + index,
                        "a step before could not be read");
                continue;
            }
            byte[] linkDigest = Entries.linkDigest(envelope.digest(), step.n(), previousLink);
            byte[] entry = Entries.link(file.objectSecret(), step.n(), linkDigest);
            inclusion(Check.LINK_INCLUSION, where, "link " + Keys.hex(linkDigest), entry, step.link(), checkpoint);
            previousLink = linkDigest;
        }
    }

    private void object(String where, ProofFile.Step step, @Nullable Disclosure disclosure) {
        String expected = Keys.shown(file.objectUri()) + " under the step's object root";
        Optional<Group> group = disclosure == null ? Optional.empty() : disclosure.group(CustodyStep.OBJECTS);
        if (group.isEmpty()) {
            add(Check.OBJECT_IN_STEP, where, Outcome.CANNOT_TELL, expected, "the step's object root is not disclosed");
            return;
        }
        CustodyStep.Objects objects = CustodyStep.objects(group.get());
        ProofFile.ObjectPlace place = step.object();
        byte[] leaf = ObjectTree.leaf(place.salt(), place.binding(), file.objectUri());
        byte[] root = MerkleHash.rootFrom(leaf, place.index(), objects.count(), place.path());
        String seen = "object " + place.index() + " of " + objects.count();
        if (root == null || !Arrays.equals(root, objects.root())) {
            add(Check.OBJECT_IN_STEP, where, Outcome.FAIL, expected, seen + ", another root");
        } else if (step.n() > 0 && !Arrays.equals(place.binding(), NO_BINDING)) {
            add(
                    Check.OBJECT_IN_STEP,
                    where,
                    Outcome.FAIL,
                    expected + ", not commissioned again",
                    seen + ", commissioned in this step");
        } else {
            add(Check.OBJECT_IN_STEP, where, Outcome.PASS, expected, seen);
        }
    }

    private void labelCommitment(String where, ProofFile.Step step) {
        byte[] commitment = ObjectTree.binding(file.objectUri(), file.objectSecret());
        boolean same = Arrays.equals(commitment, step.object().binding());
        add(
                Check.LABEL_COMMITMENT,
                where,
                same ? Outcome.PASS : Outcome.FAIL,
                "commitment to this label " + Keys.hex(commitment),
                Keys.hex(step.object().binding()));
    }

    private void messages(VerifiedCheckpoint checkpoint) {
        Set<Long> indexes = new HashSet<>();
        Set<List<Object>> numbers = new HashSet<>();
        int number = 0;
        for (ProofFile.Message message : file.messages()) {
            String where = "message " + number++;
            long index = message.place().leafIndex();
            Envelope envelope = signature(
                    Check.READING_SIGNATURE,
                    where,
                    message.cose(),
                    index,
                    "signed by a key that was bound before",
                    Verifier::signerOf);
            if (envelope == null) {
                continue;
            }
            content(Check.READING_CONTENT, where, message.disclosure(), envelope);
            byte[] entry = Entries.statement(message.tag(), envelope.digest());
            Head head = envelope.head();
            boolean ownIndex = indexes.add(index);
            // The tag is the operator's word: the same message may stand in the log under two.
            boolean ownNumber = numbers.add(List.of(ByteBuffer.wrap(head.id()), head.epoch(), head.seq()));
            if (!ownIndex) {
                add(Check.READING_INCLUSION, where, Outcome.FAIL, "an index of its own", "index " + index + " again");
            } else if (!ownNumber) {
                String seen = "epoch " + head.epoch() + ", number " + head.seq() + " of its stream again";
                add(Check.READING_INCLUSION, where, Outcome.FAIL, "a number of its own", seen);
            } else {
                inclusion(
                        Check.READING_INCLUSION,
                        where,
                        "message " + Keys.hex(envelope.digest()),
                        entry,
                        message.place(),
                        checkpoint);
            }
        }
    }

    private void noLaterStep(VerifiedCheckpoint checkpoint) {
        int n = file.steps().size();
        String expected = "no step " + n + " in the map of all links";
        ProofFile.NoLaterStep claim = file.noLaterStep();
        if (claim == null) {
            add(Check.NO_LATER_STEP, "map head", Outcome.CANNOT_TELL, expected, "no map head in this file");
            return;
        }
        MapHead head;
        try {
            head = MapHead.parse(claim.mapHead());
        } catch (MalformedException e) {
            add(Check.NO_LATER_STEP, "map head", Outcome.FAIL, expected, e.getMessage());
            return;
        }
        long index = claim.place().leafIndex();
        long lastLink = file.steps().stream()
                .mapToLong(step -> step.link().leafIndex())
                .max()
                .orElse(-1);
        String of = "the map of the first " + head.size() + " entries";
        // Only of the tree that ends with the head: what came after it the map does not know.
        boolean witnessed = witnessedAt > 0 && index == checkpoint.size() - 1;
        long time = witnessed ? witnessedAt : head.timeMillis();
        String asOf = ", as of " + Instant.ofEpochMilli(time).truncatedTo(ChronoUnit.SECONDS)
                + (witnessed ? " by the witnesses' clocks" : " by the operator's own clock");
        MapProof.Finding finding = claim.proof().find(Entries.linkTag(file.objectSecret(), n), head.root());
        Outcome outcome = Outcome.FAIL;
        String seen;
        if (!claim.place().places(MerkleHash.leaf(claim.mapHead()), checkpoint)) {
            seen = of + ", not in the log at index " + index;
        } else if (index < head.size()) {
            seen = of + ", though it stands at index " + index;
        } else if (finding == MapProof.Finding.NOTHING) {
            seen = of + ", whose root the proof does not lead to";
        } else if (finding == MapProof.Finding.PRESENT) {
            seen = of + " has a step " + n + asOf;
        } else if (head.size() <= lastLink) {
            outcome = Outcome.CANNOT_TELL;
            seen = of + ", older than the last step at index " + lastLink;
        } else if (freshness != null && !freshness.includes(time)) {
            outcome = Outcome.CANNOT_TELL;
            seen = "none" + asOf + ", which is more than " + freshness.maxAgeMillis() / 1000 + " s from now";
        } else {
            outcome = Outcome.PASS;
            seen = "none" + asOf;
        }
        add(Check.NO_LATER_STEP, "map head at index " + index, outcome, expected, seen);
    }

    private static @Nullable String signerOf(int type) {
        return switch (type) {
            case MessageType.READING, MessageType.IMAGE_MANIFEST -> KeyBinding.DEVICE;
            case MessageType.STATEMENT -> KeyBinding.ORGANISATION;
            default -> null;
        };
    }

    private interface SignerOf {
        @Nullable
        String role(int type);
    }

    /** The envelope, or null when it cannot be read; the check is added either way. */
    private @Nullable Envelope signature(
            String name, String where, byte[] cose, long index, String expected, SignerOf signerOf) {
        Envelope envelope;
        try {
            envelope = Envelope.parse(cose);
        } catch (MalformedException e) {
            add(name, where, Outcome.FAIL, expected, e.getMessage());
            return null;
        }
        String role = signerOf.role(envelope.head().type());
        if (role == null) {
            add(
                    name,
                    where,
                    Outcome.FAIL,
                    expected,
                    "a message of type " + envelope.head().type() + ", which has no place here");
            return envelope;
        }
        Keys.Judgement judgement = keys.judge(envelope, role, index);
        add(name, where, judgement.outcome(), expected, judgement.seen());
        return envelope;
    }

    /** The disclosure, or null when it cannot be read; the check is added either way. */
    private @Nullable Disclosure content(String name, String where, byte[] encoded, Envelope envelope) {
        String expected = "content with the signed root " + Keys.hex(envelope.fieldsRoot());
        try {
            Disclosure disclosure = Disclosure.parse(encoded);
            for (Group group : disclosure.groups()) {
                if (!MessageType.allows(envelope.head().type(), group.key())) {
                    add(
                            name,
                            where,
                            Outcome.FAIL,
                            expected,
                            "group " + group.key() + " in a message of type "
                                    + envelope.head().type());
                    return disclosure;
                }
            }
            String seen = disclosure.groups().size() + " parts shown, " + disclosure.withheld() + " withheld";
            boolean matches = disclosure.matches(envelope.fieldsRoot());
            add(name, where, matches ? Outcome.PASS : Outcome.FAIL, expected, matches ? seen : seen + ", another root");
            return disclosure;
        } catch (MalformedException e) {
            add(name, where, Outcome.FAIL, expected, e.getMessage());
            return null;
        }
    }

    private void inclusion(
            String name, String where, String what, byte[] entry, InclusionProof place, VerifiedCheckpoint checkpoint) {
        boolean placed = place.places(MerkleHash.leaf(entry), checkpoint);
        add(
                name,
                where,
                placed ? Outcome.PASS : Outcome.FAIL,
                what + " at index " + place.leafIndex() + " of " + checkpoint.size(),
                placed ? "there" : "not there");
    }

    private void add(String name, String lookedAt, Outcome outcome, String expected, String seen) {
        checks.add(new Check(name, lookedAt, outcome, expected, seen));
    }
}
