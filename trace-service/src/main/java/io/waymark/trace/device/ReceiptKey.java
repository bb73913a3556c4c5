package io.waymark.trace.device;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.Revocation;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.KeyRotation;
import io.waymark.trace.ledger.Ledger;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The platform's key for receipts, bound in the log before it signs anything. A lost key file means a new key and a new binding. One that is
 * replaced is revoked in the log: devices that learned of it take its receipts no more, send again and get new ones ({@link LoggedReceiptKeys}).
 */
@ApplicationScoped
public class ReceiptKey {
    private static final Logger LOG = Logger.getLogger(ReceiptKey.class);

    private final Registration registration;
    private final Ledger ledger;
    private final KeyFile file;
    private SigningKey bound;

    ReceiptKey(
            Registration registration,
            Ledger ledger,
            @ConfigProperty(name = "waymark.trace.receipt-key-file") Path file,
            @ConfigProperty(name = "waymark.trace.receipt-key-passphrase-file") Optional<Path> passphrase) {
        this.registration = registration;
        this.ledger = ledger;
        this.file = KeyFile.at(file, passphrase);
    }

    /** The key; its first use binds it, which is an append, and does a rotation that was asked for. */
    public synchronized SigningKey bound() {
        if (bound == null) {
            SigningKey key = file.key().orElseGet(file::create);
            bind(key);
            bound = rotated(key);
        }
        return bound;
    }

    /** The key from here on: this one, or its successor where a rotation was asked for. Cut short anywhere, it is done again to the same end. */
    private SigningKey rotated(SigningKey key) {
        KeyRotation rotation = new KeyRotation(file);
        Optional<KeyRotation.Asked> asked = rotation.asked(key.verificationKey());
        if (asked.isEmpty()) {
            return key;
        }
        SigningKey next = rotation.next();
        // Bound first: between the two entries both count, and there is always one that does.
        bind(next);
        VerificationKey old = key.verificationKey();
        if (asked.get().stolen()) {
            registration.compromised(
                    Registration.PLATFORM,
                    streamOf(old),
                    old.kid(),
                    ledger.checkpoint().size());
        } else {
            registration.revoke(Registration.PLATFORM, streamOf(old), old.kid(), Revocation.SUPERSEDED);
        }
        rotation.takeOver();
        LOG.info("receipts are signed by a new key; devices learn it from the log");
        return next;
    }

    private void bind(SigningKey key) {
        byte[] secret = MerkleHash.hmac(key.secretBytes(), "receipt stream secret".getBytes(StandardCharsets.US_ASCII));
        registration.bind(new Registration.Candidate(
                streamOf(key.verificationKey()),
                Registration.PLATFORM,
                KeyBinding.RECEIPT,
                "platform",
                key.verificationKey(),
                secret,
                "receipts",
                null,
                null,
                null,
                0));
    }

    /** Stream id and secret follow from the key, so that a restart finds its own binding. */
    private static byte[] streamOf(VerificationKey key) {
        return Arrays.copyOf(
                MerkleHash.sha256("receipt stream\n".getBytes(StandardCharsets.US_ASCII), key.coseKey()), 16);
    }
}
