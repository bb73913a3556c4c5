package io.waymark.evidence.cbor;

import io.waymark.evidence.cbor.MalformedException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads deterministic CBOR in the order it was written and refuses everything else: longer-than-needed lengths, indefinite lengths,
 * floats, unsorted or repeated map keys, nesting beyond 8, counts and lengths beyond the input (checked before anything is allocated).
 * Call {@link #end()} after the last item: it refuses trailing bytes.
 *
 * <p>Not for several threads. The input is not copied: do not change it while reading.
 */
public final class CborReader {
    /** Arrays and maps inside one another, counted per buffer. */
    public static final int MAX_DEPTH = 8;

    /** What the next item is. */
    public enum Kind {
        UNSIGNED,
        NEGATIVE,
        BYTES,
        TEXT,
        ARRAY,
        MAP,
        TAG,
        BOOL,
        NULL
    }

    private final byte[] input;
    private int at;

    // One slot per open array or map. A map of n pairs is open for 2n items; keys are the items with an even number
    // left.
    private final int[] left = new int[MAX_DEPTH];
    private final boolean[] isMap = new boolean[MAX_DEPTH];
    private final int[] previousKeyStart = new int[MAX_DEPTH];
    private final int[] previousKeyEnd = new int[MAX_DEPTH];
    private final int[] itemStart = new int[MAX_DEPTH];
    private int depth;

    public CborReader(byte[] input) {
        this.input = input;
    }

    /** Opens an array; its items are read next. */
    public int array() throws MalformedException {
        begin();
        int count = count(Major.ARRAY, 1);
        open(count, false);
        return count;
    }

    /** Opens an array that must have exactly {@code n} items. */
    public void array(int n) throws MalformedException {
        int start = at;
        if (array() != n) {
            throw new MalformedException(Reason.WRONG_LENGTH, start, "array of another size than " + n);
        }
    }

    /** Opens a map; its keys and values are read next, in turn. */
    public int map() throws MalformedException {
        begin();
        int count = count(Major.MAP, 2);
        open(2 * count, true);
        return count;
    }

    /** 0 to 2^63 − 1. */
    public long unsigned() throws MalformedException {
        begin();
        long value = argument(Major.UNSIGNED);
        finish();
        return value;
    }

    /** −2^63 to 2^63 − 1. */
    public long integer() throws MalformedException {
        begin();
        requireMore();
        boolean negative = (input[at] & 0xe0) == Major.NEGATIVE << 5;
        long value = negative ? -1 - argument(Major.NEGATIVE) : argument(Major.UNSIGNED);
        finish();
        return value;
    }

    /** A fresh copy. */
    public byte[] bytes() throws MalformedException {
        begin();
        int length = count(Major.BYTES, 1);
        byte[] value = Arrays.copyOfRange(input, at, at + length);
        at += length;
        finish();
        return value;
    }

    public byte[] bytes(int exactLength) throws MalformedException {
        int start = at;
        byte[] value = bytes();
        if (value.length != exactLength) {
            throw new MalformedException(
                    Reason.WRONG_LENGTH, start, value.length + " bytes where " + exactLength + " belong");
        }
        return value;
    }

    public String text() throws MalformedException {
        begin();
        int start = at;
        int length = count(Major.TEXT, 1);
        String value = utf8(start, length);
        at += length;
        finish();
        return value;
    }

    public boolean isNull() throws MalformedException {
        return peek() == Kind.NULL;
    }

    public void nul() throws MalformedException {
        begin();
        require(Kind.NULL);
        at++;
        finish();
    }

    public boolean bool() throws MalformedException {
        begin();
        require(Kind.BOOL);
        boolean value = (input[at] & 0xff) == 0xf5;
        at++;
        finish();
        return value;
    }

    /** The tag around the whole buffer; the tagged item is read next. Only 18, only at byte 0. */
    public int tag() throws MalformedException {
        requireMore();
        if ((input[at] & 0xe0) != Major.TAG << 5) {
            throw new MalformedException(Reason.WRONG_TYPE, at, "tag expected");
        }
        int start = at;
        long number = argument(Major.TAG);
        if (number != 18 || start != 0) {
            throw new MalformedException(Reason.TAG_NOT_ALLOWED, start, "tag " + number);
        }
        return (int) number;
    }

    /** The encoded bytes of the next item, checked like everything else; a tag is refused. */
    public byte[] rawItem() throws MalformedException {
        int start = at;
        skip();
        return Arrays.copyOfRange(input, start, at);
    }

    /** Reads and checks the next item, whatever it is. */
    public void skip() throws MalformedException {
        int floor = depth;
        do {
            switch (peek()) {
                case UNSIGNED, NEGATIVE -> integer();
                case BYTES -> {
                    begin();
                    int length = count(Major.BYTES, 1); // moves "at": never in one expression with it
                    at += length;
                    finish();
                }
                case TEXT -> text();
                case ARRAY -> array();
                case MAP -> map();
                case BOOL -> bool();
                case NULL -> nul();
                case TAG -> throw new MalformedException(Reason.TAG_NOT_ALLOWED, at);
            }
        } while (depth > floor);
    }

    /** @throws MalformedException at the end of the input, and for first bytes outside the subset */
    public Kind peek() throws MalformedException {
        requireMore();
        int first = input[at] & 0xff;
        switch (first >> 5) {
            case Major.UNSIGNED:
                return Kind.UNSIGNED;
            case Major.NEGATIVE:
                return Kind.NEGATIVE;
            case Major.BYTES:
                return Kind.BYTES;
            case Major.TEXT:
                return Kind.TEXT;
            case Major.ARRAY:
                return Kind.ARRAY;
            case Major.MAP:
                return Kind.MAP;
            case Major.TAG:
                return Kind.TAG;
            default:
                if (first == 0xf4 || first == 0xf5) {
                    return Kind.BOOL;
                }
                if (first == 0xf6) {
                    return Kind.NULL;
                }
                throw new MalformedException(first == 0xff ? Reason.INDEFINITE_LENGTH : Reason.NOT_IN_SUBSET, at);
        }
    }

    /** Bytes read so far. */
    public int offset() {
        return at;
    }

    /** The whole input was one item and it has been read. */
    public void end() throws MalformedException {
        if (depth > 0) {
            throw new MalformedException(Reason.TRAILING_BYTES, at, "items left unread");
        }
        if (at != input.length) {
            throw new MalformedException(Reason.TRAILING_BYTES, at, (input.length - at) + " bytes");
        }
    }

    private static final class Major {
        static final int UNSIGNED = 0;
        static final int NEGATIVE = 1;
        static final int BYTES = 2;
        static final int TEXT = 3;
        static final int ARRAY = 4;
        static final int MAP = 5;
        static final int TAG = 6;
    }

    private void begin() {
        if (depth > 0) {
            itemStart[depth - 1] = at;
        }
    }

    private void open(int items, boolean map) throws MalformedException {
        // An empty array counts for the depth like a full one, so that the limit does not depend on what is inside.
        if (depth == MAX_DEPTH) {
            throw new MalformedException(Reason.TOO_DEEP, at);
        }
        if (items == 0) {
            finish();
            return;
        }
        left[depth] = items;
        isMap[depth] = map;
        previousKeyStart[depth] = -1;
        depth++;
    }

    private void finish() throws MalformedException {
        while (depth > 0) {
            int top = depth - 1;
            if (isMap[top] && (left[top] & 1) == 0) {
                requireAscending(top);
            }
            if (--left[top] > 0) {
                return;
            }
            depth--;
        }
    }

    private void requireAscending(int top) throws MalformedException {
        int start = itemStart[top];
        if (previousKeyStart[top] >= 0) {
            int order = Arrays.compareUnsigned(input, previousKeyStart[top], previousKeyEnd[top], input, start, at);
            if (order >= 0) {
                throw new MalformedException(order == 0 ? Reason.DUPLICATE_KEY : Reason.KEYS_NOT_ASCENDING, start);
            }
        }
        previousKeyStart[top] = start;
        previousKeyEnd[top] = at;
    }

    private int count(int major, int bytesEach) throws MalformedException {
        int start = at;
        long count = argument(major);
        // Every item takes at least one byte: a count beyond what is left is a lie, found before anything is allocated
        // for it.
        if (count > (input.length - at) / bytesEach) {
            throw new MalformedException(Reason.TRUNCATED, start, "count or length " + count + " beyond the input");
        }
        return (int) count;
    }

    private long argument(int major) throws MalformedException {
        requireMore();
        int start = at;
        int first = input[at] & 0xff;
        if (first >> 5 != major) {
            peek();
            throw new MalformedException(Reason.WRONG_TYPE, start);
        }
        at++;
        int low = first & 0x1f;
        if (low < 24) {
            return low;
        }
        if (low > 27) {
            throw new MalformedException(low == 31 ? Reason.INDEFINITE_LENGTH : Reason.NOT_IN_SUBSET, start);
        }
        int width = 1 << (low - 24);
        if (input.length - at < width) {
            throw new MalformedException(Reason.TRUNCATED, start);
        }
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 8 | (input[at++] & 0xff);
        }
        if (width == 8 && value < 0) {
            throw new MalformedException(Reason.INTEGER_OUT_OF_RANGE, start);
        }
        boolean shortest =
                switch (width) {
                    case 1 -> value >= 24;
                    case 2 -> value > 0xff;
                    case 4 -> value > 0xffff;
                    default -> value > 0xffff_ffffL;
                };
        if (!shortest) {
            throw new MalformedException(Reason.NOT_SHORTEST, start);
        }
        return value;
    }

    private String utf8(int start, int length) throws MalformedException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(input, at, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException(Reason.INVALID_UTF8, start);
        }
    }

    private void require(Kind kind) throws MalformedException {
        if (peek() != kind) {
            throw new MalformedException(Reason.WRONG_TYPE, at, kind + " expected");
        }
    }

    private void requireMore() throws MalformedException {
        if (at >= input.length) {
            throw new MalformedException(Reason.TRUNCATED, at);
        }
    }
}
