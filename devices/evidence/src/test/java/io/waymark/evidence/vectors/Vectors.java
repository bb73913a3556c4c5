package io.waymark.evidence.vectors;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.receipt.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Makes all vector files. The same bytes on every machine and every day: seeds are words, signatures are deterministic. */
final class Vectors {
    private final Map<String, VectorFile> files = new TreeMap<>();

    /** File name to content. */
    static Map<String, String> all() throws Exception {
        Vectors vectors = new Vectors();
        vectors.cbor();
        vectors.keys();
        vectors.messages();
        vectors.disclosures();
        vectors.receipts();
        vectors.notes();
        new WitnessVectors(vectors::put).all();
        vectors.trees();
        vectors.entries();
        vectors.maps();
        vectors.proofs();
        vectors.witnessedProofs(new Story().log.verifier().vkey());
        vectors.handOvers();
        Map<String, String> contents = new TreeMap<>();
        vectors.files.forEach((name, file) -> contents.put(name + ".txt", file.content()));
        return contents;
    }

    private void put(String name, VectorFile file) {
        if (files.put(name, file) != null) {
            throw new AssertionError("two vectors are called " + name);
        }
    }

    // ---- CBOR
    // -------------------------------------------------------------------------------------------------------------------

    private void cbor() {
        good(
                "integers",
                "8c" + "00" + "17" + "1818" + "18ff" + "190100" + "1a00010000" + "1b0000000100000000"
                        + "1b7fffffffffffffff" + "20" + "3818" + "3903e7" + "3b7fffffffffffffff");
        good("strings", "84" + "40" + "43010203" + "60" + "66e284a2c3a561");
        good("map-keys", "a6" + "00f6" + "01f5" + "0af4" + "181880" + "20a0" + "616100");
        good("depth-8", "8181818181818180");
        broken("not-shortest-integer", "1817", "NOT_SHORTEST");
        broken("not-shortest-length", "580100", "NOT_SHORTEST");
        broken("not-shortest-count", "980100", "NOT_SHORTEST");
        broken("not-shortest-in-8-bytes", "1b00000000ffffffff", "NOT_SHORTEST");
        broken("integer-beyond-int64", "1b8000000000000000", "INTEGER_OUT_OF_RANGE");
        broken("negative-beyond-int64", "3b8000000000000000", "INTEGER_OUT_OF_RANGE");
        broken("indefinite-array", "9f01ff", "INDEFINITE_LENGTH");
        broken("indefinite-map", "bf0001ff", "INDEFINITE_LENGTH");
        broken("indefinite-bytes", "5f4101ff", "INDEFINITE_LENGTH");
        broken("indefinite-text", "7f6161ff", "INDEFINITE_LENGTH");
        broken("break-alone", "ff", "INDEFINITE_LENGTH");
        broken("half-float", "f93c00", "NOT_IN_SUBSET");
        broken("float", "fa3f800000", "NOT_IN_SUBSET");
        broken("double", "fb3ff0000000000000", "NOT_IN_SUBSET");
        broken("undefined", "f7", "NOT_IN_SUBSET");
        broken("simple-value", "e0", "NOT_IN_SUBSET");
        broken("simple-value-long", "f820", "NOT_IN_SUBSET");
        broken("reserved-additional", "1c", "NOT_IN_SUBSET");
        broken("tag", "c11a514b67b0", "TAG_NOT_ALLOWED");
        broken("tag-inside", "81d28440a04040", "TAG_NOT_ALLOWED");
        broken("map-not-sorted", "a201000000", "KEYS_NOT_ASCENDING");
        broken("map-sorted-by-value-not-bytes", "a2" + "2000" + "0100", "KEYS_NOT_ASCENDING");
        broken("map-key-twice", "a200000001", "DUPLICATE_KEY");
        broken("trailing-byte", "0000", "TRAILING_BYTES");
        broken("empty", "", "TRUNCATED");
        broken("truncated-integer", "1a0000", "TRUNCATED");
        broken("length-beyond-input", "5a7fffffff00", "TRUNCATED");
        broken("count-beyond-input", "9a7fffffff00", "TRUNCATED");
        broken("map-count-beyond-input", "a20001", "TRUNCATED");
        broken("huge-length", "5b7fffffffffffffff", "TRUNCATED");
        broken("depth-9", "818181818181818180", "TOO_DEEP");
        broken("utf8-overlong", "62c080", "INVALID_UTF8");
        broken("utf8-surrogate", "63eda080", "INVALID_UTF8");
        broken("utf8-cut", "61c3", "INVALID_UTF8");
    }

    private void good(String name, String hex) {
        put("good-cbor-" + name, VectorFile.of("cbor").text("bytes", hex));
    }

    private void broken(String name, String hex, String reason) {
        put("broken-cbor-" + name, VectorFile.of("cbor").text("reason", reason).text("bytes", hex));
    }

    // ---- keys
    // -------------------------------------------------------------------------------------------------------------------

    private void keys() {
        for (SigningKey key : List.of(Seeds.key("device"), Seeds.p256("element"))) {
            String name = key.algorithm().name().toLowerCase(java.util.Locale.ROOT);
            put(
                    "good-key-" + name,
                    VectorFile.of("key")
                            .hex("cose-key", key.verificationKey().coseKey())
                            .hex("kid", key.verificationKey().kid())
                            .text("algorithm", key.algorithm().name()));
        }
        byte[] ed = Seeds.key("device").verificationKey().coseKey();
        byte[] p256 = Seeds.p256("element").verificationKey().coseKey();
        brokenKey("identity", okp("0100000000000000000000000000000000000000000000000000000000000000"), "KEY_NOT_VALID");
        brokenKey("order-2", okp("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), "KEY_NOT_VALID");
        brokenKey("order-4", okp("0000000000000000000000000000000000000000000000000000000000000000"), "KEY_NOT_VALID");
        brokenKey("order-8", okp("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "KEY_NOT_VALID");
        brokenKey(
                "not-canonical",
                okp("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
                "KEY_NOT_VALID");
        brokenKey(
                "not-on-curve-ed25519",
                okp("0200000000000000000000000000000000000000000000000000000000000000"),
                "KEY_NOT_VALID");
        brokenKey(
                "31-bytes",
                new CborWriter()
                        .map(3)
                        .integer(1)
                        .integer(1)
                        .integer(-1)
                        .integer(6)
                        .integer(-2)
                        .bytes(new byte[31])
                        .toBytes(),
                "WRONG_LENGTH");
        brokenKey("x25519", replace(ed, "2006", "2004"), "UNKNOWN_ALGORITHM");
        brokenKey("trailing-byte", RawMessage.concat(ed, new byte[] {0}), "TRAILING_BYTES");
        brokenKey(
                "with-kid",
                RawMessage.concat(new byte[] {(byte) 0xa4, 1, 1, 2, 0x41, 7}, Arrays.copyOfRange(ed, 3, ed.length)),
                "UNKNOWN_KEY");
        brokenKey("not-on-curve-p256", flip(p256, p256.length - 1), "KEY_NOT_VALID");
        byte[] beyond = p256.clone();
        Arrays.fill(beyond, 8, 40, (byte) 0xff);
        brokenKey("p256-coordinate-beyond-p", beyond, "KEY_NOT_VALID");
        brokenKey(
                "p256-compressed",
                new CborWriter()
                        .map(4)
                        .integer(1)
                        .integer(2)
                        .integer(-1)
                        .integer(1)
                        .integer(-2)
                        .bytes(Arrays.copyOfRange(p256, 8, 40))
                        .integer(-3)
                        .bool(true)
                        .toBytes(),
                "WRONG_TYPE");

        byte[] message = "a message".getBytes(StandardCharsets.UTF_8);
        SigningKey key = Seeds.key("device");
        byte[] signature = key.sign(message);
        put("good-ed25519", ed25519(key, message, signature));
        put(
                "broken-ed25519-message",
                ed25519(key, "b message".getBytes(StandardCharsets.UTF_8), signature)
                        .text("reason", "other message"));
        put("broken-ed25519-r", ed25519(key, message, flip(signature, 3)).text("reason", "R altered"));
        put("broken-ed25519-s", ed25519(key, message, flip(signature, 40)).text("reason", "S altered"));
        put("broken-ed25519-s-plus-l", ed25519(key, message, plusL(signature)).text("reason", "S is not below L"));
        byte[] identityR = new byte[64];
        identityR[0] = 1;
        put("broken-ed25519-r-identity", ed25519(key, message, identityR).text("reason", "R is the identity"));
        put(
                "broken-ed25519-63-bytes",
                ed25519(key, message, Arrays.copyOf(signature, 63)).text("reason", "63 bytes"));

        SigningKey element = Seeds.p256("element");
        byte[] rs = element.sign(message);
        put("good-p256", p256(element, message, rs));
        put("good-p256-high-s", p256(element, message, otherS(rs)));
        put("broken-p256-r", p256(element, message, flip(rs, 5)).text("reason", "r altered"));
        put(
                "broken-p256-s-zero",
                p256(element, message, Arrays.copyOf(Arrays.copyOf(rs, 32), 64)).text("reason", "s is 0"));
        put(
                "broken-p256-r-zero",
                p256(element, message, RawMessage.concat(new byte[32], Arrays.copyOfRange(rs, 32, 64)))
                        .text("reason", "r is 0"));
        byte[] sIsN = RawMessage.concat(
                Arrays.copyOf(rs, 32),
                HexFormat.of().parseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"));
        put("broken-p256-s-is-n", p256(element, message, sIsN).text("reason", "s is n"));
    }

    private static VectorFile ed25519(SigningKey key, byte[] message, byte[] signature) {
        return VectorFile.of("ed25519")
                .hex("key", key.verificationKey().raw())
                .hex("message", message)
                .hex("signature", signature);
    }

    private static VectorFile p256(SigningKey key, byte[] message, byte[] signature) {
        return VectorFile.of("p256")
                .hex("cose-key", key.verificationKey().coseKey())
                .hex("message", message)
                .hex("signature", signature);
    }

    private static byte[] okp(String hex) {
        return new CborWriter()
                .map(3)
                .integer(1)
                .integer(1)
                .integer(-1)
                .integer(6)
                .integer(-2)
                .bytes(HexFormat.of().parseHex(hex))
                .toBytes();
    }

    private void brokenKey(String name, byte[] coseKey, String reason) {
        put("broken-key-" + name, VectorFile.of("key").text("reason", reason).hex("cose-key", coseKey));
    }

    // L = 2^252 + 27742317777372353535851937790883648493, little-endian
    private static byte[] plusL(byte[] signature) {
        byte[] l = HexFormat.of().parseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        byte[] out = signature.clone();
        int carry = 0;
        for (int i = 0; i < 32; i++) {
            int sum = (out[32 + i] & 0xff) + (l[i] & 0xff) + carry;
            out[32 + i] = (byte) sum;
            carry = sum >>> 8;
        }
        return out;
    }

    private static byte[] otherS(byte[] rs) {
        java.math.BigInteger n =
                new java.math.BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
        byte[] s = n.subtract(new java.math.BigInteger(1, Arrays.copyOfRange(rs, 32, 64)))
                .toByteArray();
        byte[] out = Arrays.copyOf(rs, 64);
        Arrays.fill(out, 32, 64, (byte) 0);
        int length = Math.min(32, s.length);
        System.arraycopy(s, s.length - length, out, 64 - length, length);
        return out;
    }

    // ---- signed messages
    // --------------------------------------------------------------------------------------------------------

    private void messages() throws Exception {
        goodMessage("reading", raw(m -> {}));
        goodMessage("reading-with-prev-and-anchor", raw(m -> {
            m.seq = 7;
            m.prev = Seeds.bytes("prev", 32);
            m.anchor = Seeds.bytes("anchor", 32);
        }));
        goodMessage("reading-no-content", raw(m -> m.groups = groups("820ef6")));
        goodMessage("p256", raw(m -> {
            m.key = Seeds.p256("element");
            m.header = RawMessage.header(m.key);
        }));
        goodMessage("older-algorithm-number", raw(m -> m.header = replace(m.header, "0132", "0127")));
        goodMessage("boot", boot());
        goodMessage("rekey", rekey());
        goodMessage("gap-declaration", gapDeclaration("8218328282010483000902"));
        brokenMessage("gap-of-four", "WRONG_LENGTH", m -> {
            m.type = 5;
            m.groups = groups("8218328184000902f6", "82183301");
        });
        brokenMessage("gap-backwards-in-another-epoch", "VALUE_NOT_ALLOWED", m -> {
            m.type = 5;
            m.groups = groups("8218328183090002", "82183301");
        });
        brokenMessage("trailing-byte", "TRAILING_BYTES", m -> {}, wire -> RawMessage.concat(wire, new byte[] {0}));
        brokenMessage("truncated", "TRUNCATED", m -> {}, wire -> Arrays.copyOf(wire, wire.length - 1));
        brokenMessage("empty", "TRUNCATED", m -> {}, wire -> new byte[0]);
        brokenMessage("wire-array-of-4", "WRONG_LENGTH", m -> {}, wire -> {
            byte[] out = RawMessage.concat(wire, new byte[] {(byte) 0xf6});
            out[0] = (byte) 0x84;
            return out;
        });
        brokenMessage("indefinite-wire", "INDEFINITE_LENGTH", m -> {}, wire -> {
            byte[] out = RawMessage.concat(wire, new byte[] {(byte) 0xff});
            out[0] = (byte) 0x9f;
            return out;
        });
        brokenMessage(
                "cose-trailing-byte",
                "TRAILING_BYTES",
                m -> m.coseEdit = cose -> RawMessage.concat(cose, new byte[] {0}));
        brokenMessage("cose-untagged", "WRONG_TYPE", m -> m.tag = new byte[0]);
        brokenMessage("cose-tag-98", "TAG_NOT_ALLOWED", m -> m.tag = new byte[] {(byte) 0xd8, 98});
        brokenMessage("cose-tag-twice", "WRONG_TYPE", m -> m.tag = new byte[] {(byte) 0xd2, (byte) 0xd2});
        brokenMessage(
                "unprotected-not-empty",
                "UNPROTECTED_NOT_EMPTY",
                m -> m.unprotected = new byte[] {(byte) 0xa1, 4, 0x41, 1});
        brokenMessage("signature-63-bytes", "WRONG_LENGTH", m -> m.signatureEdit = s -> Arrays.copyOf(s, 63));
        brokenMessage("signature-65-bytes", "WRONG_LENGTH", m -> m.signatureEdit = s -> Arrays.copyOf(s, 65));
        brokenMessage("critical-header", "UNKNOWN_KEY", m -> m.header = header("a3", "013202810a", "0448"));
        brokenMessage("further-header", "UNKNOWN_KEY", m -> {
            byte[] kid = m.key.verificationKey().kid();
            m.header = RawMessage.concat(
                    HexFormat.of().parseHex("a301320448"), kid, HexFormat.of().parseHex("1863f6"));
        });
        brokenMessage(
                "header-without-kid",
                "MISSING_KEY",
                m -> m.header = HexFormat.of().parseHex("a10132"));
        brokenMessage("header-empty", "TRUNCATED", m -> m.header = new byte[0]);
        brokenMessage(
                "header-not-sorted",
                "MISSING_KEY",
                m -> m.header = RawMessage.concat(
                        HexFormat.of().parseHex("a20448"),
                        m.key.verificationKey().kid(),
                        HexFormat.of().parseHex("0132")));
        brokenMessage(
                "kid-7-bytes",
                "WRONG_LENGTH",
                m -> m.header = RawMessage.concat(
                        HexFormat.of().parseHex("a201320447"),
                        Arrays.copyOf(m.key.verificationKey().kid(), 7)));
        brokenMessage("unknown-algorithm", "UNKNOWN_ALGORITHM", m -> m.header = replace(m.header, "0132", "013822"));
        brokenMessage(
                "other-algorithm",
                "the header says P-256, the key is Ed25519",
                m -> m.header = replace(m.header, "0132", "0128"));
        brokenMessage(
                "other-kid",
                "the kid is not the key's",
                m -> m.header = RawMessage.concat(HexFormat.of().parseHex("a201320448"), Seeds.bytes("other kid", 8)));
        brokenPayload("not-shortest", "NOT_SHORTEST", "0001", "001801");
        brokenPayload("not-sorted", "MISSING_KEY", "02000300", "03000200");
        brokenPayload("key-twice", "DUPLICATE_KEY", "02000300", "02000200");
        brokenPayload("float-time", "NOT_IN_SUBSET", "051b000001a0c4506c00", "05fb0000000000000000");
        brokenPayload("unknown-type", "UNKNOWN_TYPE", "a80001", "a80007");
        brokenPayload("type-64", "UNKNOWN_TYPE", "a80001", "a8001840");
        brokenPayload("epoch-negative", "WRONG_TYPE", "0200", "0220");
        brokenPayload("clock-source-5", "VALUE_NOT_ALLOWED", "068203", "068205");
        brokenMessage(
                "payload-further-key",
                "MISSING_KEY",
                m -> m.payloadEdit = payload -> {
                    byte[] out = RawMessage.concat(payload, new byte[] {0x10, 0});
                    out[0] = (byte) 0xa9;
                    return out;
                });
        brokenMessage(
                "payload-trailing-byte",
                "TRAILING_BYTES",
                m -> m.payloadEdit = p -> RawMessage.concat(p, new byte[] {0}));
        brokenMessage(
                "payload-without-root",
                "MISSING_KEY",
                m -> m.payloadEdit = payload -> {
                    byte[] out = Arrays.copyOf(payload, payload.length - 35);
                    out[0] = (byte) 0xa7;
                    return out;
                });
        brokenMessage("id-15-bytes", "WRONG_LENGTH", m -> m.id = Seeds.bytes("device id", 15));
        brokenMessage("prev-at-seq-0", "VALUE_NOT_ALLOWED", m -> m.prev = Seeds.bytes("prev", 32));
        brokenMessage("no-prev-at-seq-1", "VALUE_NOT_ALLOWED", m -> m.seq = 1);
        brokenMessage("prev-31-bytes", "WRONG_LENGTH", m -> {
            m.seq = 1;
            m.prev = Seeds.bytes("prev", 31);
        });
        brokenMessage("anchor-31-bytes", "WRONG_LENGTH", m -> m.anchor = Seeds.bytes("anchor", 31));
        brokenMessage("secret-15-bytes", "WRONG_LENGTH", m -> m.secret = Seeds.bytes("raw message secret", 15));
        brokenMessage("secret-17-bytes", "WRONG_LENGTH", m -> m.secret = Seeds.bytes("raw message secret", 17));
        brokenMessage(
                "other-secret",
                "FIELDS_ROOT_MISMATCH",
                m -> {},
                wire -> replace(
                        wire,
                        HexFormat.of().formatHex(Seeds.bytes("raw message secret", 16)),
                        HexFormat.of().formatHex(Seeds.bytes("other", 16))));
        brokenMessage(
                "altered-value",
                "FIELDS_ROOT_MISMATCH",
                m -> {},
                wire -> replace(wire, "8201" + "19019c", "8201" + "190134"));
        brokenMessage("no-groups", "WRONG_LENGTH", m -> m.groups = new ArrayList<>());
        brokenMessage("seventeen-groups", "WRONG_LENGTH", m -> {
            m.groups = new ArrayList<>();
            for (int i = 0; i < 17; i++) {
                m.groups.add(new CborWriter().array(2).unsigned(7 + i).nul().toBytes());
            }
        });
        brokenMessage(
                "groups-descending",
                "GROUPS_NOT_ASCENDING",
                m -> m.groups = groups("82098182011864", "8208818206616f"));
        brokenMessage(
                "group-twice", "GROUPS_NOT_ASCENDING", m -> m.groups = groups("82098182011864", "82098182011865"));
        brokenMessage("group-of-another-type", "GROUP_NOT_ALLOWED", m -> m.groups = groups("82181e00"));
        brokenMessage("group-unknown", "GROUP_NOT_ALLOWED", m -> m.groups = groups("8218c800"));
        brokenMessage(
                "no-content-beside-content", "GROUP_NOT_ALLOWED", m -> m.groups = groups("82098182011864", "820ef6"));
        brokenMessage("group-missing", "GROUP_MISSING", m -> {
            m.type = 3;
            m.groups = groups("82181e00");
        });
        brokenMessage("step-without-objects", "GROUP_MISSING", m -> {
            m.type = 32;
            m.groups = groups("8210427b7d");
        });
        brokenMessage("group-array-of-3", "WRONG_LENGTH", m -> m.groups = groups("8309810000"));
        brokenMessage("group-trailing-byte", "TRAILING_BYTES", m -> m.groups = groups("8209818201186400"));
        brokenMessage("group-not-shortest", "NOT_SHORTEST", m -> m.groups = groups("8209818201190064"));
        brokenMessage("group-float", "NOT_IN_SUBSET", m -> m.groups = groups("820981" + "8201" + "f93c00"));
        brokenMessage("group-depth-9", "TOO_DEEP", m -> m.groups = groups("8209" + "818181818181818100"));
        brokenMessage("measurement-of-one", "WRONG_LENGTH", m -> m.groups = groups("8209818101"));
        brokenMessage("measurements-empty", "WRONG_LENGTH", m -> m.groups = groups("820980"));
        brokenMessage("latitude-beyond-pole", "VALUE_NOT_ALLOWED", m -> m.groups = groups("8207821a35a4e90100"));
        brokenMessage("association-8", "VALUE_NOT_ALLOWED", m -> m.groups = groups("82088182086161"));
        brokenMessage(
                "series-overflow",
                "INTEGER_OUT_OF_RANGE",
                m -> m.groups = groups("820a8184010001821b7fffffffffffffff01"));
        brokenMessage("series-step-0", "VALUE_NOT_ALLOWED", m -> m.groups = groups("820a818401000081" + "01"));
        brokenMessage("bad-signature", "signature altered", m -> m.signatureEdit = s -> flip(s, 10));
        brokenMessage(
                "signature-of-another-message",
                "signature of another message",
                m -> m.signatureEdit = s -> m.key.sign("another message".getBytes(StandardCharsets.UTF_8)));
        brokenMessage(
                "p256-signature-under-ed25519-header",
                "algorithm mismatch",
                m -> m.signatureEdit = s -> Seeds.p256("element").sign(m.signed()));

        RawMessage m = new RawMessage();
        put(
                "broken-message-wrong-key",
                VectorFile.of("signed-message")
                        .text("reason", "another key")
                        .hex("wire", m.wire())
                        .hex("key", Seeds.key("maker").verificationKey().coseKey()));
        // Under the order-1 "key" every message has a valid signature in the cofactored equation: R = S·B.
        byte[] smallOrder = okp("0100000000000000000000000000000000000000000000000000000000000000");
        RawMessage forged = new RawMessage();
        forged.header = RawMessage.concat(
                HexFormat.of().parseHex("a201320448"), Arrays.copyOf(io.waymark.evidence.key.Sha256.of(smallOrder), 8));
        byte[] one = new byte[32];
        one[0] = 1;
        byte[] basePoint = HexFormat.of().parseHex("5866666666666666666666666666666666666666666666666666666666666666");
        forged.signatureEdit = s -> RawMessage.concat(basePoint, one);
        put(
                "broken-message-small-order-key",
                VectorFile.of("signed-message")
                        .text("reason", "KEY_NOT_VALID")
                        .hex("wire", forged.wire())
                        .hex("key", smallOrder));
    }

    private static byte[] header(String start, String before, String kid) {
        return RawMessage.concat(
                HexFormat.of().parseHex(start),
                HexFormat.of().parseHex(before),
                HexFormat.of().parseHex(kid),
                Seeds.key("device").verificationKey().kid());
    }

    private static List<byte[]> groups(String... hex) {
        return new ArrayList<>(Arrays.stream(hex).map(HexFormat.of()::parseHex).toList());
    }

    private static RawMessage raw(Consumer<RawMessage> how) {
        RawMessage message = new RawMessage();
        how.accept(message);
        return message;
    }

    private static RawMessage boot() {
        return raw(m -> {
            m.type = 3;
            m.epoch = 4;
            m.groups = groups("82181e01", "82181f5820" + "11".repeat(32), "821821820305");
        });
    }

    private static RawMessage rekey() {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) 7);
        return raw(m -> {
            m.type = 4;
            m.groups = Rekey.groups(m.id, m.epoch, m.seq, SigningKey.ofSeed(seed)).stream()
                    .map(io.waymark.evidence.message.Group::encoded)
                    .toList();
        });
    }

    /** Two gaps, one of them in another epoch than the message's own. */
    private static RawMessage gapDeclaration(String ranges) {
        return raw(m -> {
            m.type = 5;
            m.epoch = 4;
            m.groups = groups(ranges, "82183301");
        });
    }

    private void goodMessage(String name, RawMessage m) throws Exception {
        SignedMessage parsed = SignedMessage.parse(m.wire());
        VectorFile file = VectorFile.of("signed-message")
                .hex("wire", m.wire())
                .hex("key", m.key.verificationKey().coseKey())
                .hex("digest", parsed.digest())
                .hex("kid", parsed.kid())
                .hex("fields-root", m.root())
                .number("type", m.type)
                .number("epoch", m.epoch)
                .number("seq", m.seq);
        parsed.groups().forEach(group -> file.number("group", group.key()));
        put("good-message-" + name, file);
    }

    private void brokenPayload(String name, String reason, String from, String to) {
        brokenMessage("payload-" + name, reason, m -> m.payloadEdit = payload -> replace(payload, from, to));
    }

    private void brokenMessage(String name, String reason, Consumer<RawMessage> how) {
        brokenMessage(name, reason, how, UnaryOperator.identity());
    }

    private void brokenMessage(String name, String reason, Consumer<RawMessage> how, UnaryOperator<byte[]> wireEdit) {
        RawMessage m = raw(how);
        put(
                "broken-message-" + name,
                VectorFile.of("signed-message")
                        .text("reason", reason)
                        .hex("wire", wireEdit.apply(m.wire()))
                        .hex("key", m.key.verificationKey().coseKey()));
    }

    // ---- disclosures
    // ------------------------------------------------------------------------------------------------------------

    private void disclosures() throws Exception {
        SignedMessage message = new Story()
                .bind()
                .sign(
                        new Story().device,
                        1,
                        List.of(
                                io.waymark.evidence.message.Group.of(
                                        7,
                                        out -> out.array(2).integer(604_123_456).integer(53_214_567)),
                                io.waymark.evidence.message.Group.of(
                                        9,
                                        out -> out.array(1).array(2).unsigned(1).integer(204)),
                                io.waymark.evidence.message.Group.of(
                                        13, out -> out.bytes(Seeds.bytes("certificate", 32)))));
        byte[] root = message.envelope().fieldsRoot();
        goodDisclosure("all", message.disclosure(key -> true), root);
        goodDisclosure("position-withheld", message.disclosure(key -> key != 7), root);
        goodDisclosure("none", message.disclosure(key -> false), root);
        byte[] shown = message.disclosure(key -> key == 9);
        brokenDisclosure("altered-value", replace(shown, "18cc", "18cd"), root, "another root");
        brokenDisclosure("altered-leaf", flip(shown, 5), root, "another root");
        brokenDisclosure("altered-salt", flip(shown, 40), root, "another root");
        brokenDisclosure("other-root", shown, Seeds.bytes("another root", 32), "another root");
        brokenDisclosure("trailing-byte", RawMessage.concat(shown, new byte[] {0}), root, "TRAILING_BYTES");
        brokenDisclosure("empty", new byte[] {(byte) 0x80}, root, "WRONG_LENGTH");
        CborWriter left = new CborWriter().array(2);
        brokenDisclosure(
                "leaf-left-out",
                left.bytes(Arrays.copyOfRange(shown, 3, 35))
                        .raw(Arrays.copyOfRange(shown, 35, shown.length - 34))
                        .toBytes(),
                root,
                "another root");
        byte[] all = message.disclosure(key -> true);
        Disclosure.parse(all);
        brokenDisclosure("groups-descending", swappedFirstTwo(message), root, "GROUPS_NOT_ASCENDING");
        CborWriter salt15 = new CborWriter().array(1);
        brokenDisclosure(
                "salt-15-bytes",
                salt15.array(2)
                        .bytes(new byte[15])
                        .bytes(HexFormat.of().parseHex("820ef6"))
                        .toBytes(),
                root,
                "WRONG_LENGTH");
        CborWriter leaf31 = new CborWriter().array(1);
        brokenDisclosure("leaf-31-bytes", leaf31.bytes(new byte[31]).toBytes(), root, "WRONG_LENGTH");
        CborWriter many = new CborWriter().array(17);
        for (int i = 0; i < 17; i++) {
            many.bytes(new byte[32]);
        }
        brokenDisclosure("seventeen", many.toBytes(), root, "WRONG_LENGTH");
    }

    private static byte[] swappedFirstTwo(SignedMessage message) {
        CborWriter out = new CborWriter().array(3);
        int[] order = {1, 0, 2};
        for (int i : order) {
            byte[] salt =
                    Arrays.copyOf(io.waymark.evidence.key.Sha256.hmac(message.secret(), new byte[] {(byte) i}), 16);
            out.array(2).bytes(salt).bytes(message.groups().get(i).encoded());
        }
        return out.toBytes();
    }

    private void goodDisclosure(String name, byte[] disclosure, byte[] root) throws Exception {
        VectorFile file =
                VectorFile.of("disclosure").hex("disclosure", disclosure).hex("fields-root", root);
        Disclosure.parse(disclosure).groups().forEach(group -> file.number("group", group.key()));
        put("good-disclosure-" + name, file);
    }

    private void brokenDisclosure(String name, byte[] disclosure, byte[] root, String reason) {
        put(
                "broken-disclosure-" + name,
                VectorFile.of("disclosure")
                        .text("reason", reason)
                        .hex("disclosure", disclosure)
                        .hex("fields-root", root));
    }

    // ---- receipts
    // ---------------------------------------------------------------------------------------------------------------

    private void receipts() {
        SigningKey key = Seeds.key("receipts");
        Receipt receipt = new Receipt(
                Seeds.bytes("device id", 16),
                List.of(
                        new Receipt.Range(0, 0, 41, Seeds.bytes("digest of 41", 32), 977),
                        new Receipt.Range(1, 0, 3, Seeds.bytes("digest of 3", 32), 1003)),
                1010,
                Seeds.bytes("root", 32),
                Receipt.STORED,
                1_790_000_100_000L);
        byte[] signed = receipt.sign(key);
        byte[] cose = key.verificationKey().coseKey();
        put(
                "good-receipt",
                VectorFile.of("receipt")
                        .hex("receipt", signed)
                        .hex("key", cose)
                        .number("tree-size", 1010)
                        .number("class", 0));
        brokenReceipt("bad-signature", flip(signed, signed.length - 1), cose, "signature altered");
        brokenReceipt("wrong-key", signed, Seeds.key("device").verificationKey().coseKey(), "another key");
        brokenReceipt("altered-size", replace(signed, "031903f2", "031903f3"), cose, "signature does not fit");
        brokenReceipt("trailing-byte", RawMessage.concat(signed, new byte[] {0}), cose, "TRAILING_BYTES");
        // Signed rightly, but not a receipt.
        brokenReceipt("type-65", signedPayload(key, out -> receiptPayload(out, 65, 0, 41, 0)), cose, "UNKNOWN_TYPE");
        brokenReceipt(
                "class-3", signedPayload(key, out -> receiptPayload(out, 64, 0, 41, 3)), cose, "VALUE_NOT_ALLOWED");
        brokenReceipt(
                "range-backwards",
                signedPayload(key, out -> receiptPayload(out, 64, 41, 0, 0)),
                cose,
                "VALUE_NOT_ALLOWED");
        brokenReceipt(
                "a-message",
                new RawMessage().cose(),
                Seeds.key("device").verificationKey().coseKey(),
                "a signed message is not a receipt");
    }

    private static void receiptPayload(CborWriter out, int type, int from, int to, int receiptClass) {
        out.map(7)
                .unsigned(0)
                .unsigned(type)
                .unsigned(1)
                .bytes(new byte[16])
                .unsigned(2)
                .array(1);
        out.array(5).unsigned(0).unsigned(from).unsigned(to).bytes(new byte[32]).unsigned(9);
        out.unsigned(3)
                .unsigned(10)
                .unsigned(4)
                .bytes(new byte[32])
                .unsigned(5)
                .unsigned(receiptClass)
                .unsigned(6)
                .unsigned(1);
    }

    private static byte[] signedPayload(SigningKey key, Consumer<CborWriter> payload) {
        CborWriter out = new CborWriter();
        payload.accept(out);
        RawMessage raw = new RawMessage();
        raw.key = key;
        raw.header = RawMessage.header(key);
        raw.payloadEdit = any -> out.toBytes();
        return raw.cose();
    }

    private void brokenReceipt(String name, byte[] receipt, byte[] key, String reason) {
        put(
                "broken-receipt-" + name,
                VectorFile.of("receipt")
                        .text("reason", reason)
                        .hex("receipt", receipt)
                        .hex("key", key));
    }

    // ---- notes and checkpoints
    // --------------------------------------------------------------------------------------------------

    private void notes() {
        NoteSigner signer = new NoteSigner("trace.example/log", Seeds.key("log"));
        NoteSigner witness = new NoteSigner("witness.example", Seeds.key("witness"));
        String vkey = signer.verifier().vkey();
        String text = "A note.\n\nWith an empty line.\n";
        String note = signer.sign(text);
        goodNote("plain", vkey, note, text);
        String foreign = witness.sign(text).substring(text.length() + 1);
        goodNote("with-foreign-signature", vkey, note + foreign, text);
        goodNote("foreign-signature-first", vkey, text + "\n" + foreign + note.substring(text.length() + 1), text);
        brokenNote("altered-text", vkey, note.replace("A note", "B note"), "signature does not fit");
        brokenNote("no-signature", vkey, text + "\n", "no signature");
        brokenNote("no-blank-line", vkey, "A note.\n" + note.substring(text.length() + 1), "no blank line");
        brokenNote("foreign-signature-only", vkey, text + "\n" + foreign, "unknown key");
        brokenNote("control-character", vkey, signerBytes("A\tnote.\n"), "control character");
        brokenNote("carriage-returns", vkey, note.replace("\n", "\r\n"), "control character");
        brokenNote("no-final-line-break", vkey, note.substring(0, note.length() - 1), "no final line break");
        brokenNote("hyphen-for-dash", vkey, note.replace('\u2014', '-'), "a signature line without its dash");
        brokenNote("base64-without-padding", vkey, note.replace("=", ""), "base64");
        brokenNote(
                "second-signature-wrong",
                vkey,
                note + signer.sign("Another.\n").substring("Another.\n".length() + 1),
                "a signature of a known key that does not fit");
        brokenNote("bad-foreign-line", vkey, note + "\u2014 witness.example !!!!\n", "base64");
        String checkpoint = new Checkpoint("trace.example/log", 1010, Seeds.bytes("root", 32)).text();
        goodCheckpoint("plain", vkey, signer.sign(checkpoint));
        goodCheckpoint("with-extension", vkey, signer.sign(checkpoint + "an extension line\n"));
        goodCheckpoint("empty-log", vkey, signer.sign(new Checkpoint("trace.example/log", 0, MerkleHash.EMPTY).text()));
        brokenCheckpoint(
                "other-origin", vkey, signer.sign(checkpoint.replace("trace.example", "other.example")), "origin");
        brokenCheckpoint("leading-zero", vkey, signer.sign(checkpoint.replace("1010", "01010")), "size");
        brokenCheckpoint("negative-size", vkey, signer.sign(checkpoint.replace("1010", "-1")), "size");
        brokenCheckpoint(
                "size-beyond-int64", vkey, signer.sign(checkpoint.replace("1010", "9223372036854775808")), "size");
        brokenCheckpoint(
                "root-31-bytes", vkey, signer.sign("trace.example/log\n5\n" + base64(new byte[31]) + "\n"), "root");
        brokenCheckpoint("two-lines", vkey, signer.sign("trace.example/log\n5\n"), "lines");
        brokenCheckpoint("empty-line", vkey, signer.sign(checkpoint + "\nmore\n"), "an empty line");
        brokenCheckpoint(
                "altered-size", vkey, signer.sign(checkpoint).replace("1010", "1011"), "signature does not fit");
        byte[] identity = new byte[33];
        identity[0] = 1;
        identity[1] = 1;
        byte[] id = io.waymark.evidence.key.Sha256.of("trace.example/log\n".getBytes(StandardCharsets.UTF_8), identity);
        brokenNote(
                "small-order-vkey",
                "trace.example/log+" + HexFormat.of().formatHex(id, 0, 4) + "+" + base64(identity),
                note,
                "the key is refused");
        brokenNote(
                "vkey-other-id", vkey.replaceFirst("\\+[0-9a-f]{8}\\+", "+00000000+"), note, "the key id does not fit");
    }

    private static String signerBytes(String text) {
        byte[] signature = Seeds.key("log").sign(text.getBytes(StandardCharsets.UTF_8));
        NoteSigner signer = new NoteSigner("trace.example/log", Seeds.key("log"));
        byte[] id = HexFormat.of().parseHex(signer.verifier().vkey().split("\\+")[1]);
        return text + "\n\u2014 trace.example/log " + base64(RawMessage.concat(id, signature)) + "\n";
    }

    private static String base64(byte[] bytes) {
        return java.util.Base64.getEncoder().encodeToString(bytes);
    }

    private static VectorFile note(String kind, String vkey, String note) {
        return VectorFile.of(kind).text("vkey", vkey).hex("note", note.getBytes(StandardCharsets.UTF_8));
    }

    private void goodNote(String name, String vkey, String note, String text) {
        put("good-note-" + name, note("note", vkey, note).hex("text", text.getBytes(StandardCharsets.UTF_8)));
    }

    private void brokenNote(String name, String vkey, String note, String reason) {
        put("broken-note-" + name, note("note", vkey, note).text("reason", reason));
    }

    private void goodCheckpoint(String name, String vkey, String note) {
        String[] lines = note.split("\n");
        put(
                "good-checkpoint-" + name,
                note("checkpoint", vkey, note)
                        .text("origin", lines[0])
                        .text("size", lines[1])
                        .hex("root", java.util.Base64.getDecoder().decode(lines[2])));
    }

    private void brokenCheckpoint(String name, String vkey, String note, String reason) {
        put("broken-checkpoint-" + name, note("checkpoint", vkey, note).text("reason", reason));
    }

    // ---- trees
    // ------------------------------------------------------------------------------------------------------------------

    private static byte[] entry(int i) {
        return ("entry " + i).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] root(long from, long to) {
        CompactTree tree = new CompactTree();
        for (long i = from; i < to; i++) {
            tree.append(MerkleHash.leaf(entry((int) i)));
        }
        return tree.root();
    }

    private static final HashSource NODES = (level, index) -> root(index << level, (index + 1) << level);

    private void trees() {
        int[][] places = {{0, 1}, {0, 2}, {1, 2}, {4, 5}, {6, 7}, {5, 13}, {12, 13}, {255, 256}, {256, 257}, {70, 300}};
        for (int[] place : places) {
            put("good-inclusion-" + place[0] + "-of-" + place[1], inclusion(place[0], place[1]));
        }
        List<byte[]> path = InclusionProof.of(5, 13, NODES).path();
        byte[] leaf = MerkleHash.leaf(entry(5));
        brokenInclusion("wrong-leaf", MerkleHash.leaf(entry(6)), 5, 13, root(0, 13), path);
        brokenInclusion("wrong-root", leaf, 5, 13, root(0, 12), path);
        brokenInclusion("wrong-index", leaf, 4, 13, root(0, 13), path);
        brokenInclusion("wrong-size", leaf, 5, 5, root(0, 13), path);
        brokenInclusion("index-outside", leaf, 13, 13, root(0, 13), path);
        brokenInclusion("path-too-short", leaf, 5, 13, root(0, 13), path.subList(0, path.size() - 1));
        brokenInclusion("path-too-long", leaf, 5, 13, root(0, 13), plus(path, new byte[32]));
        brokenInclusion("path-altered", leaf, 5, 13, root(0, 13), with(path, 1, flip(path.get(1), 0)));
        brokenInclusion("hash-31-bytes", leaf, 5, 13, root(0, 13), with(path, 1, Arrays.copyOf(path.get(1), 31)));
        brokenInclusion("empty-tree", leaf, 0, 0, MerkleHash.EMPTY, List.of());

        int[][] growths = {{0, 5}, {1, 1}, {1, 2}, {3, 7}, {4, 7}, {6, 8}, {8, 8}, {13, 300}, {256, 300}};
        for (int[] growth : growths) {
            put(
                    "good-consistency-" + growth[0] + "-to-" + growth[1],
                    consistency(
                            growth[0],
                            root(0, growth[0]),
                            growth[1],
                            root(0, growth[1]),
                            ConsistencyProof.of(growth[0], growth[1], NODES).path()));
        }
        List<byte[]> grown = ConsistencyProof.of(6, 13, NODES).path();
        brokenConsistency("wrong-old-root", 6, root(0, 5), 13, root(0, 13), grown);
        brokenConsistency("wrong-root", 6, root(0, 6), 13, root(0, 12), grown);
        brokenConsistency("wrong-old-size", 5, root(0, 6), 13, root(0, 13), grown);
        brokenConsistency("shrunk", 13, root(0, 13), 6, root(0, 6), grown);
        brokenConsistency("path-too-short", 6, root(0, 6), 13, root(0, 13), grown.subList(0, grown.size() - 1));
        brokenConsistency("path-too-long", 6, root(0, 6), 13, root(0, 13), plus(grown, new byte[32]));
        brokenConsistency("path-empty", 6, root(0, 6), 13, root(0, 13), List.of());
        brokenConsistency("same-size-other-root", 6, root(0, 6), 6, root(1, 7), List.of());
        brokenConsistency("same-size-with-path", 6, root(0, 6), 6, root(0, 6), grown);
        brokenConsistency("from-nothing-with-path", 0, MerkleHash.EMPTY, 13, root(0, 13), grown);
        brokenConsistency("from-nothing-with-root", 0, root(0, 1), 13, root(0, 13), List.of());
        brokenConsistency(
                "hash-33-bytes", 6, root(0, 6), 13, root(0, 13), with(grown, 0, Arrays.copyOf(grown.get(0), 33)));

        for (int size : new int[] {1, 5, 256}) {
            put("good-tile-" + size, tile(size, bundle(size), hashes(size), root(0, size)));
        }
        brokenTile("hash-altered", tile(5, bundle(5), flip(hashes(5), 70), root(0, 5)));
        brokenTile("too-short", tile(5, bundle(5), hashes(4), root(0, 5)));
        brokenTile("bundle-truncated", tile(5, Arrays.copyOf(bundle(5), bundle(5).length - 1), hashes(5), root(0, 5)));
        brokenTile("bundle-one-more", tile(5, bundle(6), hashes(5), root(0, 5)));
        brokenTile("other-root", tile(5, bundle(5), hashes(5), root(0, 6)));
        for (long index : new long[] {0, 999, 1000, 1234067}) {
            put(
                    "good-tile-path-" + index,
                    VectorFile.of("tile-path")
                            .number("level", 1)
                            .number("index", index)
                            .number("width", 256)
                            .text("path", Tiles.path(1, index, 256)));
        }
        put(
                "good-tile-path-partial",
                VectorFile.of("tile-path")
                        .number("level", 0)
                        .number("index", 273)
                        .number("width", 112)
                        .text("path", "tile/0/273.p/112"));
        put(
                "good-tile-path-entries",
                VectorFile.of("tile-path")
                        .text("entries", "true")
                        .number("index", 1001)
                        .number("width", 3)
                        .text("path", "tile/entries/x001/001.p/3"));
    }

    private static byte[] bundle(int size) {
        List<byte[]> entries = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            entries.add(entry(i));
        }
        return Tiles.bundle(entries);
    }

    private static byte[] hashes(int size) {
        byte[] out = new byte[0];
        for (int i = 0; i < size; i++) {
            out = RawMessage.concat(out, MerkleHash.leaf(entry(i)));
        }
        return out;
    }

    private static VectorFile tile(int size, byte[] bundle, byte[] tile, byte[] root) {
        return VectorFile.of("tile")
                .number("size", size)
                .hex("bundle", bundle)
                .hex("tile", tile)
                .hex("root", root);
    }

    private void brokenTile(String name, VectorFile file) {
        put("broken-tile-" + name, file.text("reason", name));
    }

    private static VectorFile inclusion(int index, int size) {
        return inclusion(
                MerkleHash.leaf(entry(index)),
                index,
                size,
                root(0, size),
                InclusionProof.of(index, size, NODES).path());
    }

    private static VectorFile inclusion(byte[] leaf, int index, int size, byte[] root, List<byte[]> path) {
        return VectorFile.of("inclusion")
                .hex("leaf-hash", leaf)
                .number("index", index)
                .number("size", size)
                .hex("root", root)
                .hexes("path", path);
    }

    private void brokenInclusion(String name, byte[] leaf, int index, int size, byte[] root, List<byte[]> path) {
        put("broken-inclusion-" + name, inclusion(leaf, index, size, root, path).text("reason", name));
    }

    private static VectorFile consistency(int oldSize, byte[] oldRoot, int size, byte[] root, List<byte[]> path) {
        return VectorFile.of("consistency")
                .number("old-size", oldSize)
                .hex("old-root", oldRoot)
                .number("size", size)
                .hex("root", root)
                .hexes("path", path);
    }

    private void brokenConsistency(String name, int oldSize, byte[] oldRoot, int size, byte[] root, List<byte[]> path) {
        put(
                "broken-consistency-" + name,
                consistency(oldSize, oldRoot, size, root, path).text("reason", name));
    }

    // ---- entries
    // ----------------------------------------------------------------------------------------------------------------

    private void entries() {
        byte[] secret = Story.SECRET;
        byte[] step = Seeds.bytes("step digest", 32);
        byte[] first = Entries.linkDigest(step, 0, null);
        put(
                "good-link-first",
                link(secret, 0, step, null, Entries.link(secret, 0, first)).hex("link-digest", first));
        byte[] second = Entries.linkDigest(step, 1, first);
        put(
                "good-link-second",
                link(secret, 1, step, first, Entries.link(secret, 1, second)).hex("link-digest", second));
        byte[] entry = Entries.link(secret, 1, second);
        brokenLink("other-secret", link(Seeds.bytes("another secret", 32), 1, step, first, entry));
        brokenLink("other-n", link(secret, 2, step, first, entry));
        brokenLink("other-step", link(secret, 1, Seeds.bytes("another step", 32), first, entry));
        brokenLink("other-previous", link(secret, 1, step, step, entry));
        brokenLink("previous-left-out", link(secret, 1, step, null, entry));
        brokenLink(
                "kind-statement",
                link(secret, 1, step, first, RawMessage.concat(new byte[] {1}, Arrays.copyOfRange(entry, 1, 65))));

        byte[] messageSecret = Seeds.bytes("step secret", 16);
        ObjectTree tree = new ObjectTree(
                messageSecret,
                List.of(
                        new ObjectTree.Entry(Story.SIBLING, Seeds.bytes("sibling's secret", 32)),
                        new ObjectTree.Entry(Story.URI, secret),
                        new ObjectTree.Entry("https://id.gs1.org/00/106141412345678908", null)));
        put("good-object-commissioned", object(tree, 1, Story.URI).hex("secret", secret));
        put("good-object-moved", object(tree, 2, "https://id.gs1.org/00/106141412345678908"));
        brokenObject("other-uri", object(tree, 1, Story.SIBLING).hex("secret", secret));
        brokenObject("other-secret", object(tree, 1, Story.URI).hex("secret", Seeds.bytes("another secret", 32)));
        brokenObject("commissioned-again", object(tree, 1, Story.URI));
        brokenObject(
                "not-commissioned",
                object(tree, 2, "https://id.gs1.org/00/106141412345678908").hex("secret", secret));

        KeyBinding binding = new Story().maker.binding();
        put("good-key-binding", VectorFile.of("key-binding").hex("entry", binding.entry()));
        put(
                "good-key-binding-p256",
                VectorFile.of("key-binding")
                        .hex("entry", new Story().carrier.binding().entry()));
        byte[] bytes = binding.entry();
        brokenBinding("keeper-nobody", replace(bytes, "6368736d", "636e6f6e"), "VALUE_NOT_ALLOWED");
        brokenBinding(
                "kind-statement",
                RawMessage.concat(new byte[] {1}, Arrays.copyOfRange(bytes, 1, bytes.length)),
                "WRONG_TYPE");
        brokenBinding("trailing-byte", RawMessage.concat(bytes, new byte[] {0}), "TRAILING_BYTES");
        brokenBinding("label-left-out", edit(Arrays.copyOf(bytes, bytes.length - 12), 1, (byte) 0xa9), "WRONG_LENGTH");
        brokenBinding(
                "small-order-key",
                replace(
                        bytes,
                        HexFormat.of()
                                .formatHex(
                                        new Story().maker.key.verificationKey().raw()),
                        "01" + "00".repeat(31)),
                "KEY_NOT_VALID");
        byte[] kid = Seeds.bytes("kid", 8);
        byte[] id = Seeds.bytes("device id", 16);
        put(
                "good-revocation",
                VectorFile.of("revocation").hex("entry", new Revocation(id, kid, "stolen", null).entry()));
        byte[] revocation = new Revocation(id, kid, "stolen", 812L).entry();
        put("good-revocation-suspect-from", VectorFile.of("revocation").hex("entry", revocation));
        put(
                "broken-revocation-further-key",
                VectorFile.of("revocation")
                        .text("reason", "MISSING_KEY")
                        .hex("entry", replace(revocation, "0419032c", "0519032c")));
        put(
                "broken-revocation-a-binding",
                VectorFile.of("revocation").text("reason", "WRONG_LENGTH").hex("entry", bytes));
        for (String reason : List.of(Revocation.SUPERSEDED, Revocation.LOST)) {
            put(
                    "good-revocation-" + reason,
                    VectorFile.of("revocation")
                            .hex("entry", Revocation.plain(id, kid, reason).entry()));
            // "stolen" is no reason of today's, so an index may stand beside it: only the text is put in its place.
            byte[] nothingSuspect = replace(
                    revocation,
                    "66" + HexFormat.of().formatHex("stolen".getBytes(StandardCharsets.US_ASCII)),
                    String.format("%02x", 0x60 + reason.length())
                            + HexFormat.of().formatHex(reason.getBytes(StandardCharsets.US_ASCII)));
            put(
                    "broken-revocation-" + reason + "-and-suspect",
                    VectorFile.of("revocation")
                            .text("reason", "VALUE_NOT_ALLOWED")
                            .hex("entry", nothingSuspect));
        }
        put(
                "good-revocation-compromised",
                VectorFile.of("revocation")
                        .hex("entry", Revocation.compromised(id, kid, 812).entry()));
        put(
                "good-revocation-compromised-before-reasons",
                VectorFile.of("revocation")
                        .hex("entry", new Revocation(id, kid, Revocation.COMPROMISED, null).entry()));
        byte[] head = new MapHead(812, 30, Seeds.bytes("map root", 32), 1_790_000_000_000L).entry();
        put("good-map-head", VectorFile.of("map-head").hex("entry", head));
        put("good-map-head-empty", VectorFile.of("map-head").hex("entry", new MapHead(0, 0, new byte[32], 0).entry()));
        brokenHead("more-tags-than-entries", replace(head, "0119032c02181e", "0119032c0219032d"), "VALUE_NOT_ALLOWED");
        brokenHead(
                "time-beyond-9999", replace(head, "041b000001a0c4506c00", "041b0000e677d21fdc00"), "VALUE_NOT_ALLOWED");
        brokenHead("root-31-bytes", edit(Arrays.copyOf(head, head.length), 13, (byte) 0x1f), "WRONG_LENGTH");
        brokenHead("time-left-out", edit(Arrays.copyOf(head, head.length - 10), 1, (byte) 0xa4), "WRONG_LENGTH");
        brokenHead("a-revocation", replace(head, "a50003", "a50002"), "UNKNOWN_TYPE");
        brokenHead("trailing-byte", RawMessage.concat(head, new byte[] {0}), "TRAILING_BYTES");
    }

    private void brokenHead(String name, byte[] entry, String reason) {
        put(
                "broken-map-head-" + name,
                VectorFile.of("map-head").text("reason", reason).hex("entry", entry));
    }

    // ---- the map of link tags
    // -----------------------------------------------------------------------------------------------------

    private void maps() {
        byte[] near = Seeds.bytes("tag 0", 32);
        List<byte[]> tags = new ArrayList<>(List.of(near, flip(near, 31)));
        for (int i = 1; i < 12; i++) {
            tags.add(Seeds.bytes("tag " + i, 32));
        }
        tags.sort(Arrays::compareUnsigned);
        goodMap("empty", List.of());
        goodMap("one", tags.subList(3, 4));
        goodMap(
                "two-that-differ-in-the-last-bit",
                (near[31] & 1) == 0 ? List.of(near, flip(near, 31)) : List.of(flip(near, 31), near));
        goodMap("thirteen", tags);
        put(
                "broken-map-other-root",
                VectorFile.of("map")
                        .text("reason", "other root")
                        .hexes("tag", tags)
                        .hex("root", near));
        put(
                "broken-map-tag-left-out",
                VectorFile.of("map")
                        .text("reason", "a tag is missing")
                        .hexes("tag", tags.subList(1, 13))
                        .hex("root", mapRoot(tags)));

        byte[] root = mapRoot(tags);
        byte[] absent = null;
        for (int i = 0; absent == null; i++) {
            byte[] tag = Seeds.bytes("absent " + i, 32);
            absent = proofOf(tags, tag).terminal() == null ? null : tag;
        }
        goodMapProof("presence", root, tags.get(5), tags);
        goodMapProof("presence-of-near-tags", root, near, tags);
        goodMapProof("absence-beside-another", root, absent, tags);
        byte[] nowhere = null;
        for (int i = 0; nowhere == null; i++) {
            byte[] tag = Seeds.bytes("absent " + i, 32);
            nowhere = proofOf(tags, tag).terminal() == null ? tag : null;
        }
        goodMapProof("absence-far-down", root, flip(near, 30), tags);
        goodMapProof("absence-in-an-empty-subtree", root, nowhere, tags);
        goodMapProof("absence-in-the-empty-map", mapRoot(List.of()), absent, List.of());
        goodMapProof("presence-in-a-map-of-one", mapRoot(List.of(near)), near, List.of(near));
        goodMapProof("absence-in-a-map-of-one", mapRoot(List.of(near)), nowhere, List.of(near));

        MapProof presence = proofOf(tags, near);
        MapProof absence = proofOf(tags, absent);
        MapProof hole = proofOf(tags, nowhere);
        List<byte[]> siblings = absence.siblings();
        brokenMapProof("absent-called-present", root, absent, absence, "presence");
        brokenMapProof("present-called-absent", root, near, presence, "absence");
        brokenMapProof("other-root", near, absent, absence, "absence");
        brokenMapProof(
                "sibling-altered",
                root,
                absent,
                new MapProof(with(siblings, 2, flip(siblings.get(2), 1)), absence.terminal()),
                "absence");
        brokenMapProof(
                "sibling-left-out",
                root,
                absent,
                new MapProof(siblings.subList(0, siblings.size() - 1), absence.terminal()),
                "absence");
        brokenMapProof(
                "sibling-31-bytes",
                root,
                absent,
                new MapProof(with(siblings, 0, Arrays.copyOf(siblings.get(0), 31)), absence.terminal()),
                "absence");
        brokenMapProof("257-siblings", root, absent, new MapProof(Collections.nCopies(257, near), absent), "presence");
        brokenMapProof("terminal-of-another-place", root, nowhere, absence, "absence");
        brokenMapProof("terminal-left-out", root, absent, new MapProof(siblings, null), "absence");
        brokenMapProof("terminal-for-nothing", root, nowhere, new MapProof(hole.siblings(), nowhere), "presence");
        brokenMapProof(
                "terminal-31-bytes",
                root,
                near,
                new MapProof(presence.siblings(), Arrays.copyOf(near, 31)),
                "presence");
        byte[] empty = new byte[32];
        byte[] leaf = mapRoot(List.of(near));
        brokenMapProof(
                "not-canonical-tag-beside-nothing",
                bit(near, 0) == 1 ? Sha256.of(new byte[] {7}, empty, leaf) : Sha256.of(new byte[] {7}, leaf, empty),
                near,
                new MapProof(List.of(empty), near),
                "presence");
        brokenMapProof(
                "not-canonical-nothing-beside-nothing",
                Sha256.of(new byte[] {7}, empty, empty),
                near,
                new MapProof(List.of(empty), null),
                "absence");
    }

    private static byte[] mapRoot(List<byte[]> sorted) {
        return TagMap.root(RawMessage.concat(sorted.toArray(byte[][]::new)), 0);
    }

    private static MapProof proofOf(List<byte[]> sorted, byte[] tag) {
        return TagMap.proof(RawMessage.concat(sorted.toArray(byte[][]::new)), 0, tag);
    }

    private void goodMap(String name, List<byte[]> sorted) {
        put("good-map-" + name, VectorFile.of("map").hexes("tag", sorted).hex("root", mapRoot(sorted)));
    }

    private void goodMapProof(String name, byte[] root, byte[] tag, List<byte[]> sorted) {
        put("good-map-proof-" + name, mapProof(root, tag, proofOf(sorted, tag), name.replaceFirst("-.*", "")));
    }

    private void brokenMapProof(String name, byte[] root, byte[] tag, MapProof proof, String shows) {
        put("broken-map-proof-" + name, mapProof(root, tag, proof, shows).text("reason", name));
    }

    private static VectorFile mapProof(byte[] root, byte[] tag, MapProof proof, String shows) {
        VectorFile file =
                VectorFile.of("map-proof").hex("tag", tag).hex("root", root).hexes("sibling", proof.siblings());
        byte[] terminal = proof.terminal();
        return (terminal == null ? file : file.hex("terminal", terminal)).text("shows", shows);
    }

    private static VectorFile link(byte[] secret, int n, byte[] step, byte[] previous, byte[] entry) {
        VectorFile file = VectorFile.of("link")
                .hex("object-secret", secret)
                .number("n", n)
                .hex("step-digest", step);
        return (previous == null ? file : file.hex("previous", previous)).hex("entry", entry);
    }

    private void brokenLink(String name, VectorFile file) {
        put("broken-link-" + name, file.text("reason", name));
    }

    private static VectorFile object(ObjectTree tree, int i, String uri) {
        return VectorFile.of("object")
                .text("uri", uri)
                .hex("salt", tree.salt(i))
                .hex("binding", tree.binding(i))
                .number("index", i)
                .number("count", tree.count())
                .hex("root", tree.root())
                .hexes("path", tree.path(i));
    }

    private void brokenObject(String name, VectorFile file) {
        put("broken-object-" + name, file.text("reason", name));
    }

    private void brokenBinding(String name, byte[] entry, String reason) {
        put(
                "broken-key-binding-" + name,
                VectorFile.of("key-binding").text("reason", reason).hex("entry", entry));
    }

    // ---- whole proof files
    // ------------------------------------------------------------------------------------------------------

    private void proofs() {
        goodProof("whole-story", new Story().told().file());
        Story withheld = new Story();
        withheld.readingShown = key -> key != 7;
        goodProof("position-withheld", withheld.told().file());
        Story bare = new Story();
        goodProof(
                "no-readings",
                bare.bind(bare.maker).step(bare.maker, "commissioning").file());
        Story some = new Story().told();
        goodProof("some-readings-of-many", some.file(some.log.sign(some.checkpoint()), 40));
        Story later = new Story().told();
        goodProof("revoked-later", later.revoke(later.maker, null).file());
        Story photo = new Story();
        photo.bind(photo.maker).step(photo.maker, "commissioning");
        photo.message(photo.maker, 33, List.of(new Statement("photo", Seeds.bytes("photo", 32), Story.URI).group()));
        goodProof("photo-statement", photo.file());

        ProofFile good = new Story().told().file();
        String vkey = new Story().log.verifier().vkey();

        // checkpoint signature
        String note = good.checkpointNote();
        String badSignature = note.substring(0, note.length() - 8)
                + (note.charAt(note.length() - 8) == 'A' ? 'B' : 'A')
                + note.substring(note.length() - 7);
        invalid("checkpoint-signature", withNote(good, badSignature), Check.CHECKPOINT_SIGNATURE);
        invalid(
                "checkpoint-altered",
                withNote(good, note.replace("\n" + size(note) + "\n", "\n" + (size(note) + 1) + "\n")),
                Check.CHECKPOINT_SIGNATURE);
        invalid(
                "checkpoint-other-origin",
                withNote(
                        good,
                        new Story().log.sign(new Story().told().checkpoint().replace("trace", "other"))),
                Check.CHECKPOINT_SIGNATURE);
        invalid("checkpoint-not-a-note", withNote(good, "nothing\n"), Check.CHECKPOINT_SIGNATURE);
        cannotTell(
                "checkpoint-unknown-key",
                good,
                new NoteSigner(Story.ORIGIN, Seeds.key("another log"))
                        .verifier()
                        .vkey(),
                Check.CHECKPOINT_SIGNATURE);

        // key binding
        invalid(
                "tree-of-another-size",
                withNote(good, new Story().log.sign(new Story().told().filler(1).checkpoint())),
                Check.KEY_BINDING);
        invalid(
                "key-binding-altered",
                withKey(
                        good,
                        1,
                        new ProofFile.KeyEntry(
                                replace(good.keys().get(1).entry(), "browser", "gateway", true),
                                good.keys().get(1).place())),
                Check.KEY_BINDING);
        invalid(
                "key-binding-other-index",
                withKey(
                        good,
                        0,
                        new ProofFile.KeyEntry(
                                good.keys().get(0).entry(),
                                new InclusionProof(1, good.keys().get(0).place().path()))),
                Check.KEY_BINDING);
        invalid(
                "key-binding-malformed",
                withKey(
                        good,
                        0,
                        new ProofFile.KeyEntry(
                                new byte[] {2, (byte) 0xa0}, good.keys().get(0).place())),
                Check.KEY_BINDING);

        // step signature
        Story unbound = new Story();
        cannotTell(
                "step-key-not-bound",
                unbound.bindUnseen(unbound.maker)
                        .step(unbound.maker, "commissioning")
                        .file(),
                vkey,
                Check.STEP_SIGNATURE);
        invalid(
                "step-signature",
                withStep(
                        good,
                        1,
                        s -> new ProofFile.Step(
                                s.n(), flip(s.cose(), s.cose().length - 1), s.disclosure(), s.object(), s.link())),
                Check.STEP_SIGNATURE);
        Story late = new Story();
        invalid(
                "step-key-bound-later",
                late.step(late.maker, "commissioning").bind(late.maker).file(),
                Check.STEP_SIGNATURE);
        Story thermometer = new Story();
        invalid(
                "step-by-a-device",
                thermometer
                        .bind(thermometer.device)
                        .step(thermometer.device, "commissioning")
                        .file(),
                Check.STEP_SIGNATURE);
        Story revoked = new Story();
        invalid(
                "step-key-revoked",
                revoked.bind(revoked.maker)
                        .step(revoked.maker, "commissioning")
                        .revoke(revoked.maker, null)
                        .step(revoked.maker, "packing")
                        .file(),
                Check.STEP_SIGNATURE);
        Story suspect = new Story();
        cannotTell(
                "step-key-suspect",
                suspect.bind(suspect.maker)
                        .step(suspect.maker, "commissioning")
                        .step(suspect.maker, "packing")
                        .revoke(suspect.maker, 3L)
                        .file(),
                vkey,
                Check.STEP_SIGNATURE);
        // Recorded at 2 and 4, revoked at 5: only what is recorded before the index is surely the maker's own.
        for (long from : new long[] {4, 2}) {
            Story compromised = new Story();
            cannotTell(
                    "step-key-compromised-from-" + from,
                    compromised
                            .bind(compromised.maker)
                            .step(compromised.maker, "commissioning")
                            .step(compromised.maker, "packing")
                            .revoke(compromised.maker, Revocation.COMPROMISED, from)
                            .file(),
                    vkey,
                    Check.STEP_SIGNATURE);
        }
        Story madeBefore = new Story();
        goodProof(
                "compromised-after-the-last-step",
                madeBefore
                        .bind(madeBefore.maker)
                        .step(madeBefore.maker, "commissioning")
                        .step(madeBefore.maker, "packing")
                        .mapHead()
                        .revoke(madeBefore.maker, Revocation.COMPROMISED, 5L)
                        .file());
        Story foundLater = new Story();
        cannotTell(
                "step-key-superseded-and-later-compromised",
                foundLater
                        .bind(foundLater.maker)
                        .step(foundLater.maker, "commissioning")
                        .step(foundLater.maker, "packing")
                        .revoke(foundLater.maker, Revocation.SUPERSEDED, null)
                        .revoke(foundLater.maker, Revocation.COMPROMISED, 4L)
                        .file(),
                vkey,
                Check.STEP_SIGNATURE);
        Story reachesBack = new Story();
        cannotTell(
                "step-key-compromised-earlier-than-thought",
                reachesBack
                        .bind(reachesBack.maker)
                        .step(reachesBack.maker, "commissioning")
                        .revoke(reachesBack.maker, Revocation.COMPROMISED, 3L)
                        .revoke(reachesBack.maker, Revocation.COMPROMISED, 1L)
                        .file(),
                vkey,
                Check.STEP_SIGNATURE);
        for (String reason : List.of(Revocation.SUPERSEDED, Revocation.LOST)) {
            Story stands = new Story();
            goodProof(
                    "key-" + reason + "-later",
                    stands.bind(stands.maker)
                            .step(stands.maker, "commissioning")
                            .mapHead()
                            .revoke(stands.maker, reason, null)
                            .file());
            Story after = new Story();
            invalid(
                    "step-key-" + reason,
                    after.bind(after.maker)
                            .step(after.maker, "commissioning")
                            .revoke(after.maker, reason, null)
                            .step(after.maker, "packing")
                            .file(),
                    Check.STEP_SIGNATURE);
        }
        Story taken = new Story();
        invalid(
                "step-after-a-compromise",
                taken.bind(taken.maker)
                        .revoke(taken.maker, Revocation.COMPROMISED, 1L)
                        .step(taken.maker, "commissioning")
                        .file(),
                Check.STEP_SIGNATURE);
        Story early = new Story();
        early.maker.firstEpoch = 2;
        invalid(
                "step-before-first-epoch",
                early.bind(early.maker).step(early.maker, "commissioning").file(),
                Check.STEP_SIGNATURE);
        invalid(
                "step-is-a-reading",
                withStep(
                        good,
                        1,
                        s -> new ProofFile.Step(
                                s.n(), good.messages().get(0).cose(), s.disclosure(), s.object(), s.link())),
                Check.STEP_SIGNATURE);
        invalid(
                "step-cose-malformed",
                withStep(
                        good,
                        1,
                        s -> new ProofFile.Step(s.n(), flip(s.cose(), 0), s.disclosure(), s.object(), s.link())),
                Check.STEP_SIGNATURE);
        invalid("step-of-another-key-of-the-maker", swapKid(good), Check.STEP_SIGNATURE);

        // step content
        invalid(
                "step-summary-altered",
                withStep(
                        good,
                        0,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                replace(s.disclosure(), "North Sea", "South Sea", true),
                                s.object(),
                                s.link())),
                Check.STEP_CONTENT);
        invalid(
                "step-group-not-allowed",
                withStep(
                        good,
                        0,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                new CborWriter()
                                        .array(1)
                                        .array(2)
                                        .bytes(new byte[16])
                                        .bytes(HexFormat.of().parseHex("82098182011864"))
                                        .toBytes(),
                                s.object(),
                                s.link())),
                Check.STEP_CONTENT);
        invalid(
                "step-disclosure-malformed",
                withStep(
                        good,
                        0,
                        s -> new ProofFile.Step(s.n(), s.cose(), new byte[] {(byte) 0x80}, s.object(), s.link())),
                Check.STEP_CONTENT);

        // object in step
        invalid(
                "object-is-a-sibling",
                new ProofFile(
                        note,
                        Story.SIBLING,
                        good.objectSecret(),
                        good.keys(),
                        good.steps(),
                        good.messages(),
                        good.readingsInStory()),
                Check.OBJECT_IN_STEP);
        invalid(
                "object-path",
                withStep(
                        good,
                        2,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                s.disclosure(),
                                new ProofFile.ObjectPlace(
                                        s.object().index(),
                                        s.object().salt(),
                                        s.object().binding(),
                                        s.object().path().subList(0, 1)),
                                s.link())),
                Check.OBJECT_IN_STEP);
        invalid(
                "object-index-outside",
                withStep(
                        good,
                        2,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                s.disclosure(),
                                new ProofFile.ObjectPlace(
                                        3,
                                        s.object().salt(),
                                        s.object().binding(),
                                        s.object().path()),
                                s.link())),
                Check.OBJECT_IN_STEP);
        Story hidden = new Story();
        hidden.stepShown = key -> key == 18;
        cannotTell(
                "object-root-withheld",
                hidden.bind(hidden.maker).step(hidden.maker, "commissioning").file(),
                vkey,
                Check.OBJECT_IN_STEP);
        Story again = new Story();
        again.bind(again.maker).step(again.maker, "commissioning");
        again.commissionAgain = true;
        invalid("object-commissioned-again", again.step(again.maker, "packing").file(), Check.OBJECT_IN_STEP);

        // label commitment
        Story other = new Story();
        other.bindingSecret = Seeds.bytes("secret of another label", 32);
        invalid(
                "label-commitment",
                other.bind(other.maker).step(other.maker, "commissioning").file(),
                Check.LABEL_COMMITMENT);

        // link chain
        invalid("step-left-out", without(good, 1), Check.LINK_CHAIN);
        invalid("first-step-left-out", without(good, 0), Check.LINK_CHAIN);
        Story backwards = new Story();
        backwards.bind(backwards.maker);
        long reserved = backwards.add(Seeds.bytes("reserved", 32));
        invalid(
                "steps-recorded-backwards",
                backwards
                        .step(backwards.maker, "commissioning")
                        .step(backwards.maker, "packing", 1, reserved)
                        .file(),
                Check.LINK_CHAIN);
        ProofFile.Step zero = good.steps().get(0);
        invalid(
                "step-twice",
                new ProofFile(
                        note, good.objectUri(), good.objectSecret(), good.keys(), List.of(zero, zero), List.of(), 0),
                Check.LINK_CHAIN);

        Story linkedAgain = new Story();
        invalid(
                "step-linked-again",
                linkedAgain
                        .bind(linkedAgain.maker)
                        .step(linkedAgain.maker, "commissioning")
                        .step(linkedAgain.maker, "packing")
                        .linkAgain(1)
                        .file(),
                Check.LINK_CHAIN);
        Story linkedLater = new Story();
        invalid(
                "step-linked-again-after-another",
                linkedLater
                        .bind(linkedLater.maker, linkedLater.carrier)
                        .step(linkedLater.maker, "commissioning")
                        .step(linkedLater.maker, "storing")
                        .step(linkedLater.carrier, "shipping")
                        .step(linkedLater.maker, "packing")
                        .linkAgain(1)
                        .file(),
                Check.LINK_CHAIN);

        // link inclusion
        invalid(
                "link-index",
                withStep(
                        good,
                        3,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                s.disclosure(),
                                s.object(),
                                new InclusionProof(
                                        s.link().leafIndex() + 1, s.link().path()))),
                Check.LINK_INCLUSION);
        invalid(
                "link-path",
                withStep(
                        good,
                        3,
                        s -> new ProofFile.Step(
                                s.n(),
                                s.cose(),
                                s.disclosure(),
                                s.object(),
                                new InclusionProof(
                                        s.link().leafIndex(),
                                        s.link()
                                                .path()
                                                .subList(1, s.link().path().size())))),
                Check.LINK_INCLUSION);
        invalid("step-not-recorded", withStep(good, 1, s -> unrecorded(s)), Check.LINK_INCLUSION);

        // reading signature
        Story stranger = new Story();
        stranger.bind(stranger.maker).step(stranger.maker, "commissioning");
        cannotTell(
                "reading-key-not-bound", stranger.reading(stranger.device, 200).file(), vkey, Check.READING_SIGNATURE);
        invalid(
                "reading-signature",
                withMessage(
                        good,
                        0,
                        m -> new ProofFile.Message(
                                flip(m.cose(), m.cose().length - 1), m.disclosure(), m.tag(), m.place())),
                Check.READING_SIGNATURE);
        Story desk = new Story();
        desk.bind(desk.maker).step(desk.maker, "commissioning");
        invalid("reading-by-an-organisation", desk.reading(desk.maker, 200).file(), Check.READING_SIGNATURE);
        Story booted = new Story();
        booted.bind(booted.maker, booted.device).step(booted.maker, "commissioning");
        invalid(
                "message-type-boot",
                booted.message(
                                booted.device,
                                3,
                                List.of(
                                        io.waymark.evidence.message.Group.of(30, out -> out.unsigned(1)),
                                        io.waymark.evidence.message.Group.of(31, out -> out.bytes(new byte[32]))))
                        .file(),
                Check.READING_SIGNATURE);
        Story stolen = new Story();
        invalid(
                "reading-key-revoked",
                stolen.bind(stolen.maker, stolen.device)
                        .step(stolen.maker, "commissioning")
                        .revoke(stolen.device, null)
                        .reading(stolen.device, 200)
                        .file(),
                Check.READING_SIGNATURE);

        // reading content
        invalid(
                "reading-value-altered",
                withMessage(
                        good,
                        0,
                        m -> new ProofFile.Message(
                                m.cose(), replace(m.disclosure(), "18c6", "18c7"), m.tag(), m.place())),
                Check.READING_CONTENT);
        invalid(
                "reading-disclosure-of-another",
                withMessage(
                        good,
                        0,
                        m -> new ProofFile.Message(
                                m.cose(), good.messages().get(1).disclosure(), m.tag(), m.place())),
                Check.READING_CONTENT);

        // reading inclusion
        invalid(
                "reading-tag",
                withMessage(good, 1, m -> new ProofFile.Message(m.cose(), m.disclosure(), flip(m.tag(), 0), m.place())),
                Check.READING_INCLUSION);
        invalid(
                "reading-index",
                withMessage(
                        good,
                        1,
                        m -> new ProofFile.Message(
                                m.cose(),
                                m.disclosure(),
                                m.tag(),
                                new InclusionProof(
                                        m.place().leafIndex() - 1, m.place().path()))),
                Check.READING_INCLUSION);
        List<ProofFile.Message> twice = new ArrayList<>(good.messages());
        twice.add(good.messages().get(0));
        invalid(
                "reading-twice",
                new ProofFile(
                        note, good.objectUri(), good.objectSecret(), good.keys(), good.steps(), twice, twice.size()),
                Check.READING_INCLUSION);
        Story recordedAgain = new Story();
        invalid("reading-recorded-again", recordedAgain.told().recordAgain(0).file(), Check.READING_INCLUSION);
        Story oneNumber = new Story();
        invalid(
                "reading-second-under-one-number",
                oneNumber
                        .bind(oneNumber.maker, oneNumber.device)
                        .step(oneNumber.maker, "commissioning")
                        .reading(oneNumber.device, 198)
                        .forgetCounter(oneNumber.device)
                        .reading(oneNumber.device, 204)
                        .file(),
                Check.READING_INCLUSION);

        noLaterStep(good, vkey);

        // unreadable
        byte[] bytes = good.encode();
        unreadable("trailing-byte", RawMessage.concat(bytes, new byte[] {0}));
        unreadable("truncated", Arrays.copyOf(bytes, bytes.length - 1));
        unreadable("other-version", replace(bytes, "proof/1", "proof/2", true));
        byte[] counts = withMap(good, null).encode();
        unreadable("key-twice", edit(counts, counts.length - 4, (byte) 5));
        unreadable("count-of-messages", edit(counts, counts.length - 1, (byte) 3));
        unreadable("more-here-than-in-the-story", edit(counts, counts.length - 2, (byte) 3));
        ProofFile.NoLaterStep claim = good.noLaterStep();
        unreadable(
                "terminal-31-bytes",
                withMap(good, withProof(claim, claim.proof().siblings(), new byte[31]))
                        .encode());
        unreadable(
                "257-siblings",
                withMap(good, withProof(claim, Collections.nCopies(257, new byte[32]), null))
                        .encode());
        unreadable(
                "sibling-33-bytes",
                withMap(good, withProof(claim, List.of(new byte[33]), null)).encode());
        unreadable("key-8", edit(bytes, lastKey(bytes), (byte) 8));
        unreadable(
                "no-steps",
                new CborWriter()
                        .map(7)
                        .unsigned(0)
                        .text(ProofFile.FORMAT)
                        .unsigned(1)
                        .text(note)
                        .unsigned(2)
                        .array(2)
                        .text(Story.URI)
                        .bytes(Story.SECRET)
                        .unsigned(3)
                        .array(0)
                        .unsigned(4)
                        .array(0)
                        .unsigned(5)
                        .array(0)
                        .unsigned(6)
                        .array(2)
                        .unsigned(0)
                        .unsigned(0)
                        .toBytes());
        unreadable("empty", new byte[0]);
        unreadable(
                "secret-31-bytes",
                replace(
                        bytes,
                        "5820" + HexFormat.of().formatHex(Story.SECRET),
                        "581f" + HexFormat.of().formatHex(Story.SECRET, 1, 32)));
    }

    private static int lastKey(byte[] file) {
        // 6: [n, n], 7: [
        for (int at = file.length - 5; ; at--) {
            if (file[at] == 7 && file[at + 1] == (byte) 0x85 && file[at - 4] == 6) {
                return at;
            }
        }
    }

    private void noLaterStep(ProofFile good, String vkey) {
        cannotTell("map-head-absent", withMap(good, null), vkey, Check.NO_LATER_STEP);
        Story story = new Story().told();
        story.checkpoint();
        ProofFile whole = story.file();
        invalid("last-step-left-out", withMap(without(whole, 3), story.noLaterStep(3)), Check.NO_LATER_STEP);
        invalid("map-proof-of-another-step", withMap(whole, story.noLaterStep(5)), Check.NO_LATER_STEP);
        ProofFile.NoLaterStep claim = whole.noLaterStep();
        MapProof proof = claim.proof();
        List<byte[]> siblings = proof.siblings();
        invalid(
                "map-sibling-forged",
                withMap(whole, withProof(claim, with(siblings, 0, flip(siblings.get(0), 9)), proof.terminal())),
                Check.NO_LATER_STEP);
        invalid(
                "map-sibling-left-out",
                withMap(whole, withProof(claim, siblings.subList(0, siblings.size() - 1), proof.terminal())),
                Check.NO_LATER_STEP);
        invalid(
                "map-terminal-forged",
                withMap(whole, withProof(claim, siblings, proof.terminal() == null ? new byte[32] : null)),
                Check.NO_LATER_STEP);
        invalid(
                "map-head-other-index",
                withMap(
                        whole,
                        new ProofFile.NoLaterStep(
                                claim.mapHead(),
                                new InclusionProof(
                                        claim.place().leafIndex() - 1,
                                        claim.place().path()),
                                proof)),
                Check.NO_LATER_STEP);
        invalid(
                "map-head-not-recorded",
                withMap(
                        whole,
                        new ProofFile.NoLaterStep(
                                new MapHead(20, 0, new byte[32], 1_790_000_000_000L).entry(),
                                claim.place(),
                                new MapProof(List.of(), null))),
                Check.NO_LATER_STEP);
        Story binding = new Story().told();
        invalid(
                "map-head-is-a-binding",
                binding.mapHead(binding.maker.binding().entry(), binding.linkTags())
                        .file(),
                Check.NO_LATER_STEP);
        Story before = new Story().told();
        invalid(
                "map-head-before-its-entries",
                before.mapHead(40, TagMap.root(before.linkTags(), 0)).file(),
                Check.NO_LATER_STEP);

        // An operator's map may be in another form and lead to its root all the same.
        byte[] empty = new byte[32];
        byte[] near = flip(Entries.linkTag(Story.SECRET, 1), 31);
        byte[] leaf = Sha256.of(new byte[] {6}, near);
        Story stretched = new Story();
        stretched.bind(stretched.maker).step(stretched.maker, "commissioning");
        stretched.mapHead(
                3, bit(near, 0) == 1 ? Sha256.of(new byte[] {7}, empty, leaf) : Sha256.of(new byte[] {7}, leaf, empty));
        invalid(
                "map-not-canonical-tag",
                withMap(stretched.file(), withProof(stretched.noLaterStep(1), List.of(empty), near)),
                Check.NO_LATER_STEP);
        Story hollow = new Story();
        hollow.bind(hollow.maker).step(hollow.maker, "commissioning");
        hollow.mapHead(3, Sha256.of(new byte[] {7}, empty, empty));
        invalid(
                "map-not-canonical-empty",
                withMap(hollow.file(), withProof(hollow.noLaterStep(1), List.of(empty), null)),
                Check.NO_LATER_STEP);

        Story tooOld = new Story();
        tooOld.bind(tooOld.maker).step(tooOld.maker, "commissioning").mapHead();
        cannotTell(
                "map-head-before-the-last-step",
                tooOld.step(tooOld.maker, "packing").file(),
                vkey,
                Check.NO_LATER_STEP);
        // One step came after the head: as of the head there was none, and a reader who asks for a fresh head is told.
        Story since = new Story();
        since.bind(since.maker).step(since.maker, "commissioning").mapHead();
        ProofFile told = without(since.step(since.maker, "packing").file(), 1);
        ProofFile asOf = withMap(told, since.noLaterStep(1));
        goodProof("as-of-a-map-head", asOf);
        long head = 1_790_086_400_000L;
        put(
                "good-proof-map-head-fresh",
                proof(vkey, asOf.encode(), "valid")
                        .number("now", head + 86_400_000)
                        .number("max-age", 86_400_000));
        for (long now : new long[] {head + 86_400_001, head - 86_400_001}) {
            put(
                    "broken-proof-map-head-" + (now > head ? "stale" : "from-the-future"),
                    proof(vkey, asOf.encode(), "cannot-tell")
                            .text("expect", Check.NO_LATER_STEP)
                            .number("now", now)
                            .number("max-age", 86_400_000));
        }
    }

    private void witnessedProofs(String vkey) throws InvalidNoteException {
        Cosigner one = witness("one.example/w");
        Cosigner two = witness("two.example/w");
        String policy = "log " + vkey + "\nwitness one " + one.verifier().vkey() + "\nwitness two "
                + two.verifier().vkey() + "\nwitness three "
                + witness("three.example/w").verifier().vkey() + "\ngroup all 2 one two three\nquorum all\n";
        // The operator's clock says 1 790 086 400 s, the witnesses' a month later.
        long seen = 1_790_086_400L + 30 * 86_400L;
        long now = 1000 * (seen + 3600);
        ProofFile good = new Story().told().file();
        ProofFile both = cosigned(good, one, seen + 60, two, seen);
        put("good-proof-witnessed", witnessed(vkey, both, policy, "valid", now));
        put(
                "good-proof-witnessed-of-any-age",
                proof(vkey, both.encode(), "valid").hex("policy", policy.getBytes(StandardCharsets.UTF_8)));
        ProofFile alone = cosigned(good, one, seen, one, seen + 1);
        put(
                "broken-proof-witnesses-too-few",
                witnessed(vkey, alone, policy, "cannot-tell", 1_790_086_400_000L)
                        .text("expect", Check.WITNESS_COSIGNATURES));
        String line = one.cosign(
                        new NoteSigner(Story.ORIGIN, Seeds.key("log"))
                                .verifier()
                                .checkpoint(good.checkpointNote()),
                        seen)
                .line();
        ProofFile altered = noted(
                good,
                good.checkpointNote()
                        + line.substring(0, line.length() - 9)
                        + (line.charAt(line.length() - 9) == 'A' ? 'B' : 'A')
                        + line.substring(line.length() - 8));
        put(
                "broken-proof-witness-line-altered",
                witnessed(vkey, altered, policy, "invalid", now).text("expect", Check.WITNESS_COSIGNATURES));
        // The second newest of the two counts: one of them alone may have a wrong clock.
        put(
                "broken-proof-witnesses-stale",
                witnessed(vkey, cosigned(good, one, seen, two, seen - 86_400), policy, "cannot-tell", 1000 * (seen + 1))
                        .text("expect", Check.NO_LATER_STEP));
        // What came after the head, the map does not know: the operator's clock again, a month ago.
        Story since = new Story();
        since.bind(since.maker).step(since.maker, "commissioning").mapHead();
        since.filler(1);
        put(
                "broken-proof-witnessed-after-the-map-head",
                witnessed(vkey, cosigned(since.file(), one, seen, two, seen), policy, "cannot-tell", now)
                        .text("expect", Check.NO_LATER_STEP));
        String other = policy.replace(
                vkey,
                new NoteSigner("other.example/log", Seeds.key("other log"))
                        .verifier()
                        .vkey());
        put(
                "broken-proof-policy-of-another-log",
                witnessed(vkey, both, other, "cannot-tell", now).text("expect", Check.WITNESS_COSIGNATURES));
        // The policy was written for the first key; the note is by the second, which the first handed over to.
        ProofFile once = handedOver(1);
        VerifiedCheckpoint later =
                new NoteSigner(Story.ORIGIN, Story.logKey(1)).verifier().checkpoint(once.checkpointNote());
        ProofFile followed = noted(
                once,
                once.checkpointNote()
                        + one.cosign(later, seen).line()
                        + two.cosign(later, seen).line());
        put(
                "good-proof-handed-over-and-witnessed-by-the-first-keys-policy",
                witnessed(vkey, followed, policy, "valid", now));
        put(
                "broken-proof-handed-over-and-a-policy-of-another-log",
                witnessed(vkey, followed, other, "cannot-tell", now).text("expect", Check.WITNESS_COSIGNATURES));
    }

    private VectorFile witnessed(String vkey, ProofFile file, String policy, String outcome, long now) {
        return proof(vkey, file.encode(), outcome)
                .hex("policy", policy.getBytes(StandardCharsets.UTF_8))
                .number("now", now)
                .number("max-age", 86_400_000);
    }

    private static Cosigner witness(String name) {
        return Cosigner.of(name, Cosignature.Type.ED25519, Seeds.bytes("witness " + name, 32));
    }

    private static ProofFile cosigned(ProofFile file, Cosigner first, long at, Cosigner second, long then)
            throws InvalidNoteException {
        var checkpoint =
                new NoteSigner(Story.ORIGIN, Seeds.key("log")).verifier().checkpoint(file.checkpointNote());
        return noted(
                file,
                file.checkpointNote()
                        + first.cosign(checkpoint, at).line()
                        + second.cosign(checkpoint, then).line());
    }

    private static ProofFile noted(ProofFile f, String note) {
        return new ProofFile(
                note,
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                f.steps(),
                f.messages(),
                f.readingsInStory(),
                f.noLaterStep(),
                f.handOvers());
    }

    private static int bit(byte[] tag, int at) {
        return tag[at >> 3] >> (7 - (at & 7)) & 1;
    }

    private static ProofFile withMap(ProofFile f, ProofFile.NoLaterStep claim) {
        return new ProofFile(
                f.checkpointNote(),
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                f.steps(),
                f.messages(),
                f.readingsInStory(),
                claim);
    }

    private static ProofFile.NoLaterStep withProof(
            ProofFile.NoLaterStep claim, List<byte[]> siblings, byte[] terminal) {
        return new ProofFile.NoLaterStep(claim.mapHead(), claim.place(), new MapProof(siblings, terminal));
    }

    private static ProofFile swapKid(ProofFile good) {
        // Signed by the maker's stream with a key that only another stream has.
        Story story = new Story();
        Story.Party borrowed = new Story.Party("maker", Seeds.key("shop"), KeyBinding.ORGANISATION, "hsm");
        ProofFile other = story.bind(story.maker, story.shop)
                .step(borrowed, "commissioning")
                .file();
        // Both keys are bound, but (stream of maker, key of shop) is not; the signature itself is broken as well, so no
        // verifier may pass it.
        List<ProofFile.KeyEntry> keys = new ArrayList<>(other.keys());
        ProofFile.Step step = other.steps().get(0);
        ProofFile.Step broken = new ProofFile.Step(
                step.n(),
                withKid(step.cose(), new Story().maker.key.verificationKey().kid()),
                step.disclosure(),
                step.object(),
                step.link());
        return new ProofFile(
                other.checkpointNote(), other.objectUri(), other.objectSecret(), keys, List.of(broken), List.of(), 0);
    }

    private static byte[] withKid(byte[] cose, byte[] kid) {
        String hex = HexFormat.of().formatHex(cose);
        int at = hex.indexOf("a201320448");
        return HexFormat.of()
                .parseHex(hex.substring(0, at + 10) + HexFormat.of().formatHex(kid) + hex.substring(at + 26));
    }

    private static ProofFile.Step unrecorded(ProofFile.Step step) {
        // The maker signs a second step 1 that says something else; it is well signed and was never recorded.
        Story story = new Story();
        story.bind(story.maker).step(story.maker, "commissioning").step(story.maker, "inspecting");
        ProofFile.Step other = story.file().steps().get(1);
        return new ProofFile.Step(1, other.cose(), other.disclosure(), other.object(), step.link());
    }

    private static long size(String note) {
        return Long.parseLong(note.split("\n")[1]);
    }

    private static ProofFile withNote(ProofFile f, String note) {
        return new ProofFile(
                note,
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                f.steps(),
                f.messages(),
                f.readingsInStory(),
                f.noLaterStep());
    }

    private static ProofFile withKey(ProofFile f, int i, ProofFile.KeyEntry key) {
        List<ProofFile.KeyEntry> keys = new ArrayList<>(f.keys());
        keys.set(i, key);
        return new ProofFile(
                f.checkpointNote(),
                f.objectUri(),
                f.objectSecret(),
                keys,
                f.steps(),
                f.messages(),
                f.readingsInStory(),
                f.noLaterStep());
    }

    private static ProofFile withStep(ProofFile f, int i, UnaryOperator<ProofFile.Step> edit) {
        List<ProofFile.Step> steps = new ArrayList<>(f.steps());
        steps.set(i, edit.apply(steps.get(i)));
        return new ProofFile(
                f.checkpointNote(),
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                steps,
                f.messages(),
                f.readingsInStory(),
                f.noLaterStep());
    }

    private static ProofFile without(ProofFile f, int i) {
        List<ProofFile.Step> steps = new ArrayList<>(f.steps());
        steps.remove(i);
        return new ProofFile(
                f.checkpointNote(),
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                steps,
                f.messages(),
                f.readingsInStory(),
                f.noLaterStep());
    }

    private static ProofFile withMessage(ProofFile f, int i, UnaryOperator<ProofFile.Message> edit) {
        List<ProofFile.Message> messages = new ArrayList<>(f.messages());
        messages.set(i, edit.apply(messages.get(i)));
        return new ProofFile(
                f.checkpointNote(),
                f.objectUri(),
                f.objectSecret(),
                f.keys(),
                f.steps(),
                messages,
                f.readingsInStory(),
                f.noLaterStep());
    }

    private void goodProof(String name, ProofFile file) {
        put("good-proof-" + name, proof(new Story().log.verifier().vkey(), file.encode(), "valid"));
    }

    private void invalid(String name, ProofFile file, String check) {
        put(
                "broken-proof-" + name,
                proof(new Story().log.verifier().vkey(), file.encode(), "invalid")
                        .text("expect", check));
    }

    private void cannotTell(String name, ProofFile file, String vkey, String check) {
        put("broken-proof-" + name, proof(vkey, file.encode(), "cannot-tell").text("expect", check));
    }

    /** The log changes its key, twice. */
    private void handOvers() {
        byte[] entry = Story.logKeyEntry(3);
        put("good-log-key", VectorFile.of("log-key").hex("entry", entry));
        brokenLogKey("trailing-byte", RawMessage.concat(entry, new byte[] {0}), "TRAILING_BYTES");
        brokenLogKey("no-promise", edit(Arrays.copyOf(entry, entry.length - 35), 1, (byte) 0xa3), "WRONG_LENGTH");
        brokenLogKey(
                "small-order-key",
                replace(
                        entry,
                        HexFormat.of()
                                .formatHex(Story.logKey(3).verificationKey().raw()),
                        "01" + "00".repeat(31)),
                "KEY_NOT_VALID");
        brokenLogKey("short-promise", replace(entry, "035820", "03581f"), "WRONG_LENGTH");

        String first = new Story().log.verifier().vkey();
        String second = vkey(1);
        String third = vkey(2);
        ProofFile once = handedOver(1);
        ProofFile twice = handedOver(2);
        goodProof("handed-over-once", once);
        goodProof("handed-over-twice", twice);
        put("good-proof-handed-over-to-the-key-known", proof(third, twice.encode(), "valid"));
        put("good-proof-handed-over-before-and-after-the-key-known", proof(second, twice.encode(), "valid"));
        ProofFile newest = withHandOvers(twice, null);
        put("good-proof-by-a-third-key-without-its-story", proof(third, newest.encode(), "valid"));
        cannotTell("handed-over-and-not-told", newest, first, Check.CHECKPOINT_SIGNATURE);
        cannotTell("handed-over-to-keys-not-known", twice, vkey(9), Check.KEY_HAND_OVER);

        // A thief has the key in force and signs with another one after it.
        Story thief = new Story().promiseLogKey().told();
        LogKey chosen = new LogKey(
                1,
                Story.logKey(7).verificationKey(),
                LogKey.commitment(Story.logKey(8).verificationKey()));
        invalid(
                "handed-over-to-a-key-never-promised",
                thief.handOver(7, chosen.entry()).mapHead().file(),
                Check.KEY_HAND_OVER);
        Story skips = new Story().promiseLogKey().told();
        invalid(
                "handed-over-to-a-generation-left-out",
                skips.handOver(2, Story.logKeyEntry(2)).mapHead().file(),
                Check.KEY_HAND_OVER);

        HandOvers good = once.handOvers();
        HandOvers.HandOver only = good.handOvers().get(0);
        String note = only.note();
        String[] lines = note.split("\n");
        String text = note.substring(0, note.indexOf("\n\n") + 2);
        invalid(
                "hand-over-signed-by-the-new-key-only",
                withHandOverNote(once, text + lines[5] + "\n"),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-over-signed-by-the-old-key-only",
                withHandOverNote(once, text + lines[4] + "\n"),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-over-promise-elsewhere",
                withHandOvers(
                        once,
                        new HandOvers(
                                new HandOvers.Placed(
                                        good.first().entry(),
                                        new InclusionProof(
                                                good.first().place().leafIndex() + 1,
                                                good.first().place().path())),
                                good.handOvers())),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-over-entry-elsewhere",
                withHandOvers(
                        once,
                        new HandOvers(
                                good.first(),
                                List.of(new HandOvers.HandOver(
                                        note,
                                        new HandOvers.Placed(
                                                only.taken().entry(),
                                                new InclusionProof(
                                                        only.taken().place().leafIndex() - 1,
                                                        only.taken().place().path())),
                                        only.toNext())))),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-over-of-another-tree",
                withHandOvers(
                        once,
                        new HandOvers(
                                good.first(),
                                List.of(new HandOvers.HandOver(
                                        note,
                                        only.taken(),
                                        new ConsistencyProof(
                                                flipped(only.toNext().path())))))),
                Check.KEY_HAND_OVER);
        HandOvers two = twice.handOvers();
        invalid(
                "hand-overs-in-another-order",
                withHandOvers(
                        twice,
                        new HandOvers(
                                two.first(),
                                List.of(two.handOvers().get(1), two.handOvers().get(0)))),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-overs-without-the-last",
                withHandOvers(twice, new HandOvers(two.first(), two.handOvers().subList(0, 1))),
                Check.KEY_HAND_OVER);
        invalid(
                "hand-overs-of-two-trees",
                withHandOvers(
                        twice,
                        new HandOvers(
                                two.first(),
                                List.of(
                                        new HandOvers.HandOver(
                                                two.handOvers().get(0).note(),
                                                two.handOvers().get(0).taken(),
                                                new ConsistencyProof(flipped(
                                                        two.handOvers()
                                                                .get(0)
                                                                .toNext()
                                                                .path()))),
                                        two.handOvers().get(1)))),
                Check.KEY_HAND_OVER);
        // The old key signs on after it has handed over.
        Story after = new Story().promiseLogKey().told();
        NoteSigner old = after.log;
        after.handOver().filler(3);
        cannotTell(
                "signed-by-a-key-that-handed-over",
                after.file(old.sign(after.checkpoint()), 0),
                first,
                Check.CHECKPOINT_SIGNATURE);
    }

    private static String vkey(long generation) {
        return new NoteSigner(Story.ORIGIN, Story.logKey(generation)).verifier().vkey();
    }

    private static ProofFile handedOver(int times) {
        Story story = new Story().promiseLogKey().told();
        for (int i = 0; i < times; i++) {
            story.handOver().filler(5);
        }
        return story.mapHead().file();
    }

    private static ProofFile withHandOvers(ProofFile file, HandOvers handOvers) {
        return new ProofFile(
                file.checkpointNote(),
                file.objectUri(),
                file.objectSecret(),
                file.keys(),
                file.steps(),
                file.messages(),
                file.readingsInStory(),
                file.noLaterStep(),
                handOvers);
    }

    private static ProofFile withHandOverNote(ProofFile file, String note) {
        HandOvers.HandOver only = file.handOvers().handOvers().get(0);
        return withHandOvers(
                file,
                new HandOvers(
                        file.handOvers().first(), List.of(new HandOvers.HandOver(note, only.taken(), only.toNext()))));
    }

    private static List<byte[]> flipped(List<byte[]> path) {
        List<byte[]> flipped = new ArrayList<>(path);
        flipped.set(0, flip(path.get(0), 0));
        return flipped;
    }

    private void brokenLogKey(String name, byte[] entry, String reason) {
        put(
                "broken-log-key-" + name,
                VectorFile.of("log-key").text("reason", reason).hex("entry", entry));
    }

    private void unreadable(String name, byte[] file) {
        put(
                "broken-proof-unreadable-" + name,
                proof(new Story().log.verifier().vkey(), file, "cannot-tell").text("expect", "unreadable"));
    }

    private static VectorFile proof(String vkey, byte[] file, String outcome) {
        return VectorFile.of("proof").text("log-key", vkey).hex("file", file).text("outcome", outcome);
    }

    // ---- bytes
    // ------------------------------------------------------------------------------------------------------------------

    static byte[] flip(byte[] bytes, int at) {
        return edit(bytes, at, (byte) (bytes[at] ^ 1));
    }

    static byte[] edit(byte[] bytes, int at, byte value) {
        byte[] out = bytes.clone();
        out[at] = value;
        return out;
    }

    private static byte[] replace(byte[] bytes, String from, String to, boolean text) {
        return replace(
                bytes,
                HexFormat.of().formatHex(from.getBytes(StandardCharsets.UTF_8)),
                HexFormat.of().formatHex(to.getBytes(StandardCharsets.UTF_8)));
    }

    /** Replaces the first occurrence, on a byte boundary; it must be there. */
    static byte[] replace(byte[] bytes, String fromHex, String toHex) {
        String hex = HexFormat.of().formatHex(bytes);
        int at = hex.indexOf(fromHex);
        while (at >= 0 && at % 2 != 0) {
            at = hex.indexOf(fromHex, at + 1);
        }
        if (at < 0) {
            throw new AssertionError(fromHex + " is not in " + hex);
        }
        return HexFormat.of().parseHex(hex.substring(0, at) + toHex + hex.substring(at + fromHex.length()));
    }

    private static List<byte[]> with(List<byte[]> list, int i, byte[] value) {
        List<byte[]> out = new ArrayList<>(list);
        out.set(i, value);
        return out;
    }

    private static List<byte[]> plus(List<byte[]> list, byte[] value) {
        List<byte[]> out = new ArrayList<>(list);
        out.add(value);
        return out;
    }
}
