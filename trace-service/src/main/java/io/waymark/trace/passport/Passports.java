package io.waymark.trace.passport;

import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.condition.ColdChain;
import io.waymark.trace.condition.Window;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.organisation.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Passports and their proof files. */
@ApplicationScoped
public class Passports {
    /** Looked up when what was asked is no code at all, so that a malformed code takes the time of an unknown one. No such serial is ever made. */
    private static final String NOTHING = ObjectUri.HOST + "/01/00000000000000/21/-";

    private static final int MOST_POINTS = 800;

    private final Database database;
    private final Ledger ledger;
    private final Proofs proofs;

    Passports(Database database, Ledger ledger, Proofs proofs) {
        this.database = database;
        this.ledger = ledger;
        this.proofs = proofs;
    }

    /** The passport of an item, or of a lot when the code names no item; empty for anything unknown, forged or malformed. */
    public Optional<Passport> of(String text) {
        ObjectUri uri = ObjectUri.parse(text).orElseGet(Passports::nothing);
        return switch (uri.kind()) {
            case BATCH, TRADE_ITEM -> database.passport(c -> lot(c, uri));
            case ITEM, LOGISTIC_UNIT ->
                told(uri).map(this::item); // OPEN: a logistic unit has no passport of its own yet
        };
    }

    /** The proof file; only items have one. */
    public Optional<byte[]> proof(String text) {
        ObjectUri uri = ObjectUri.parse(text).orElseGet(Passports::nothing);
        return told(uri).map(told -> proofs.of(told.story(), told.basis()).encode());
    }

    private record Told(Story story, Proofs.Basis basis) {}

    /**
     * The story, and a state of the log that knows no later step. A step recorded between the two reads would look like one that is kept back:
     * so the story is read again; what still lacks a step that the map has lacks it in the tables, and the proof may say so.
     */
    private Optional<Told> told(ObjectUri uri) {
        Optional<Told> told = Optional.empty();
        for (int i = 0; i < 3; i++) {
            told = story(uri).map(story -> new Told(story, proofs.basis(story)));
            if (told.isEmpty() || !told.get().basis().hasLaterStep()) {
                break;
            }
        }
        return told;
    }

    private static ObjectUri nothing() {
        return ObjectUri.parse(NOTHING).orElseThrow();
    }

    private Optional<Story> story(ObjectUri uri) {
        ObjectUri asked = uri.kind() == ObjectUri.Kind.ITEM ? uri : nothing();
        return database.passport(c -> Story.of(c, asked));
    }

    private Passport item(Told told) {
        Story story = told.story();
        Proofs.Basis basis = told.basis();
        ProofFile proof = proofs.ofSteps(story, basis);
        Map<Story.Signer, KeyBinding> bindings = Proofs.bindings(proof);
        List<Check> all = ProofVerification.verify(proof, ledger.verifier());
        // A chain's beginning is a chain: the first step alone answers for the label, whatever happened later.
        List<Check> first = ProofVerification.verify(
                        new ProofFile(
                                proof.checkpointNote(),
                                proof.objectUri(),
                                proof.objectSecret(),
                                proof.keys(),
                                proof.steps()
                                        .subList(0, Math.min(1, proof.steps().size())),
                                List.of(),
                                0),
                        ledger.verifier())
                .stream()
                .filter(check -> !check.name().equals(Check.NO_LATER_STEP))
                .toList();
        Story.Item item = story.item();
        Story.Goods goods = story.goods();
        long readings = readings(story.coldChain());
        return new Passport(
                item.uri(),
                item.gtin(),
                item.lot(),
                item.serial(),
                goods.name(),
                goods.description(),
                goods.category(),
                new Passport.Maker(goods.makerName(), goods.domain(), goods.country()),
                AnswerLines.answer(List.of(
                        AnswerLines.label(story, first, bindings),
                        AnswerLines.story(story, all, bindings),
                        AnswerLines.object(),
                        AnswerLines.condition(goods, story.coldChain(), readings, LocalDate.now(ZoneOffset.UTC)))),
                new Passport.Today(
                        item.holder(),
                        item.holderKind(),
                        item.state(),
                        item.since(),
                        goods.expiry(),
                        false,
                        new Passport.Scanned(
                                story.scans().total(),
                                story.scans().phones(),
                                story.scans().first())),
                story.steps().stream().map(s -> step(s, bindings)).toList(),
                story.stepsLeftOut(),
                condition(goods, story.coldChain(), readings),
                certificates(story.certificates()),
                List.of(),
                proof(basis.checkpoint()));
    }

    private static Passport.Step step(Story.Step step, Map<Story.Signer, KeyBinding> bindings) {
        Optional<PublicSummary> s = step.summary();
        KeyBinding key = step.signer().map(bindings::get).orElse(null);
        return new Passport.Step(
                step.n(),
                s.map(PublicSummary::bizStep).orElse("unreadable"),
                s.map(x -> Instant.ofEpochMilli(x.timeMillis())).orElse(null),
                s.map(PublicSummary::actor).orElse(""),
                s.map(PublicSummary::place).orElse(""),
                s.map(PublicSummary::latE7).map(x -> x / 1e7).orElse(null),
                s.map(PublicSummary::lonE7).map(x -> x / 1e7).orElse(null),
                s.isPresent() ? s.get().note() : "The stored record of this step cannot be read.",
                key == null ? null : key.keeper(),
                step.signedBy(),
                HexFormat.of().formatHex(step.digest()),
                step.index(),
                false,
                step.suspect());
    }

    /** A lot-only code: most food. Answers for the lot and says so; nothing here is about one item. */
    private Optional<Passport> lot(Connection c, ObjectUri uri) throws SQLException {
        Optional<Story.Goods> known = Story.goods(c, uri.gtin(), uri.lot());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Story.Goods goods = known.get();
        List<Window> windows =
                uri.lot() == null ? List.of() : List.of(new Window(uri.path(), Window.ALWAYS, Window.OPEN));
        ColdChain chain = ColdChain.of(
                c, windows, Story.parties(c, goods.maker(), uri.gtin(), uri.lot()), goods.minCenti(), goods.maxCenti());
        long readings = readings(chain);
        String whole = uri.lot() == null ? "a product" : "a batch";
        return Optional.of(new Passport(
                uri.uri(),
                uri.gtin(),
                uri.lot(),
                null,
                goods.name(),
                goods.description(),
                goods.category(),
                new Passport.Maker(goods.makerName(), goods.domain(), goods.country()),
                AnswerLines.answer(List.of(
                        new Passport.Line(
                                "label",
                                AnswerLines.CANNOT_SAY,
                                "This code names " + whole + " of " + goods.makerName()
                                        + ", not one item: anybody can print it."),
                        new Passport.Line(
                                "story",
                                AnswerLines.CANNOT_SAY,
                                "Steps are signed for single items; this code names " + whole + "."),
                        AnswerLines.object(),
                        AnswerLines.condition(goods, chain, readings, LocalDate.now(ZoneOffset.UTC)))),
                new Passport.Today(null, null, null, null, goods.expiry(), false, new Passport.Scanned(0, 0, null)),
                List.of(),
                0L,
                condition(goods, chain, readings),
                certificates(Story.certificates(c, uri.gtin(), uri.lot())),
                List.of(),
                proof(ledger.shown())));
    }

    private Passport.Condition condition(Story.Goods goods, ColdChain chain, long readings) {
        return new Passport.Condition(
                goods.minCenti() == null ? null : goods.minCenti() / 100.0,
                goods.maxCenti() == null ? null : goods.maxCenti() / 100.0,
                chain.drawn(MOST_POINTS).stream()
                        .map(p -> List.<Number>of(
                                p.at().toEpochMilli(), Math.round(p.celsius() * 100) / 100.0, p.index()))
                        .toList(),
                chain.excursions().stream()
                        .limit(100)
                        .map(e -> new Passport.Excursion(
                                e.from(), e.to(), Math.round(e.peakCelsius() * 100) / 100.0, e.minutes()))
                        .toList(),
                readings,
                chain.suspectReadings(),
                devices(chain.devices()),
                chain.gaps().stream()
                        .limit(100)
                        .map(g -> new Passport.Gap(g.from(), g.to(), g.minutes()))
                        .toList(),
                chain.mean().map(m -> Math.round(m.celsius() * 100) / 100.0).orElse(null),
                chain.mean().map(m -> m.measured().toMinutes()).orElse(null));
    }

    private static long readings(ColdChain chain) {
        return chain.points().stream()
                .mapToLong(ColdChain.Point::index)
                .distinct()
                .count();
    }

    private List<Passport.Device> devices(Set<String> ids) {
        HexFormat hex = HexFormat.of();
        // The owner's own name for a device is not public: its label from the key binding stands for it.
        return database.passport(c -> list(
                c,
                "SELECT encode(s.id, 'hex') AS id, s.label, (SELECT k.keeper FROM trace.stream_key k WHERE k.stream_id = s.id "
                        + "ORDER BY k.binding_index DESC LIMIT 1) AS keeper FROM trace.stream s WHERE s.id = ANY (?) ORDER BY s.id",
                r -> new Passport.Device(
                        r.getString("id"), r.getString("label"), r.getString("keeper"), r.getString("label")),
                (Object) ids.stream().map(hex::parseHex).toArray(byte[][]::new)));
    }

    private static List<Passport.Certificate> certificates(List<Story.Certificate> stored) {
        return stored.stream()
                .map(c -> new Passport.Certificate(c.name(), c.issuer(), c.validUntil(), c.kind(), c.digest()))
                .toList();
    }

    private Passport.Proof proof(VerifiedCheckpoint checkpoint) {
        Ledger.Witnessed w = ledger.witnessed(checkpoint);
        return new Passport.Proof(
                checkpoint.size(),
                Base64.getEncoder().encodeToString(checkpoint.root()),
                checkpoint.note(),
                w.by().size(),
                new Passport.Witnessed(w.entities(), w.needed(), w.survives(), w.by(), w.keys()));
    }
}
