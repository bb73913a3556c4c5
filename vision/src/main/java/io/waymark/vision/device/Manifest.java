package io.waymark.vision.device;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.vision.photo.ObjectUri;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.vault.Digest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What ingest says about a device image, from a manifest whose signature it has checked.
 *
 * @param device       16 bytes
 * @param bytes        of the whole image
 * @param chunkBytes   of every chunk but the last
 * @param chunkDigests SHA-256 of each chunk, in order
 * @param objects      the items it shows, by associations with key 2
 */
public record Manifest(
        String tenant,
        byte[] device,
        long bytes,
        String mediaType,
        int chunkBytes,
        List<Digest> chunkDigests,
        List<ObjectUri> objects) {
    public static final int MAX_CHUNK = 128 * 1024;
    public static final int MAX_CHUNKS = 512;
    public static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final Pattern TENANT = Pattern.compile("[a-z0-9-]{1,32}");
    private static final Set<String> MEDIA_TYPES = Set.of("image/jpeg", "image/png");
    private static final int MAX_ASSOCIATIONS = 16;
    private static final int SGTIN = 2;

    // {0: tenant tstr, 1: device bstr16, 2: bytes uint, 3: media type tstr, 4: chunk bytes uint, 5: chunk digests bstr
    // n × 32,
    //  6: [* [key uint, value]]}     deterministic CBOR; 1–5 are fields of the device's manifest (FORMAT.md, groups
    // 20–24), 6 is group 8
    /** @throws VisionProblem 400 for anything else than such a manifest, within the bounds above */
    static Manifest read(byte[] cbor) {
        try {
            CborReader in = new CborReader(cbor);
            if (in.map() != 7) {
                throw VisionProblem.malformed("a manifest has the keys 0 to 6");
            }
            key(in, 0);
            String tenant = in.text();
            key(in, 1);
            byte[] device = in.bytes(16);
            key(in, 2);
            long bytes = in.unsigned();
            key(in, 3);
            String mediaType = in.text();
            key(in, 4);
            long chunkBytes = in.unsigned();
            key(in, 5);
            byte[] digests = in.bytes();
            key(in, 6);
            List<ObjectUri> objects = objects(in);
            in.end();

            require(TENANT.matcher(tenant).matches(), "the tenant is none");
            require(bytes >= 1 && bytes <= MAX_BYTES, "the image has more than 16 MiB, or none");
            require(MEDIA_TYPES.contains(mediaType), "the media type is not image/jpeg or image/png");
            require(chunkBytes >= 1 && chunkBytes <= MAX_CHUNK, "a chunk has more than 128 KiB, or none");
            long chunks = (bytes + chunkBytes - 1) / chunkBytes;
            require(chunks <= MAX_CHUNKS, "there are more than " + MAX_CHUNKS + " chunks");
            require(digests.length == 32 * chunks, "there are not " + chunks + " chunk digests");
            List<Digest> chunkDigests = new ArrayList<>();
            for (int at = 0; at < digests.length; at += 32) {
                chunkDigests.add(new Digest(Arrays.copyOfRange(digests, at, at + 32)));
            }
            return new Manifest(tenant, device, bytes, mediaType, (int) chunkBytes, List.copyOf(chunkDigests), objects);
        } catch (MalformedException e) {
            throw VisionProblem.malformed("the manifest is not deterministic CBOR of its fields: " + e.getMessage());
        }
    }

    private static List<ObjectUri> objects(CborReader in) throws MalformedException {
        int n = in.array();
        require(n <= MAX_ASSOCIATIONS, "there are more than " + MAX_ASSOCIATIONS + " associations");
        List<ObjectUri> objects = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            require(in.array() == 2, "an association has a key and a value");
            if (in.unsigned() == SGTIN) {
                // An unreadable item path is the device's mistake; its image is evidence all the same.
                ObjectUri.ofPath(in.text()).ifPresent(objects::add);
            } else {
                in.rawItem();
            }
        }
        return List.copyOf(objects);
    }

    private static void key(CborReader in, int expected) throws MalformedException {
        require(in.unsigned() == expected, "a manifest has the keys 0 to 6");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw VisionProblem.malformed(otherwise);
        }
    }

    /** Bytes chunk {@code n} must have. */
    int length(int n) {
        return (int) Math.min(chunkBytes, bytes - (long) n * chunkBytes);
    }

    boolean describesTheSameBytes(Manifest other) {
        return bytes == other.bytes
                && chunkBytes == other.chunkBytes
                && mediaType.equals(other.mediaType)
                && chunkDigests.equals(other.chunkDigests);
    }
}
