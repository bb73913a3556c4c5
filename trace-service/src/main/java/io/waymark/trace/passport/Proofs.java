package io.waymark.trace.passport;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.trace.condition.Window;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.organisation.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Makes proof files from what the tables and tiles hold at this moment. */
@ApplicationScoped
class Proofs {
    /** Most readings in one file; the file says how many there are. */
    static final int MOST_MESSAGES = 2000;

    private static final int STATEMENT = 33;

    private final Ledger ledger;
    private final Database database;

    Proofs(Ledger ledger, Database database) {
        this.ledger = ledger;
        this.database = database;
    }

    /**
     * What a proof stands on: a state of the log, and what a map in it says of a step after the story's last. No map: nothing can be said.
     */
    record Basis(VerifiedCheckpoint checkpoint, Optional<Ledger.MapAnswer> map, boolean hasLaterStep) {}

    /** Over the whole story, its last step in the map too, unless that cannot be had in time. */
    Basis basis(Story story) {
        int n = story.steps().size();
        byte[] next = Entries.linkTag(story.item().secret(), n);
        // Of a story that is cut the map knows the steps left out: that they are left out is said already.
        Optional<Ledger.MapAnswer> map = story.stepsLeftOut() > 0
                ? Optional.empty()
                : ledger.inMap(next, n == 0 ? 0 : story.steps().get(n - 1).index() + 1);
        List<Long> keys = keys(story.steps().stream().map(Story.Step::streamId).toList());
        return new Basis(
                checkpoint(story, keys, List.of(), map),
                map,
                map.map(m -> m.holds(next)).orElse(false));
    }

    /**
     * A checkpoint over everything the file is to name, and no newer than needed: what is published already is proved from files alone, and
     * witnesses have cosigned it.
     */
    private VerifiedCheckpoint checkpoint(
            Story story, List<Long> keys, List<Row> messages, Optional<Ledger.MapAnswer> map) {
        LongStream indexes = LongStream.concat(
                story.steps().stream().mapToLong(Story.Step::index),
                LongStream.concat(
                        keys.stream().mapToLong(Long::longValue),
                        messages.stream().mapToLong(Row::index)));
        long last = Math.max(
                indexes.max().orElse(-1), map.map(Ledger.MapAnswer::index).orElse(-1L));
        // Rows are seen from COMMIT on, their checkpoint only after it is kept: that one is waited for. An index beyond
        // the log's end was
        // altered: nobody waits for it, and the proof fails.
        return ledger.checkpointOver(last < ledger.checkpoint().size() ? last + 1 : Math.min(last + 1, committed()));
    }

    private long committed() {
        return database.ledger(c -> first(c, "SELECT size FROM trace.ledger_head", r -> r.getLong(1)))
                .orElse(0L);
    }

    private static ProofFile.NoLaterStep noLaterStep(Basis basis, Places places) {
        return basis.map()
                .map(m -> new ProofFile.NoLaterStep(m.entry(), places.of(m.index()), m.proof()))
                .orElse(null);
    }

    /** The keys that signed, as the log has them, and the steps; without messages. */
    ProofFile ofSteps(Story story, Basis basis) {
        Places places = new Places(basis.checkpoint().size());
        return new ProofFile(
                basis.checkpoint().note(),
                story.item().uri(),
                story.item().secret(),
                places.keys(
                        keys(story.steps().stream().map(Story.Step::streamId).toList())),
                steps(story, places),
                List.of(),
                0,
                noLaterStep(basis, places),
                ledger.handOvers(basis.checkpoint()).orElse(null));
    }

    /** The whole file. */
    ProofFile of(Story story, Basis before) {
        Messages messages = database.passport(c -> messages(c, story));
        List<byte[]> streams = new ArrayList<>();
        story.steps().forEach(s -> streams.add(s.streamId()));
        messages.rows().forEach(m -> streams.add(m.streamId()));
        List<Long> keys = keys(streams);
        // After the rows: of readings that keep coming none may be newer than the tree they are shown in.
        Basis basis =
                new Basis(checkpoint(story, keys, messages.rows(), before.map()), before.map(), before.hasLaterStep());
        Places places = new Places(basis.checkpoint().size());
        Set<String> own = story.windows().stream().map(Window::subject).collect(Collectors.toSet());
        return new ProofFile(
                basis.checkpoint().note(),
                story.item().uri(),
                story.item().secret(),
                places.keys(keys),
                steps(story, places),
                messages.rows().stream()
                        .map(m -> new ProofFile.Message(
                                m.message().cose(),
                                m.message().disclosure(g -> open(g, own)),
                                m.tag(),
                                places.of(m.index())))
                        .toList(),
                messages.total(),
                noLaterStep(basis, places),
                ledger.handOvers(basis.checkpoint()).orElse(null));
    }

    /** The keys that are bound; what cannot be read is absent. */
    static Map<Story.Signer, KeyBinding> bindings(ProofFile proof) {
        Map<Story.Signer, KeyBinding> found = new HashMap<>();
        for (ProofFile.KeyEntry key : proof.keys()) {
            try {
                if (KeyBinding.is(key.entry())) {
                    KeyBinding binding = KeyBinding.parse(key.entry());
                    found.put(new Story.Signer(binding.streamId(), binding.key().kid()), binding);
                }
            } catch (MalformedException damaged) {
                // The check "key binding" says so; here there is just nobody to name.
            }
        }
        return found;
    }

    /** Where the bindings and revocations of these streams' keys stand in the log. */
    private List<Long> keys(List<byte[]> streamIds) {
        Map<ByteBuffer, byte[]> distinct = new LinkedHashMap<>();
        streamIds.forEach(id -> distinct.put(ByteBuffer.wrap(id), id));
        Set<Long> indexes = new LinkedHashSet<>();
        database.passport(c -> list(
                c,
                "SELECT unnest(ARRAY[binding_index, revoked_index] || later_revocations) FROM trace.stream_key WHERE stream_id = ANY (?) "
                        + "ORDER BY binding_index",
                r -> {
                    Long index = r.getObject(1, Long.class);
                    if (index != null) {
                        indexes.add(index);
                    }
                    return r;
                },
                (Object) distinct.values().toArray(byte[][]::new)));
        return List.copyOf(indexes);
    }

    private static List<ProofFile.Step> steps(Story story, Places places) {
        List<ProofFile.Step> steps = new ArrayList<>();
        for (Story.Step step : story.steps()) {
            byte[] salt = Arrays.copyOf(
                    Sha256.hmac(step.message().secret(), new byte[] {(byte) 0xfe}, Sha256.u64(step.position())), 16);
            byte[] binding = step.n() == 0
                    ? ObjectTree.binding(story.item().uri(), story.item().secret())
                    : new byte[32];
            steps.add(new ProofFile.Step(
                    step.n(),
                    step.message().cose(),
                    step.message().disclosure(g -> g.key() == CustodyStep.OBJECTS || g.key() == CustodyStep.SUMMARY),
                    new ProofFile.ObjectPlace(step.position(), salt, binding, Story.hashes(step.path())),
                    places.of(step.index())));
        }
        return steps;
    }

    private record Row(StoredMessage message, byte[] streamId, byte[] tag, long index) {}

    private record Messages(List<Row> rows, long total) {}

    private static Messages messages(Connection c, Story story) throws SQLException {
        List<Window> windows = new ArrayList<>(story.windows());
        // A statement about a photo may be made after the sale, and names the item by its URI.
        String path = windows.get(0).subject();
        String from =
                " FROM unnest(?, ?, ?) AS w (subject, f, t) JOIN trace.message_subject s ON s.subject = w.subject "
                        + "JOIN trace.message m ON m.stream_id = s.stream_id AND m.epoch = s.epoch AND m.seq = s.seq "
                        + "WHERE s.tenant_id = ANY (?) AND ((m.device_time >= to_timestamp(w.f) AND m.device_time <= to_timestamp(w.t)) "
                        + "OR (m.type = " + STATEMENT + " AND w.subject = ?))";
        Object[] arguments = {
            Window.subjects(windows),
            Window.starts(windows),
            Window.ends(windows),
            story.parties().toArray(String[]::new),
            path
        };
        List<Row> rows = list(
                c,
                "SELECT DISTINCT m.type, m.device_time, m.wire, m.stream_id, m.tag, m.ledger_index" + from
                        + " ORDER BY m.type DESC, m.device_time, m.ledger_index LIMIT " + MOST_MESSAGES,
                r -> new Row(
                        StoredMessage.of(r.getBytes("wire")),
                        r.getBytes("stream_id"),
                        r.getBytes("tag"),
                        r.getLong("ledger_index")),
                arguments);
        long total = rows.size() < MOST_MESSAGES
                ? rows.size()
                : first(c, "SELECT count(DISTINCT m.ledger_index)" + from, r -> r.getLong(1), arguments)
                        .orElseThrow();
        return new Messages(rows, total);
    }

    /** Values and statements in the open; associations only when they name nothing but this item's own; positions never. */
    private static boolean open(Group group, Set<String> own) {
        return switch (group.key()) {
            case Reading.MEASUREMENTS, Reading.SERIES, Statement.KEY -> true;
            case Reading.ASSOCIATIONS -> onlyOwn(group, own);
            default -> false;
        };
    }

    private static boolean onlyOwn(Group group, Set<String> own) {
        try {
            var in = group.value();
            for (int left = in.array(); left > 0; left--) {
                in.array(2);
                long key = in.unsigned();
                String subject;
                if (key == Association.SSCC) {
                    subject = String.format("/00/%018d", in.unsigned());
                } else if (key == Association.SGTIN || key == Association.BATCH) {
                    subject = in.text();
                } else {
                    return false;
                }
                if (!own.contains(subject)) {
                    return false;
                }
            }
            return true;
        } catch (MalformedException damaged) {
            return false;
        }
    }

    /**
     * Places in the log, from the tiles that readers are given, each read once. A damaged or missing tile gives a proof that fails, not an
     * error.
     */
    private final class Places {
        private final long size;
        private final Map<String, byte[]> tiles = new HashMap<>();

        Places(long size) {
            this.size = size;
        }

        List<ProofFile.KeyEntry> keys(List<Long> indexes) {
            return indexes.stream()
                    .map(i -> new ProofFile.KeyEntry(entry(i), of(i)))
                    .toList();
        }

        InclusionProof of(long index) {
            if (index < 0 || index >= size) {
                return new InclusionProof(Math.max(0, index), List.of());
            }
            try {
                return Tiles.inclusion(index, size, this::tile);
            } catch (IllegalStateException damaged) {
                return new InclusionProof(index, List.of());
            }
        }

        private byte[] entry(long index) {
            try {
                return ledger.entry(index);
            } catch (IllegalStateException | IllegalArgumentException damaged) {
                return new byte[0];
            }
        }

        private byte[] tile(int level, long number, int width) {
            return tiles.computeIfAbsent(
                    level + "/" + number, k -> ledger.tiles().tile(level, number, width));
        }
    }
}
