package io.waymark.simulator.story;

import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.Organisation.Item;
import io.waymark.simulator.organisation.TraceClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who and what takes part: firms with their own keys, products, lots with reserved serials, devices. Assembling twice changes nothing. */
final class Cast {
    static final String COD = Gs1.gtin("0952132100001");
    static final String STRAWBERRIES = Gs1.gtin("0952132200002");

    private final TraceClient operator;

    final Organisation fishers;
    final Organisation plant;
    final Organisation northHaulage;
    final Organisation shop;
    final Organisation farm;
    final Organisation southHaulage;

    final Lot codOne;
    final Lot codTwo;
    final Lot berriesOne;
    final Lot berriesTwo;

    private final LocalDate today;
    private final Map<String, FieldDevice> devices = new LinkedHashMap<>();

    /**
     * A lot of the story.
     *
     * @param path {@code /01/…/10/…}
     * @param sscc the logistic unit it travels in
     */
    record Lot(String gtin, String number, String path, String sscc, List<Item> items) {}

    private Cast(StoryConfig config, TraceClient operator, Instant start) throws IOException, InterruptedException {
        this.operator = operator;
        Path firms = config.folder().resolve("firms");
        fishers = Organisation.open(
                firms.resolve("lofoten-line"),
                "lofoten-line",
                "Lofoten Line Fishers",
                "lofotenline.example",
                "NO",
                "vessel",
                operator);
        plant = Organisation.open(
                firms.resolve("nordvaer-fish"),
                "nordvaer-fish",
                "Nordvær Fish",
                "nordvaer.example",
                "NO",
                "plant",
                operator);
        northHaulage = Organisation.open(
                firms.resolve("polar-haul"),
                "polar-haul",
                "Polar Haul",
                "polarhaul.example",
                "SE",
                "carrier",
                operator);
        shop = Organisation.open(
                firms.resolve("markthalle-altona"),
                "markthalle-altona",
                "Markthalle Altona",
                "markthalle-altona.example",
                "DE",
                "shop",
                operator);
        farm = Organisation.open(
                firms.resolve("las-marismas"),
                "las-marismas",
                "Finca Las Marismas",
                "lasmarismas.example",
                "ES",
                "farm",
                operator);
        southHaulage = Organisation.open(
                firms.resolve("ruta-fria"), "ruta-fria", "Ruta Fría", "rutafria.example", "ES", "carrier", operator);

        tradeItem(
                fishers,
                COD,
                "Line-caught cod, whole, gutted",
                "Wild Atlantic cod (Gadus morhua), caught one by one on a line off Lofoten.",
                "fish",
                0,
                4);
        tradeItem(
                farm,
                STRAWBERRIES,
                "Strawberries, 500 g",
                "Grown in open tunnels near Moguer, picked in the morning.",
                "fruit",
                0,
                6);
        // Dates follow the story's start, not today: assembling on another day must say the same again.
        today = LocalDate.ofInstant(start.plus(Story.PAST), ZoneOffset.UTC);
        int n = config.itemsPerLot();
        codOne = lot(
                fishers,
                COD,
                "HAV-46A",
                Gs1.sscc("09521321000000101"),
                today.minusDays(6),
                today.plusDays(9),
                n,
                "Norwegian Sea");
        codTwo = lot(
                fishers,
                COD,
                "HAV-46B",
                Gs1.sscc("09521321000000102"),
                today.minusDays(6),
                today.plusDays(9),
                n,
                "Norwegian Sea");
        berriesOne = lot(
                farm,
                STRAWBERRIES,
                "LM-1114",
                Gs1.sscc("09521322000000201"),
                today.minusDays(5),
                today.plusDays(4),
                n,
                "Moguer");
        berriesTwo = lot(
                farm,
                STRAWBERRIES,
                "LM-1120",
                Gs1.sscc("09521322000000202"),
                today.minusDays(1),
                today.plusDays(8),
                n,
                "Moguer");
        certificates();

        Path folder = config.folder().resolve("devices");
        device(folder, "hold", fishers, "havorn", "Hold thermometer, vessel Havørn", "temperature");
        device(folder, "hold-humidity", fishers, "havorn", "Hold hygrometer, vessel Havørn", "humidity");
        device(folder, "bridge", fishers, "havorn", "Bridge receiver, vessel Havørn", "position");
        device(folder, "hatch", fishers, "havorn", "Hatch contact, vessel Havørn", "door");
        device(folder, "deck-camera", fishers, "havorn", "Deck camera, vessel Havørn", "camera");
        device(folder, "plant-room", plant, "svolvaer", "Cold room logger, Svolvær", "temperature");
        device(folder, "plant-door", plant, "svolvaer", "Cold room door, Svolvær", "door");
        device(folder, "truck-n1", northHaulage, "truck-n1", "Reefer logger, truck N1", "temperature");
        device(folder, "truck-n1-light", northHaulage, "truck-n1", "Cargo light sensor, truck N1", "light");
        device(folder, "truck-n2", northHaulage, "truck-n2", "Reefer logger, truck N2", "temperature");
        device(folder, "truck-n2-light", northHaulage, "truck-n2", "Cargo light sensor, truck N2", "light");
        device(folder, "shop-case", shop, "altona", "Cold counter, Altona", "temperature");
        device(folder, "farm-cooler", farm, "moguer", "Pre-cooler, Moguer", "temperature");
        device(folder, "farm-camera", farm, "moguer", "Packing camera, Moguer", "camera");
        device(folder, "truck-s1", southHaulage, "truck-s1", "Reefer logger, truck S1", "temperature");
        for (FieldDevice device : devices.values()) {
            device.register();
        }
    }

    static Cast assemble(StoryConfig config, TraceClient operator, Instant start)
            throws IOException, InterruptedException {
        return new Cast(config, operator, start);
    }

    /** Waymark as the installation's operator sees it. */
    TraceClient operator() {
        return operator;
    }

    List<FieldDevice> devices() {
        return List.copyOf(devices.values());
    }

    FieldDevice device(String key) {
        FieldDevice device = devices.get(key);
        if (device == null) throw new IllegalArgumentException("no device \"" + key + "\" in this story");
        return device;
    }

    /** The first cod of the first lot: it goes the whole way and is sold. */
    String showcasePath() {
        return codOne.path() + "/21/" + codOne.items().get(0).serial();
    }

    private void device(Path folder, String key, Organisation owner, String site, String name, String kind) {
        devices.put(key, new FieldDevice(folder.resolve(key), owner, site, name, kind));
    }

    private static void tradeItem(
            Organisation maker, String gtin, String name, String description, String category, double min, double max)
            throws IOException, InterruptedException {
        maker.client()
                .post(
                        "/api/trade-items",
                        Map.of(
                                "gtin",
                                gtin,
                                "name",
                                name,
                                "description",
                                description,
                                "category",
                                category,
                                "kind",
                                category.equals("fish") ? "wild-catch" : "farm",
                                "minCentiCelsius",
                                (int) (min * 100),
                                "maxCentiCelsius",
                                (int) (max * 100),
                                "maxMinutesOutside",
                                120));
    }

    private static Lot lot(
            Organisation maker,
            String gtin,
            String number,
            String sscc,
            LocalDate produced,
            LocalDate expiry,
            int count,
            String origin)
            throws IOException, InterruptedException {
        maker.client()
                .post(
                        "/api/batches",
                        Map.of(
                                "gtin", gtin,
                                "lot", number,
                                "producedAt",
                                        produced.atStartOfDay(ZoneOffset.UTC)
                                                .toInstant()
                                                .toString(),
                                "expiry", expiry.toString(),
                                "quantity", count,
                                "origin", origin));
        return new Lot(gtin, number, "/01/" + gtin + "/10/" + number, sscc, maker.reserveSerials(gtin, number, count));
    }

    private void certificates() throws IOException, InterruptedException {
        for (Lot lot : List.of(codOne, codTwo)) {
            certificate(fishers, lot, "Catch certificate", "Norwegian fisheries sales organisation (example)", 400);
        }
        for (Lot lot : List.of(berriesOne, berriesTwo)) {
            certificate(farm, lot, "Integrated farm assurance", "Farm assurance body (example)", 250);
        }
    }

    private void certificate(Organisation maker, Lot lot, String name, String issuer, int validDays)
            throws IOException, InterruptedException {
        maker.client()
                .post(
                        "/api/certificates",
                        Map.of(
                                "gtin", lot.gtin(),
                                "lot", lot.number(),
                                "name", name,
                                "issuer", issuer,
                                "validUntil", today.plusDays(validDays).toString(),
                                "digest", HexFormat.of().formatHex(document(lot, name)),
                                "kind", "evidenced"));
    }

    /** Digest of the lot's document: the story's own text, so that anybody can make it again. */
    static byte[] document(Lot lot, String name) {
        String text = name + " for lot " + lot.number() + " of GTIN " + lot.gtin() + "\n";
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
