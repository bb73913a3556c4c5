package io.waymark.evidence.log;

/** The nodes of a tree. Only complete subtrees are ever asked for; those never change as the tree grows. */
public interface HashSource {
    /**
     * @param level 0 = leaf hashes; a node of level l covers 2^l leaves
     * @param index the node covers leaves index·2^level to (index + 1)·2^level − 1
     * @return 32 bytes
     */
    byte[] hash(int level, long index);
}
