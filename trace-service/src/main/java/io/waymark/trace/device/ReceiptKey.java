package io.waymark.trace.device;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.ledger.KeyFile;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The platform's key for receipts, bound in the log before it signs anything. A lost key file means a new key and a new binding; receipts
 * of the old one keep their worth, its binding stays in the log.
 */
@ApplicationScoped
public class ReceiptKey {
    private final Registration registration;
    private final KeyFile file;
    private SigningKey bound;

    ReceiptKey(
            Registration registration,
            @ConfigProperty(name = "waymark.trace.receipt-key-file") Path file,
            @ConfigProperty(name = "waymark.trace.receipt-key-passphrase-file") Optional<Path> passphrase) {
        this.registration = registration;
        this.file = KeyFile.at(file, passphrase);
    }

    /** The key; its first use binds it, which is an append. */
    public synchronized SigningKey bound() {
        if (bound == null) {
            SigningKey key = file.key().orElseGet(file::create);
            // Stream id and secret follow from the key, so that a restart finds its own binding.
            byte[] id = Arrays.copyOf(
                    MerkleHash.sha256(
                            "receipt stream\n".getBytes(StandardCharsets.US_ASCII),
                            key.verificationKey().coseKey()),
                    16);
            byte[] secret =
                    MerkleHash.hmac(key.secretBytes(), "receipt stream secret".getBytes(StandardCharsets.US_ASCII));
            registration.bind(new Registration.Candidate(
                    id,
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
            bound = key;
        }
        return bound;
    }
}
