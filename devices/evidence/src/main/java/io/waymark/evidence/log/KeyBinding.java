package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.VerificationKey;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Public entry: from here on this key speaks for this stream. Names organisations and roles, never persons.
 *
 * @param streamId         16 bytes: a device, or one signing key of an organisation, or a receipt key
 * @param role             device, organisation or receipt
 * @param keeper           who holds the private key: device, gateway, platform, browser, file or hsm
 * @param streamCommitment 32 bytes, {@link Entries#streamCommitment}
 * @param organisation     domain or name
 * @param identityProof    how the organisation's identity was proved: self-declared, domain or gs1-licence
 * @param firstEpoch       messages of earlier epochs are not this key's
 * @param label            words for people, may be empty
 */
public record KeyBinding(
        byte[] streamId,
        VerificationKey key,
        String role,
        String keeper,
        byte[] streamCommitment,
        String organisation,
        String identityProof,
        long firstEpoch,
        String label) {
    public static final String DEVICE = "device";
    public static final String ORGANISATION = "organisation";
    public static final String RECEIPT = "receipt";

    static final Set<String> ROLES = Set.of(DEVICE, ORGANISATION, RECEIPT);
    static final Set<String> KEEPERS = Set.of("device", "gateway", "platform", "browser", "file", "hsm");
    static final Set<String> IDENTITY_PROOFS = Set.of("self-declared", "domain", "gs1-licence");
    private static final int WHAT = 1;

    public KeyBinding {
        if (streamId.length != 16 || streamCommitment.length != 32) {
            throw new IllegalArgumentException("stream id is 16 bytes, commitment 32");
        }
        if (!ROLES.contains(role) || !KEEPERS.contains(keeper) || !IDENTITY_PROOFS.contains(identityProof)) {
            throw new IllegalArgumentException(
                    "role, keeper or identity proof: " + role + ", " + keeper + ", " + identityProof);
        }
        if (firstEpoch < 0) {
            throw new IllegalArgumentException("first epoch " + firstEpoch);
        }
    }

    /** The entry's bytes. */
    public byte[] entry() {
        return PublicEntry.of(new CborWriter()
                .map(10)
                .unsigned(0)
                .unsigned(WHAT)
                .unsigned(1)
                .bytes(streamId)
                .unsigned(2)
                .bytes(key.coseKey())
                .unsigned(3)
                .text(role)
                .unsigned(4)
                .text(keeper)
                .unsigned(5)
                .bytes(streamCommitment)
                .unsigned(6)
                .text(organisation)
                .unsigned(7)
                .text(identityProof)
                .unsigned(8)
                .unsigned(firstEpoch)
                .unsigned(9)
                .text(label));
    }

    /** Whether the entry calls itself a key binding; it may still be malformed. */
    public static boolean is(byte[] entry) {
        // 0x02 ‖ map, key 0, value 1
        return entry.length > 3
                && entry[0] == Entries.PUBLIC
                && (entry[1] & 0xe0) == 0xa0
                && entry[2] == 0
                && entry[3] == WHAT;
    }

    public static KeyBinding parse(byte[] entry) throws MalformedException {
        CborReader in = PublicEntry.open(entry);
        if (in.map() != 10) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a key binding has keys 0 to 9");
        }
        PublicEntry.what(in, WHAT);
        PublicEntry.key(in, 1);
        byte[] streamId = in.bytes(16);
        PublicEntry.key(in, 2);
        VerificationKey key = VerificationKey.ofCose(in.bytes());
        PublicEntry.key(in, 3);
        String role = PublicEntry.oneOf(in, ROLES);
        PublicEntry.key(in, 4);
        String keeper = PublicEntry.oneOf(in, KEEPERS);
        PublicEntry.key(in, 5);
        byte[] commitment = in.bytes(32);
        PublicEntry.key(in, 6);
        String organisation = in.text();
        PublicEntry.key(in, 7);
        String identityProof = PublicEntry.oneOf(in, IDENTITY_PROOFS);
        PublicEntry.key(in, 8);
        long firstEpoch = in.unsigned();
        PublicEntry.key(in, 9);
        String label = in.text();
        in.end();
        return new KeyBinding(streamId, key, role, keeper, commitment, organisation, identityProof, firstEpoch, label);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyBinding that && Arrays.equals(entry(), that.entry());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(streamId) + key.hashCode();
    }
}
