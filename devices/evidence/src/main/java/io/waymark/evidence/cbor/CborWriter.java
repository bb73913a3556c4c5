package io.waymark.evidence.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes deterministic CBOR. Counts of arrays and maps are promised first and checked; map keys must come in ascending order of
 * their encoded bytes. A broken promise is the programmer's mistake: {@link IllegalStateException}.
 */
public final class CborWriter {
    private static final int MAX_DEPTH = 8;

    private byte[] buffer = new byte[256];
    private int length;

    // One slot per open array or map. A map of n pairs is open for 2n items; keys are the items with an even number
    // left.
    private final int[] left = new int[MAX_DEPTH];
    private final boolean[] isMap = new boolean[MAX_DEPTH];
    private final int[] previousKeyStart = new int[MAX_DEPTH];
    private final int[] previousKeyEnd = new int[MAX_DEPTH];
    private final int[] itemStart = new int[MAX_DEPTH];
    private int depth;
    private boolean complete;

    public CborWriter unsigned(long value) {
        if (value < 0) {
            throw new IllegalArgumentException(value + " is negative");
        }
        begin();
        head(0, value);
        return finish();
    }

    public CborWriter integer(long value) {
        begin();
        head(value < 0 ? 1 : 0, value < 0 ? -1 - value : value);
        return finish();
    }

    public CborWriter bytes(byte[] value) {
        begin();
        head(2, value.length);
        append(value);
        return finish();
    }

    /** @throws IllegalArgumentException for a lone surrogate, which has no UTF-8 */
    public CborWriter text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (!new String(utf8, StandardCharsets.UTF_8).equals(value)) {
            throw new IllegalArgumentException("text with a lone surrogate");
        }
        begin();
        head(3, utf8.length);
        append(utf8);
        return finish();
    }

    public CborWriter array(int n) {
        return open(4, n, n, false);
    }

    /** A map of {@code n} pairs: 2n items follow, key and value in turn. */
    public CborWriter map(int n) {
        return open(5, n, 2 * n, true);
    }

    public CborWriter nul() {
        begin();
        reserve(1);
        buffer[length++] = (byte) 0xf6;
        return finish();
    }

    public CborWriter bool(boolean value) {
        begin();
        reserve(1);
        buffer[length++] = (byte) (value ? 0xf5 : 0xf4);
        return finish();
    }

    /** Only 18 (COSE_Sign1), and only as the first thing written. */
    public CborWriter tag(int number) {
        if (number != 18 || length != 0) {
            throw new IllegalStateException("tag " + number + " at byte " + length);
        }
        head(6, number);
        return this;
    }

    /** One item that is already encoded. Trusted to be deterministic: give it only what this class wrote or {@link CborReader} passed. */
    public CborWriter raw(byte[] encoded) {
        begin();
        append(encoded);
        return finish();
    }

    /** The one item written. */
    public byte[] toBytes() {
        if (!complete) {
            throw new IllegalStateException("array or map is not complete");
        }
        return Arrays.copyOf(buffer, length);
    }

    private CborWriter open(int major, int count, int items, boolean map) {
        begin();
        head(major, count);
        if (items == 0) {
            return finish();
        }
        if (depth == MAX_DEPTH) {
            throw new IllegalStateException("nested deeper than " + MAX_DEPTH);
        }
        left[depth] = items;
        isMap[depth] = map;
        previousKeyStart[depth] = -1;
        depth++;
        return this;
    }

    private void begin() {
        if (complete) {
            throw new IllegalStateException("a second item after the last");
        }
        if (depth > 0) {
            itemStart[depth - 1] = length;
        }
    }

    private CborWriter finish() {
        while (depth > 0) {
            int top = depth - 1;
            if (isMap[top] && (left[top] & 1) == 0) {
                requireAscending(top);
            }
            if (--left[top] > 0) {
                return this;
            }
            depth--;
        }
        complete = true;
        return this;
    }

    private void requireAscending(int top) {
        int start = itemStart[top];
        if (previousKeyStart[top] >= 0
                && Arrays.compareUnsigned(buffer, previousKeyStart[top], previousKeyEnd[top], buffer, start, length)
                        >= 0) {
            throw new IllegalStateException("map keys are not ascending");
        }
        previousKeyStart[top] = start;
        previousKeyEnd[top] = length;
    }

    private void head(int major, long value) {
        reserve(9);
        int m = major << 5;
        if (value < 24) {
            buffer[length++] = (byte) (m | (int) value);
        } else if (value <= 0xff) {
            buffer[length++] = (byte) (m | 24);
            bigEndian(value, 1);
        } else if (value <= 0xffff) {
            buffer[length++] = (byte) (m | 25);
            bigEndian(value, 2);
        } else if (value <= 0xffff_ffffL) {
            buffer[length++] = (byte) (m | 26);
            bigEndian(value, 4);
        } else {
            buffer[length++] = (byte) (m | 27);
            bigEndian(value, 8);
        }
    }

    private void bigEndian(long value, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            buffer[length++] = (byte) (value >>> shift);
        }
    }

    private void append(byte[] value) {
        reserve(value.length);
        System.arraycopy(value, 0, buffer, length, value.length);
        length += value.length;
    }

    private void reserve(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, Math.addExact(length, more)));
        }
    }
}
