package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
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
        String label)
        implements PublicEntry {
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

    @Override
    public byte[] entry() {
        return PublicFields.entry(PublicFields.write(10, WHAT)
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
        return PublicFields.is(entry, WHAT);
    }

    public static KeyBinding parse(byte[] entry) throws MalformedException {
        PublicFields in = PublicFields.open(entry, WHAT, 10, 10);
        KeyBinding binding = new KeyBinding(
                in.at(1).bytes(16),
                VerificationKey.ofCose(in.at(2).bytes()),
                in.oneOf(3, ROLES),
                in.oneOf(4, KEEPERS),
                in.at(5).bytes(32),
                in.at(6).text(),
                in.oneOf(7, IDENTITY_PROOFS),
                in.at(8).unsigned(),
                in.at(9).text());
        in.end();
        return binding;
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
