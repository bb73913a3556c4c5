package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;

/** 0x02 ‖ deterministic CBOR map, its key 0 telling what it is. */
final class PublicEntry {
    private PublicEntry() {}

    static byte[] of(CborWriter map) {
        byte[] cbor = map.toBytes();
        byte[] entry = new byte[1 + cbor.length];
        entry[0] = Entries.PUBLIC;
        System.arraycopy(cbor, 0, entry, 1, cbor.length);
        if (entry.length > Tiles.MAX_ENTRY) {
            throw new IllegalArgumentException("an entry of " + entry.length + " bytes");
        }
        return entry;
    }

    /** A reader before the map, after the kind byte. */
    static CborReader open(byte[] entry) throws MalformedException {
        if (entry.length < 2 || entry.length > Tiles.MAX_ENTRY || entry[0] != Entries.PUBLIC) {
            throw new MalformedException(Reason.WRONG_TYPE, 0, "not a public entry");
        }
        return new CborReader(java.util.Arrays.copyOfRange(entry, 1, entry.length));
    }

    static void key(CborReader in, long expected) throws MalformedException {
        int start = in.offset();
        long seen = in.unsigned();
        if (seen != expected) {
            throw new MalformedException(
                    seen > expected ? Reason.MISSING_KEY : Reason.UNKNOWN_KEY,
                    start,
                    "key " + expected + " belongs here, not " + seen);
        }
    }

    static void what(CborReader in, long expected) throws MalformedException {
        key(in, 0);
        int start = in.offset();
        if (in.unsigned() != expected) {
            throw new MalformedException(Reason.UNKNOWN_TYPE, start);
        }
    }

    static String oneOf(CborReader in, java.util.Set<String> allowed) throws MalformedException {
        int start = in.offset();
        String value = in.text();
        if (!allowed.contains(value)) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, start, value.length() > 40 ? "long text" : value);
        }
        return value;
    }
}
