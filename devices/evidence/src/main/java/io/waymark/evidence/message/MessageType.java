package io.waymark.evidence.message;

import java.util.Map;
import java.util.Set;

/** What a signed message is, and which groups it may and must have. FORMAT.md §4.3. */
public final class MessageType {
    public static final int READING = 1;
    public static final int IMAGE_MANIFEST = 2;
    public static final int BOOT = 3;
    public static final int REKEY = 4;
    public static final int GAP_DECLARATION = 5;
    public static final int COMMAND_REPLY = 6;
    public static final int CUSTODY_STEP = 32;
    public static final int STATEMENT = 33;

    /** The group of a message without content: [14, null], alone. */
    static final int NO_CONTENT = 14;

    private static final Map<Integer, Set<Integer>> ALLOWED = Map.of(
            READING, Set.of(7, 8, 9, 10, 12, 13, NO_CONTENT),
            IMAGE_MANIFEST, Set.of(7, 8, 20, 21, 22, 23, 24, 25),
            BOOT, Set.of(30, 31, 32, 33),
            REKEY, Set.of(40, 41),
            GAP_DECLARATION, Set.of(50, 51),
            COMMAND_REPLY, Set.of(60, 61, 62),
            CUSTODY_STEP, Set.of(12, 16, 17, 18, 19),
            STATEMENT, Set.of(28, NO_CONTENT));
    private static final Map<Integer, Set<Integer>> REQUIRED = Map.of(
            IMAGE_MANIFEST, Set.of(20, 21, 22, 23, 24),
            BOOT, Set.of(30, 31),
            REKEY, Set.of(40, 41),
            GAP_DECLARATION, Set.of(50, 51),
            COMMAND_REPLY, Set.of(60, 61),
            CUSTODY_STEP, Set.of(17));

    private MessageType() {}

    public static boolean known(long type) {
        return type >= 0 && type <= STATEMENT && ALLOWED.containsKey((int) type);
    }

    /** Whether messages of this type may have the group. */
    public static boolean allows(int type, int group) {
        return ALLOWED.getOrDefault(type, Set.of()).contains(group);
    }

    static Set<Integer> required(int type) {
        return REQUIRED.getOrDefault(type, Set.of());
    }
}
