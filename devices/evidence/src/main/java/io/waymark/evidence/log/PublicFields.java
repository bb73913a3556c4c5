package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.Arrays;
import java.util.Set;

/** The fields of one public entry: read in the order of their keys, or written. */
final class PublicFields {
    private final CborReader in;
    private final int pairs;

    private PublicFields(CborReader in, int pairs) {
        this.in = in;
        this.pairs = pairs;
    }

    /** A map whose key 0 is written; {@code pairs} counts it. */
    static CborWriter write(int pairs, int what) {
        return new CborWriter().map(pairs).unsigned(0).unsigned(what);
    }

    static byte[] entry(CborWriter map) {
        byte[] cbor = map.toBytes();
        byte[] entry = new byte[1 + cbor.length];
        entry[0] = Entries.PUBLIC;
        System.arraycopy(cbor, 0, entry, 1, cbor.length);
        if (entry.length > Tiles.MAX_ENTRY) {
            throw new IllegalArgumentException("an entry of " + entry.length + " bytes");
        }
        return entry;
    }

    /** Whether the entry calls itself this; it may still be malformed. */
    static boolean is(byte[] entry, int what) {
        // 0x02 ‖ map, key 0, value
        return entry.length > 3
                && entry[0] == Entries.PUBLIC
                && (entry[1] & 0xe0) == 0xa0
                && entry[2] == 0
                && entry[3] == what;
    }

    /** Key 0 is read. */
    static PublicFields open(byte[] entry, int what, int leastPairs, int mostPairs) throws MalformedException {
        CborReader in = reader(entry);
        int pairs = in.map();
        if (pairs < leastPairs || pairs > mostPairs) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a map of " + pairs);
        }
        PublicFields fields = new PublicFields(in, pairs);
        int start = in.offset();
        if (fields.at(0).unsigned() != what) {
            throw new MalformedException(Reason.UNKNOWN_TYPE, start);
        }
        return fields;
    }

    /** An entry of which only this is known: a map that tells in key 0 what it is. */
    static void unknown(byte[] entry) throws MalformedException {
        CborReader whole = reader(entry);
        whole.skip();
        whole.end();
        CborReader in = reader(entry);
        new PublicFields(in, in.map()).at(0).unsigned();
    }

    private static CborReader reader(byte[] entry) throws MalformedException {
        if (entry.length < 2 || entry.length > Tiles.MAX_ENTRY || entry[0] != Entries.PUBLIC) {
            throw new MalformedException(Reason.WRONG_TYPE, 0, "not a public entry");
        }
        return new CborReader(Arrays.copyOfRange(entry, 1, entry.length));
    }

    /** The reader before the value of this key. */
    CborReader at(int key) throws MalformedException {
        key(in, key);
        return in;
    }

    /** Reads a map's next key, which is to be this one. */
    static void key(CborReader in, int key) throws MalformedException {
        int start = in.offset();
        long seen = in.unsigned();
        if (seen != key) {
            throw new MalformedException(
                    seen > key ? Reason.MISSING_KEY : Reason.UNKNOWN_KEY,
                    start,
                    "key " + key + " belongs here, not " + seen);
        }
    }

    String oneOf(int key, Set<String> allowed) throws MalformedException {
        int start = in.offset();
        String value = at(key).text();
        if (!allowed.contains(value)) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, start, value.length() > 40 ? "long text" : value);
        }
        return value;
    }

    int pairs() {
        return pairs;
    }

    void end() throws MalformedException {
        in.end();
    }
}
