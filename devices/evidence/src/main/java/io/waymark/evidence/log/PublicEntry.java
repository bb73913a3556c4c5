package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import org.jspecify.annotations.Nullable;

/** What everybody may read in the log: 0x02 ‖ deterministic CBOR map, its key 0 telling what it is. FORMAT.md §6. */
public sealed interface PublicEntry permits KeyBinding, Revocation, MapHead, LogKey {
    /** The entry's bytes, 0x02 first. */
    byte[] entry();

    /** The entry, or null when it calls itself something this version does not know; its CBOR is checked then, and nothing else. */
    static @Nullable PublicEntry parse(byte[] entry) throws MalformedException {
        if (KeyBinding.is(entry)) {
            return KeyBinding.parse(entry);
        }
        if (Revocation.is(entry)) {
            return Revocation.parse(entry);
        }
        if (MapHead.is(entry)) {
            return MapHead.parse(entry);
        }
        if (LogKey.is(entry)) {
            return LogKey.parse(entry);
        }
        PublicFields.unknown(entry);
        return null;
    }
}
