package io.waymark.simulator.story;

import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Series;
import io.waymark.sdk.Observation;
import io.waymark.sdk.Quantity;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.Organisation.Item;
import io.waymark.simulator.picture.ItemPicture;
import io.waymark.simulator.picture.ItemPicture.Subject;
import io.waymark.simulator.story.Cast.Lot;
import io.waymark.simulator.world.Climate;
import io.waymark.simulator.world.Place;
import io.waymark.simulator.world.Route;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** What happens and when: every act of both stories, computed from the cast and the start, the same on every call. */
final class Script {
    private static final Place GROUND = new Place("Norwegian Sea, west of Lofoten", 67.92, 12.35);
    private static final Place SVOLVAER = new Place("Svolvær", 68.2342, 14.5684);
    private static final Place ALTONA = new Place("Hamburg-Altona", 53.5496, 9.9357);
    private static final Place MOGUER = new Place("Moguer", 37.2747, -6.8386);
    private static final List<Place> NORTH_ROAD = List.of(
            SVOLVAER,
            new Place("Narvik", 68.4385, 17.4273),
            new Place("Kiruna", 67.8558, 20.2253),
            new Place("Luleå", 65.5848, 22.1547),
            new Place("Sundsvall", 62.3908, 17.3069),
            new Place("Stockholm", 59.3293, 18.0686),
            new Place("Malmö", 55.6050, 13.0038),
            ALTONA);
    private static final List<Place> SOUTH_ROAD = List.of(
            MOGUER,
            new Place("Madrid", 40.4168, -3.7038),
            new Place("Burgos", 42.3439, -3.6969),
            new Place("Bordeaux", 44.8378, -0.5792),
            new Place("Paris", 48.8566, 2.3522),
            new Place("Cologne", 50.9375, 6.9603),
            ALTONA);

    private static final int SAMPLES_IN_A_SERIES = 60;
    private static final int PHOTOGRAPHED_ITEMS = 3;

    /** One sale in three: the shelf is neither full nor empty when a visitor looks. */
    private static final int SOLD_OF_THREE = 1;

    private final Cast cast;
    private final Instant start;
    private final int itemsPerLot;
    private final List<Act> acts = new ArrayList<>();

    Script(Cast cast, Instant start, int itemsPerLot) {
        this.cast = cast;
        this.start = start;
        this.itemsPerLot = itemsPerLot;
    }

    private Instant hour(double hours) {
        return start.plusSeconds(Math.round(hours * 3600));
    }

    /** All acts in time order. */
    List<Act> acts() {
        acts.clear();
        vessel();
        plant();
        Route n1 = new Route(NORTH_ROAD, hour(18), Duration.ofHours(44));
        Route n2 = new Route(NORTH_ROAD, hour(42), Duration.ofHours(44));
        truck("truck-n1", n1, Climate.steady(1.6, 0.7, 21), cast.codOne, 5);
        truck("truck-n2", n2, Climate.steady(1.8, 0.7, 22).failing(hour(62), Duration.ofHours(5), 17), cast.codTwo, 5);
        light("truck-n1-light", n1, cast.codOne, List.of(hour(18), hour(61.9)));
        light("truck-n2-light", n2, cast.codTwo, List.of(hour(42), hour(61.8), hour(67.2), hour(85.9)));
        toShop(cast.codOne, cast.plant, cast.northHaulage, SVOLVAER, n1);
        toShop(cast.codTwo, cast.plant, cast.northHaulage, SVOLVAER, n2);

        farm(cast.berriesOne, 20);
        farm(cast.berriesTwo, 126);
        Route s1 = new Route(SOUTH_ROAD, hour(24), Duration.ofHours(40));
        Route s2 = new Route(SOUTH_ROAD, hour(130), Duration.ofHours(40));
        truck("truck-s1", s1, Climate.steady(3.2, 0.8, 31), cast.berriesOne, 5);
        truck("truck-s1", s2, Climate.steady(3.4, 0.8, 32), cast.berriesTwo, 5);
        toShop(cast.berriesOne, cast.farm, cast.southHaulage, MOGUER, s1);
        toShop(cast.berriesTwo, cast.farm, cast.southHaulage, MOGUER, s2);

        // On the road, so that one passport shows readings of one logger under both keys.
        acts.add(new Act.Deed(hour(30), "the reefer logger of truck N1 changes its key", () -> cast.device("truck-n1")
                .device()
                .rekey()));
        counter();
        copiedLabel();
        acts.sort(Comparator.comparing(Act::at));
        return List.copyOf(acts);
    }

    /** What the fixed sensors see at any later moment. */
    List<Act.Observe> ambient(Instant now) {
        return List.of(
                new Act.Observe(
                        now,
                        cast.device("shop-case"),
                        temperature(Climate.steady(2.1, 0.8, 41), now, ALTONA, List.of())),
                new Act.Observe(
                        now,
                        cast.device("plant-room"),
                        temperature(Climate.steady(1.2, 0.4, 12), now, SVOLVAER, List.of())),
                new Act.Observe(
                        now,
                        cast.device("farm-cooler"),
                        temperature(Climate.steady(2.8, 0.9, 51), now, MOGUER, List.of())));
    }

    // --- the vessel: a day on the line, then to the quay
    // -------------------------------------------------------------------------

    private void vessel() {
        Route home = new Route(
                List.of(GROUND, new Place("Vestfjorden", 67.95, 14.1), SVOLVAER), hour(8), Duration.ofHours(4));
        List<Association> both = List.of(batch(cast.codOne), batch(cast.codTwo));
        Climate hold = Climate.steady(1.1, 0.5, 1);
        every(0, 12, 3, "hold", t -> temperature(hold, t, home.at(t), both));
        every(0, 12, 10, "hold-humidity", t -> Observation.of(
                        Quantity.HUMIDITY.of(round(hold.relativeHumidity(t), 100)))
                .withAssociations(both)
                .at(t.toEpochMilli()));
        every(0, 12, 3, "bridge", t -> Observation.of(
                        Quantity.PRESSURE.of(Math.round(100_900 + 300 * Math.sin(t.getEpochSecond() / 9000.0))))
                .withPosition(position(home.at(t)))
                .withAssociations(both)
                .at(t.toEpochMilli()));
        every(0, 12, 30, "hatch", t -> Observation.of(Quantity.DOOR.of(t.getEpochSecond() / 1800 % 3 == 0 ? 1 : 0))
                .withAssociations(both)
                .at(t.toEpochMilli()));
        commission(cast.fishers, cast.codOne, hour(5), GROUND, "Caught on the line, bled and tagged on board");
        commission(cast.fishers, cast.codTwo, hour(8), GROUND, "Caught on the line, bled and tagged on board");
        for (Lot lot : List.of(cast.codOne, cast.codTwo)) {
            photographs(lot, "deck-camera", hour(8.2), Subject.FISH, cast.fishers);
            step(cast.fishers, lot, "shipping", hour(12), SVOLVAER, "Landed at the quay", "in_transit", null);
            step(
                    cast.plant,
                    lot,
                    "receiving",
                    hour(12.5),
                    SVOLVAER,
                    "Landing checked against the catch certificate",
                    "in_progress",
                    null);
        }
    }

    private void plant() {
        Climate room = Climate.steady(1.2, 0.4, 12);
        List<Association> both = List.of(batch(cast.codOne), batch(cast.codTwo));
        // One message an hour with 60 samples under one signature: what a mains-powered room logger does to save bytes.
        every(13, 18, 60, "plant-room", t -> series(room, t, both));
        every(19, 42, 60, "plant-room", t -> series(room, t, List.of(batch(cast.codTwo))));
        every(13, 42, 20, "plant-door", t -> Observation.of(
                        Quantity.DOOR.of(t.getEpochSecond() / 1200 % 7 == 0 ? 1 : 0))
                .withAssociations(List.of(batch(cast.codTwo)))
                .at(t.toEpochMilli()));
        step(
                cast.plant,
                cast.codOne,
                "packing",
                hour(16),
                SVOLVAER,
                "Packed on ice",
                "in_progress",
                cast.codOne.sscc());
        step(
                cast.plant,
                cast.codTwo,
                "packing",
                hour(17),
                SVOLVAER,
                "Packed on ice",
                "in_progress",
                cast.codTwo.sscc());
    }

    private void farm(Lot lot, double at) {
        Climate cooler = Climate.steady(2.8, 0.9, 51);
        commission(cast.farm, lot, hour(at), MOGUER, "Picked this morning");
        every(at, at + 4, 3, "farm-cooler", t -> temperature(cooler, t, MOGUER, List.of(batch(lot))));
        photographs(lot, "farm-camera", hour(at + 0.5), Subject.CRATE, cast.farm);
        step(cast.farm, lot, "packing", hour(at + 2), MOGUER, "Packed in trays", "in_progress", lot.sscc());
    }

    private void truck(String device, Route route, Climate cargo, Lot lot, int minutes) {
        List<Association> load = List.of(Association.sscc(Long.parseLong(lot.sscc())));
        double from = Duration.between(start, route.departure()).toMinutes() / 60.0;
        double to = Duration.between(start, route.arrival()).toMinutes() / 60.0;
        every(from, to, minutes, device, t -> {
            Instant next = t.plusSeconds(minutes * 60L);
            boolean open = t.equals(route.departure()) || !next.isBefore(route.arrival());
            List<Measurement> seen =
                    List.of(Quantity.TEMPERATURE.of(round(cargo.celsius(t), 100)), Quantity.DOOR.of(open ? 1 : 0));
            return new Observation(seen, List.of(), load, position(route.at(t)), t.toEpochMilli());
        });
    }

    private void light(String device, Route route, Lot lot, List<Instant> opened) {
        for (Instant t : opened) {
            acts.add(new Act.Observe(
                    t,
                    cast.device(device),
                    Observation.of(Quantity.LIGHT.of(420))
                            .withAssociations(List.of(Association.sscc(Long.parseLong(lot.sscc()))))
                            .withPosition(position(route.at(t)))
                            .at(t.toEpochMilli())));
        }
    }

    private void toShop(Lot lot, Organisation shipper, Organisation carrier, Place origin, Route route) {
        Instant away = route.departure();
        step(
                shipper,
                lot,
                "shipping",
                away.minusSeconds(900),
                origin,
                "Handed to the carrier",
                "in_transit",
                lot.sscc());
        step(carrier, lot, "loading", away.minusSeconds(300), origin, "Loaded, doors sealed", "in_transit", lot.sscc());
        Instant there = route.arrival().plusSeconds(1800);
        step(cast.shop, lot, "receiving", there, ALTONA, "Seal whole, temperature read", "sellable_accessible", null);
        for (int i = 0; i < lot.items().size(); i++) {
            if (i % 3 >= SOLD_OF_THREE) continue;
            Item item = lot.items().get(i);
            Instant when = there.plus(Duration.ofMinutes(90 + i * 37L));
            acts.add(new Act.Deed(
                    when,
                    "sale",
                    () -> sign(
                            cast.shop,
                            "sale-" + item.serial().toLowerCase(Locale.ROOT),
                            false,
                            List.of(item),
                            summary(
                                    cast.shop,
                                    "retail_selling",
                                    when,
                                    ALTONA,
                                    1L,
                                    "Sold over the counter",
                                    "retail_sold",
                                    null),
                            ALTONA,
                            List.of())));
        }
    }

    private void counter() {
        Climate counter = Climate.steady(2.1, 0.8, 41);
        every(63, 144, 5, "shop-case", t -> {
            List<Association> lying = new ArrayList<>();
            if (t.isAfter(hour(62.5))) lying.add(batch(cast.codOne));
            if (t.isAfter(hour(64.5))) lying.add(batch(cast.berriesOne));
            if (t.isAfter(hour(86.5))) lying.add(batch(cast.codTwo));
            return temperature(counter, t, ALTONA, lying);
        });
    }

    // A label copied many times: the same serial turns up on phones in countries the goods never went to.
    private void copiedLabel() {
        Item copied = cast.berriesOne.items().get(cast.berriesOne.items().size() - 1);
        String[] countries = {"DE", "PL", "TR", "AE", "TH", "BR"};
        for (int i = 0; i < countries.length; i++) {
            String country = countries[i];
            String phone = "copied-label-phone-" + i;
            acts.add(new Act.Deed(hour(100 + i * 5), "scan", () -> cast.operator()
                    .post("/api/scans", Map.of("uri", copied.uri(), "device", phone, "country", country))));
        }
    }

    // --- building blocks
    // ---------------------------------------------------------------------------------------------------------

    private void every(
            double fromHour, double toHour, int minutes, String device, Function<Instant, Observation> look) {
        FieldDevice who = cast.device(device);
        for (Instant t = hour(fromHour); t.isBefore(hour(toHour)); t = t.plusSeconds(minutes * 60L)) {
            acts.add(new Act.Observe(t, who, look.apply(t)));
        }
    }

    private void commission(Organisation maker, Lot lot, Instant at, Place place, String note) {
        PublicSummary summary =
                summary(maker, "commissioning", at, place, (long) lot.items().size(), note, "active", null);
        String certificate = lot.gtin().equals(Cast.COD) ? "Catch certificate" : "Integrated farm assurance";
        acts.add(new Act.Deed(
                at,
                "commissioning " + lot.number(),
                () -> sign(
                        maker,
                        "commissioning-" + lot.number().toLowerCase(Locale.ROOT),
                        true,
                        lot.items(),
                        summary,
                        place,
                        List.of(Cast.document(lot, certificate)))));
    }

    private void step(
            Organisation signer,
            Lot lot,
            String bizStep,
            Instant at,
            Place place,
            String note,
            String disposition,
            String sscc) {
        String parent = sscc == null ? null : "https://id.gs1.org/00/" + sscc;
        PublicSummary summary =
                summary(signer, bizStep, at, place, (long) lot.items().size(), note, disposition, parent);
        acts.add(new Act.Deed(
                at,
                bizStep + " " + lot.number(),
                () -> sign(
                        signer,
                        bizStep + "-" + lot.number().toLowerCase(Locale.ROOT),
                        false,
                        lot.items(),
                        summary,
                        place,
                        List.of())));
    }

    private static void sign(
            Organisation signer,
            String key,
            boolean commissions,
            List<Item> items,
            PublicSummary summary,
            Place place,
            List<byte[]> documents)
            throws IOException, InterruptedException {
        signer.step(key, commissions, items, summary, EpcisEvent.of(summary, items, slug(place)), documents);
    }

    // Three items of each lot have photographs: two registered by the maker from different angles, one sent by the
    // camera itself.
    private void photographs(Lot lot, String camera, Instant at, Subject subject, Organisation maker) {
        for (int i = 0; i < Math.min(PHOTOGRAPHED_ITEMS, itemsPerLot); i++) {
            Item item = lot.items().get(i);
            long animal = (lot.number() + i).hashCode();
            acts.add(new Act.Photograph(
                    at.plusSeconds(20L * i),
                    cast.device(camera),
                    ItemPicture.jpeg(subject, animal, 0),
                    Observation.of()
                            .withAssociations(
                                    List.of(Association.sgtin(item.uri().substring("https://id.gs1.org".length()))))
                            .at(at.plusSeconds(20L * i).toEpochMilli())));
            for (int shot = 1; shot <= 2; shot++) {
                byte[] jpeg = ItemPicture.jpeg(subject, animal, shot);
                String key = lot.number().toLowerCase(Locale.ROOT) + "-" + i + "-" + shot;
                Instant when = at.plusSeconds(300 + 20L * i);
                acts.add(new Act.Deed(when, "photo", () -> {
                    maker.statement("photo-" + key, "photo", sha256(jpeg), item.uri(), when.toEpochMilli());
                    maker.client().registerPhoto(item.uri(), jpeg);
                }));
            }
        }
    }

    private static PublicSummary summary(
            Organisation actor,
            String bizStep,
            Instant at,
            Place place,
            Long quantity,
            String note,
            String disposition,
            String parent) {
        // A tenth of a degree, about 10 km: near enough for a map, too coarse for a fishing spot.
        long lat = Math.round(place.lat() * 10) * 1_000_000L;
        long lon = Math.round(place.lon() * 10) * 1_000_000L;
        return new PublicSummary(
                bizStep, at.toEpochMilli(), actor.name(), place.name(), lat, lon, quantity, note, disposition, parent);
    }

    private static Observation temperature(Climate climate, Instant t, Place place, List<Association> associations) {
        return Observation.of(Quantity.TEMPERATURE.of(round(climate.celsius(t), 100)))
                .withAssociations(associations)
                .withPosition(position(place))
                .at(t.toEpochMilli());
    }

    private static Observation series(Climate climate, Instant end, List<Association> associations) {
        long[] values = new long[SAMPLES_IN_A_SERIES];
        for (int i = 0; i < SAMPLES_IN_A_SERIES; i++) {
            values[i] = Math.round(climate.celsius(end.minusSeconds(60L * (SAMPLES_IN_A_SERIES - i))) * 100);
        }
        Series minutes = new Series(Quantity.TEMPERATURE.code(), 60L * SAMPLES_IN_A_SERIES, 60, values, -2, 0);
        return Observation.of()
                .withSeries(List.of(minutes))
                .withAssociations(associations)
                .at(end.toEpochMilli());
    }

    private static Association batch(Lot lot) {
        return Association.batch(lot.path());
    }

    private static Position position(Place place) {
        return new Position(Math.round(place.lat() * 1e7), Math.round(place.lon() * 1e7), 15, 1, null);
    }

    private static double round(double value, int steps) {
        return Math.round(value * steps) / (double) steps;
    }

    private static String slug(Place place) {
        return Normalizer.normalize(place.name(), Normalizer.Form.NFD)
                .replaceAll("[^A-Za-z0-9]+", "-")
                .toLowerCase(Locale.ROOT);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
