package io.waymark.evidence.witness;

import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.log.Cosignature.Type;
import io.waymark.evidence.log.Cosigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of one witness, made once and kept in its folder, readable for the owner only. One key never serves two names. */
final class WitnessKeys {
    // waymark-witness-key/1 ⏎ name <name> ⏎ (ED25519|ML_DSA_44) <base64 of the seed> ⏎ …
    private static final String FILE = "key";
    private static final String FIRST_LINE = "waymark-witness-key/1";
    private static final String LOGS = "logs";

    private WitnessKeys() {}

    /**
     * Reads the keys, or makes them when there are none.
     *
     * @param mlDsa also make an ML-DSA-44 key; one that is there is used in any case
     */
    static List<Cosigner> open(OwnedFolder folder, String name, boolean mlDsa) throws IOException {
        Map<Type, byte[]> seeds = new EnumMap<>(Type.class);
        Optional<byte[]> file = folder.read(FILE);
        if (file.isPresent()) {
            read(new String(file.get(), StandardCharsets.UTF_8), name, seeds);
            // A key whose memory was deleted would sign a second history.
            if (!folder.root().resolve(LOGS).toFile().isDirectory()) {
                throw new IOException(
                        "the witness has a key but lost what it cosigned with it; make a new one elsewhere");
            }
        } else {
            folder.createFolder(LOGS);
        }
        boolean complete = seeds.containsKey(Type.ED25519) && (!mlDsa || seeds.containsKey(Type.ML_DSA_44));
        seeds.computeIfAbsent(Type.ED25519, type -> fresh());
        if (mlDsa) {
            seeds.computeIfAbsent(Type.ML_DSA_44, type -> fresh());
        }
        List<Cosigner> cosigners = new ArrayList<>();
        // Before anything is written: a name that cannot be one is refused here.
        seeds.forEach((type, seed) -> cosigners.add(Cosigner.of(name, type, seed)));
        if (!complete) {
            folder.replaceSecret(FILE, text(name, seeds).getBytes(StandardCharsets.UTF_8));
        }
        return cosigners;
    }

    private static byte[] fresh() {
        byte[] seed = new byte[32];
        new SecureRandom().nextBytes(seed);
        return seed;
    }

    private static String text(String name, Map<Type, byte[]> seeds) {
        StringBuilder text = new StringBuilder(FIRST_LINE + "\nname " + name + "\n");
        seeds.forEach((type, seed) -> text.append(type)
                .append(' ')
                .append(Base64.getEncoder().encodeToString(seed))
                .append('\n'));
        return text.toString();
    }

    private static void read(String text, String name, Map<Type, byte[]> seeds) throws IOException {
        String[] lines = text.split("\n");
        if (lines.length < 3 || !lines[0].equals(FIRST_LINE)) {
            throw new IOException("the witness's key file is not one");
        }
        if (!lines[1].equals("name " + name)) {
            throw new IOException("the key in this folder is of \"" + lines[1].replaceFirst("name ", "")
                    + "\", not of \"" + name + "\"; one key must not serve two names");
        }
        try {
            for (int i = 2; i < lines.length; i++) {
                int space = lines[i].indexOf(' ');
                seeds.put(
                        Type.valueOf(lines[i].substring(0, Math.max(space, 0))),
                        Base64.getDecoder().decode(lines[i].substring(space + 1)));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("the witness's key file cannot be read, line by line", e);
        }
    }
}
