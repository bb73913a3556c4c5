package io.waymark.evidence.log;

import io.waymark.evidence.key.MlDsa44;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Cosignature.Type;
import java.util.Arrays;

/**
 * A witness's signing key under its name. Makes cosignatures and nothing else; whether the log only grew is for the caller to have
 * checked and stored before. One key must not serve two names.
 */
public final class Cosigner {
    private final CosignatureVerifier verifier;
    private final byte[] seed;

    private Cosigner(Vkey vkey, byte[] seed) {
        this.verifier = CosignatureVerifier.of(vkey);
        this.seed = seed.clone();
    }

    /** @param seed 32 secret bytes, for both types */
    public static Cosigner of(String name, Type type, byte[] seed) {
        byte[] key =
                type == Type.ED25519 ? SigningKey.ofSeed(seed).verificationKey().raw() : MlDsa44.publicKey(seed);
        return new Cosigner(new Vkey(name, type.code(), key), seed);
    }

    public CosignatureVerifier verifier() {
        return verifier;
    }

    /** Whether this key can sign checkpoints of that origin: ML-DSA-44 takes names of up to 255 bytes. */
    public boolean canSign(String origin) {
        return Cosignature.fits(verifier.type(), verifier.name(), origin);
    }

    /** @param seconds POSIX time, at least 1 */
    public Cosignature cosign(VerifiedCheckpoint checkpoint, long seconds) {
        String text = checkpoint.text();
        if (seconds < 1 || !canSign(checkpoint.checkpoint().origin())) {
            throw new IllegalArgumentException("time " + seconds + ", or a name longer than 255 bytes");
        }
        byte[] message = Cosignature.message(verifier.type(), verifier.name(), seconds, text, checkpoint.checkpoint());
        byte[] signature =
                verifier.type() == Type.ED25519 ? SigningKey.ofSeed(seed).sign(message) : MlDsa44.sign(seed, message);
        byte[] timed = Arrays.copyOf(Sha256.u64(seconds), 8 + signature.length);
        System.arraycopy(signature, 0, timed, 8, signature.length);
        return new Cosignature(verifier, seconds, Note.Line.text(Vkey.parse(verifier.vkey()), timed));
    }
}
