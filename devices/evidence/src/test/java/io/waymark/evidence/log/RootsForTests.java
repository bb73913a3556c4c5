package io.waymark.evidence.log;

import java.util.Arrays;
import java.util.List;

/** Opens to tests what the library keeps shut: proofs against a size and a root that no checkpoint ties together. */
public final class RootsForTests {
    private RootsForTests() {}

    public static VerifiedCheckpoint checkpoint(long size, byte[] root) {
        return new VerifiedCheckpoint(new Checkpoint("test", size, root), "");
    }

    /** Roots of another length than 32 cannot come from a checkpoint: refused. */
    public static boolean places(byte[] leafHash, long index, long size, byte[] root, List<byte[]> path) {
        return root.length == 32
                && size >= 0
                && new InclusionProof(index, path).places(leafHash, checkpoint(size, root));
    }

    public static boolean extendsFrom(long oldSize, byte[] oldRoot, long size, byte[] root, List<byte[]> path) {
        return oldRoot.length == 32
                && root.length == 32
                && oldSize >= 0
                && size >= 0
                && new ConsistencyProof(path).extends_(checkpoint(oldSize, oldRoot), checkpoint(size, root));
    }

    /** A note taken apart and put together again. */
    public static String rewritten(String note) throws InvalidNoteException {
        Note parsed = Note.parse(note);
        StringBuilder text = new StringBuilder(parsed.text()).append('\n');
        parsed.lines().forEach(line -> text.append(line.text()));
        return text.toString();
    }

    public static byte[] ofFullTile(byte[] tile) {
        CompactTree tree = new CompactTree();
        for (int i = 0; i < 256; i++) {
            tree.append(Arrays.copyOfRange(tile, 32 * i, 32 * i + 32));
        }
        return tree.root();
    }
}
