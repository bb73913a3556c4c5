package io.waymark.trace.passport;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.condition.ColdChain;
import io.waymark.trace.condition.Window;
import io.waymark.trace.scan.Scans;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything stored about one item that its passport shows, read in one transaction.
 *
 * @param steps        from the first on: a chain's beginning is a chain, its end alone proves nothing
 * @param stepsLeftOut later steps that are stored and not among {@code steps}
 */
record Story(
        Item item,
        Goods goods,
        List<Step> steps,
        long stepsLeftOut,
        List<Finding> findings,
        List<Certificate> certificates,
        List<Window> windows,
        Scans.Seen scans,
        ColdChain coldChain) {

    private static final int MOST_STEPS = 1000;
    private static final Set<String> LEAVES_UNIT = Set.of("unpacking", "receiving", "retail_selling");

    /** The item and where it stands. {@code secret}: 32 bytes, for whoever presents the code; {@code lastStep}: its number, from 0. */
    record Item(
            String uri,
            String gtin,
            String lot,
            String serial,
            byte[] secret,
            String maker,
            String state,
            String holder,
            String holderKind,
            String holderCountry,
            Instant since,
            long lastStep) {}

    /** Trade item, batch and maker; batch fields are null for a code that names no known batch. */
    record Goods(
            String maker,
            String makerName,
            String domain,
            String country,
            String name,
            String description,
            String category,
            Integer minCenti,
            Integer maxCenti,
            Integer maxMinutesOutside,
            LocalDate expiry,
            String origin) {}

    /** One link of the item's chain with its step; suspect: the key may have been in other hands when it was recorded. */
    record Step(
            long n,
            int position,
            byte[] path,
            long index,
            byte[] digest,
            StoredMessage message,
            byte[] streamId,
            String tenant,
            String signedBy,
            boolean suspect) {

        /** The key that signed; empty when the stored bytes no longer name it. */
        Optional<Signer> signer() {
            return message.kid().map(kid -> new Signer(streamId, kid));
        }

        /** What the step says in public; empty when the stored bytes no longer say it. */
        Optional<PublicSummary> summary() {
            return message.group(CustodyStep.SUMMARY).flatMap(g -> {
                try {
                    return Optional.of(CustodyStep.summary(g));
                } catch (IllegalArgumentException damaged) {
                    return Optional.empty();
                }
            });
        }
    }

    /** One signing key: a stream has several, one after another. */
    record Signer(ByteBuffer streamId, ByteBuffer kid) {
        Signer(byte[] streamId, byte[] kid) {
            this(ByteBuffer.wrap(streamId), ByteBuffer.wrap(kid));
        }
    }

    /** A contradiction found when the step was stored. */
    record Finding(long n, String severity, String detail) {}

    /** A certificate of the goods. */
    record Certificate(String name, String issuer, LocalDate validUntil, String kind, String digest) {}

    /** The item's story; empty for a serial that is unknown, reserved only, or given with another lot than its own. */
    static Optional<Story> of(Connection c, ObjectUri uri) throws SQLException {
        return of(c, uri, MOST_STEPS);
    }

    /** As {@link #of(Connection, ObjectUri)}, with at most {@code most} steps. */
    static Optional<Story> of(Connection c, ObjectUri uri, int most) throws SQLException {
        Optional<Item> known = first(
                c,
                "SELECT t.*, h.name AS holder_name, h.kind AS holder_kind, h.country AS holder_country "
                        + "FROM trace.traced_object t LEFT JOIN trace.organisation h ON h.slug = t.holder "
                        + "WHERE t.uri = ? AND t.last_n >= 0 AND (t.lot = ?::text OR ?::text IS NULL)",
                r -> new Item(
                        r.getString("uri"),
                        r.getString("gtin"),
                        r.getString("lot"),
                        r.getString("serial"),
                        r.getBytes("secret"),
                        r.getString("tenant_id"),
                        r.getString("state"),
                        r.getString("holder_name"),
                        r.getString("holder_kind"),
                        r.getString("holder_country"),
                        instant(r, "last_time"),
                        r.getLong("last_n")),
                uri.uri(),
                uri.lot(),
                uri.lot());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Item item = known.get();
        Goods goods = goods(c, item.gtin(), item.lot())
                .orElseThrow(() -> new SQLException("item without its trade item: a foreign key should prevent it"));
        List<Step> steps = list(
                c,
                "SELECT l.n, l.position, l.path, l.ledger_index, l.step_digest, s.wire, s.stream_id, s.tenant_id, o.name, "
                        + "ARRAY(SELECT k.kid FROM trace.stream_key k WHERE k.stream_id = s.stream_id AND k.suspect_from <= l.ledger_index) AS suspects "
                        + "FROM trace.link l JOIN trace.step s ON s.digest = l.step_digest "
                        + "JOIN trace.organisation o ON o.slug = s.tenant_id WHERE l.uri = ? ORDER BY l.n LIMIT ?",
                Story::step,
                item.uri(),
                most);
        List<Finding> findings = list(
                c,
                "SELECT n, severity, detail FROM trace.finding WHERE uri = ? ORDER BY n, kind LIMIT 100",
                r -> new Finding(r.getLong(1), r.getString(2), r.getString(3)),
                item.uri());
        List<Window> windows = windows(item, steps);
        return Optional.of(new Story(
                item,
                goods,
                steps,
                Math.max(0, item.lastStep() + 1 - steps.size()),
                findings,
                certificates(c, item.gtin(), item.lot()),
                windows,
                Scans.of(c, item.uri(), item.holderCountry()),
                ColdChain.of(c, windows, parties(item, steps), goods.minCenti(), goods.maxCenti())));
    }

    private static Step step(ResultSet r) throws SQLException {
        StoredMessage message = StoredMessage.of(r.getBytes("wire"));
        byte[][] suspects = (byte[][]) r.getArray("suspects").getArray();
        return new Step(
                r.getLong("n"),
                r.getInt("position"),
                r.getBytes("path"),
                r.getLong("ledger_index"),
                r.getBytes("step_digest"),
                message,
                r.getBytes("stream_id"),
                r.getString("tenant_id"),
                r.getString("name"),
                message.kid()
                        .filter(kid -> Arrays.stream(suspects).anyMatch(suspect -> Arrays.equals(suspect, kid)))
                        .isPresent());
    }

    /** Trade item with its batch ({@code lot} null = without). */
    static Optional<Goods> goods(Connection c, String gtin, String lot) throws SQLException {
        return first(
                c,
                "SELECT t.*, b.expiry, b.origin, b.lot, o.name AS maker_name, o.domain, o.country FROM trace.trade_item t "
                        + "JOIN trace.organisation o ON o.slug = t.tenant_id "
                        + "LEFT JOIN trace.batch b ON b.gtin = t.gtin AND b.lot = ?::text WHERE t.gtin = ? AND (b.lot IS NOT NULL OR ?::text IS NULL)",
                r -> new Goods(
                        r.getString("tenant_id"),
                        r.getString("maker_name"),
                        r.getString("domain"),
                        r.getString("country"),
                        r.getString("name"),
                        r.getString("description"),
                        r.getString("category"),
                        r.getObject("min_centi_celsius", Integer.class),
                        r.getObject("max_centi_celsius", Integer.class),
                        r.getObject("max_minutes_outside", Integer.class),
                        r.getObject("expiry", LocalDate.class),
                        r.getString("origin")),
                lot,
                gtin,
                lot);
    }

    static List<Certificate> certificates(Connection c, String gtin, String lot) throws SQLException {
        return list(
                c,
                "SELECT name, issuer, valid_until, kind, digest FROM trace.certificate WHERE gtin = ? AND (lot = '' OR lot = ?::text) "
                        + "ORDER BY name, issuer LIMIT 50",
                r -> new Certificate(
                        r.getString("name"),
                        r.getString("issuer"),
                        r.getObject("valid_until", LocalDate.class),
                        r.getString("kind"),
                        r.getString("digest")),
                gtin,
                lot);
    }

    /** The organisations that signed about the item, and its maker: only their devices' readings are taken for the item's. */
    Set<String> parties() {
        return parties(item, steps);
    }

    private static Set<String> parties(Item item, List<Step> steps) {
        Set<String> parties = new LinkedHashSet<>();
        parties.add(item.maker());
        steps.forEach(s -> parties.add(s.tenant()));
        return parties;
    }

    /** As {@link #parties()}, of all items of a lot. */
    static List<String> parties(Connection c, String maker, String gtin, String lot) throws SQLException {
        return list(
                c,
                "SELECT ? UNION SELECT l.tenant_id FROM trace.traced_object o JOIN trace.link l ON l.uri = o.uri WHERE o.gtin = ? AND o.lot = ?",
                r -> r.getString(1),
                maker,
                gtin,
                lot);
    }

    /** Whose readings are the item's own, and when: its own and its batch's until it is sold or ends, each logistic unit's while packed in it. */
    private static List<Window> windows(Item item, List<Step> steps) {
        Instant over =
                Set.of("sold", "ended").contains(item.state()) && item.since() != null ? item.since() : Window.OPEN;
        List<Window> windows = new ArrayList<>();
        windows.add(new Window("/01/" + item.gtin() + "/21/" + item.serial(), Window.ALWAYS, over));
        windows.add(new Window(ObjectUri.batchPath(item.gtin(), item.lot()), Window.ALWAYS, over));
        String unit = null;
        Instant packed = null;
        for (Step step : steps) {
            Optional<PublicSummary> summary = step.summary();
            if (summary.isEmpty()) {
                continue;
            }
            Instant time = Instant.ofEpochMilli(summary.get().timeMillis());
            boolean packing =
                    summary.get().bizStep().equals("packing") && summary.get().parent() != null;
            if (unit != null && (packing || LEAVES_UNIT.contains(summary.get().bizStep()))) {
                windows.add(new Window(unit, packed, time));
                unit = null;
            }
            if (packing) {
                unit = unitPath(summary.get().parent());
                packed = time;
            }
        }
        if (unit != null) {
            windows.add(new Window(unit, packed, over));
        }
        return windows;
    }

    private static String unitPath(String parent) {
        return ObjectUri.parse(parent.length() == 18 ? "/00/" + parent : parent)
                .map(ObjectUri::path)
                .orElse("");
    }

    /** The hashes of a step's stored path: whatever is not whole hashes is left out, and the check fails. */
    static List<byte[]> hashes(byte[] joined) {
        List<byte[]> hashes = new ArrayList<>();
        for (int at = 0; at + 32 <= joined.length && hashes.size() < 63; at += 32) {
            hashes.add(Arrays.copyOfRange(joined, at, at + 32));
        }
        return hashes;
    }
}
