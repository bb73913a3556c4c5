package io.waymark.trace.batch;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** Serials that nobody can guess: knowing one item's code must not give away another's. */
@ApplicationScoped
public class Serials {
    /** Most serials in one request. */
    public static final int MOST = 10_000;

    // 16 characters of 5 bits: 80 random bits, within AI (21)'s 20 characters. No I, L, O, U: read aloud and typed
    // without doubt.
    private static final char[] ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();
    private static final int LENGTH = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Database database;

    Serials(Database database) {
        this.database = database;
    }

    /** A reserved object; the secret (32 bytes) is what the commissioning step binds and the passport later discloses. */
    public record Reserved(String uri, String serial, byte[] secret) {}

    /**
     * Reserves serials in the caller's own batch.
     *
     * @throws Problem 400 for a count out of range, 404 when the batch is not the caller's
     */
    public List<Reserved> reserve(String tenant, String gtin, String lot, int count) {
        if (count < 1 || count > MOST) {
            throw Problem.malformed("count is 1 to " + MOST);
        }
        List<Reserved> made = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String serial = serial();
            byte[] secret = new byte[32];
            RANDOM.nextBytes(secret);
            made.add(new Reserved(ObjectUri.item(gtin, serial), serial, secret));
        }
        database.app(c -> {
            if (Database.first(c, "SELECT 1 FROM trace.batch WHERE gtin = ? AND lot = ?", r -> 1, gtin, lot)
                    .isEmpty()) {
                throw Problem.notFound("no batch " + lot + " of " + gtin + " of this organisation");
            }
            return Database.run(
                    c,
                    "INSERT INTO trace.traced_object (uri, tenant_id, gtin, lot, serial, secret, state) "
                            + "SELECT u, ?, ?, ?, s, k, 'reserved' FROM unnest(?, ?, ?) AS x (u, s, k)",
                    tenant,
                    gtin,
                    lot,
                    made.stream().map(Reserved::uri).toArray(String[]::new),
                    made.stream().map(Reserved::serial).toArray(String[]::new),
                    made.stream().map(Reserved::secret).toArray(byte[][]::new));
        });
        return made;
    }

    private static String serial() {
        char[] serial = new char[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            serial[i] = ALPHABET[RANDOM.nextInt(ALPHABET.length)];
        }
        return new String(serial);
    }
}
