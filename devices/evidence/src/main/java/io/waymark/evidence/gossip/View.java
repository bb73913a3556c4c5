package io.waymark.evidence.gossip;

import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a witness or a mirror has seen of some logs itself. Asked by several threads. */
public interface View {
    /** Origin to the keys trusted for it, at least one. */
    Map<String, List<NoteVerifier>> logs();

    /** The largest checkpoint seen of that log; every one seen before is a beginning of it. */
    Optional<VerifiedCheckpoint> latest(String origin);

    /** The log's files as they are kept here, of the latest checkpoint at least; a witness keeps none. */
    Optional<Mirror.Source> files(String origin);

    /**
     * Keeps what proves that the log signed two histories; the same again changes nothing.
     *
     * @param seen the checkpoint that is not of ours, or of ours' tree
     */
    void contradiction(FraudProof proof, VerifiedCheckpoint seen) throws IOException;

    /** Where checkpoints are kept that could not be compared yet. */
    OwnedFolder folder();
}
