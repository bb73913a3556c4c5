package io.waymark.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Locale;

/** JSON in the shapes of the contract. Made up, except that the numbers are plausible. */
final class Samples {
    private static final long START = 1_781_150_400_000L; // 11 June 2026, 04:00 UTC

    private Samples() {}

    static String passport() {
        return "{\"uri\":\"" + Upstreams.ITEM + "\",\"gtin\":\"" + Upstreams.GTIN + "\",\"lot\":\"" + Upstreams.LOT
                + "\",\"serial\":\"" + Upstreams.SERIAL + "\","
                + "\"name\":\"Arctic cod fillet, 400 g\",\"description\":\"Skin-on fillet, line-caught, packed on ice.\",\"category\":\"fish\","
                + "\"maker\":{\"name\":\"Nordhav Fiskeri\",\"domain\":\"nordhav.example\",\"country\":\"NO\"},"
                + "\"answer\":{\"band\":\"look-closer\",\"lines\":["
                + "{\"line\":\"label\",\"state\":\"good\",\"reason\":\"Issued by Nordhav Fiskeri; the signature fits the key bound in the log.\"},"
                + "{\"line\":\"story\",\"state\":\"good\",\"reason\":\"No contradiction in 9 signed steps by 4 parties.\"},"
                + "{\"line\":\"object\",\"state\":\"cannot-say\",\"reason\":\"This visit has not compared the item. 2 photos are registered.\"},"
                + "{\"line\":\"condition\",\"state\":\"caution\",\"reason\":\"Warmer than 4 °C for 1 h 20 min on 12 June; readings are missing for 5 h.\"}]},"
                + "\"today\":{\"holder\":\"Brønn Fish Hall\",\"holderKind\":\"shop\",\"state\":\"active\",\"since\":\"2026-06-14T07:40:00Z\",\"bestBefore\":\"2026-12-20\",\"recalled\":false,\"scans\":{\"total\":5,\"phones\":2,\"first\":\"2026-06-15T10:12:00Z\"}},"
                + "\"steps\":[" + steps() + "],"
                + "\"condition\":" + condition() + ","
                + "\"certificates\":[{\"name\":\"MSC chain of custody\",\"issuer\":\"Bureau Marin\",\"validUntil\":\"2027-03-31\",\"kind\":\"verified\",\"digest\":\"9a5c0f43c5b09f2e7f6e31c3c0ab3a2de7ef8f6c0e8a4d4f93d3f2b2b8a1c7e5\"},"
                + "{\"name\":\"Health certificate\",\"issuer\":\"Mattilsynet\",\"validUntil\":\"2026-08-01\",\"kind\":\"evidenced\",\"digest\":\"17f3b7c1\"}],"
                + "\"corrections\":[{\"time\":\"2026-06-13T09:00:00Z\",\"actor\":\"Nordhav Fiskeri\",\"was\":\"410 g\",\"now\":\"400 g\",\"reason\":\"Weight read from the wrong label.\"}],"
                + "\"proof\":{\"size\":48211,\"root\":\"ab\",\"note\":\"waymark.example/log\\n48211\\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\\n\\n— waymark.example/log Az3grl0y0kO\\n\",\"witnesses\":0}}";
    }

    static String lotPassport() {
        return "{\"uri\":\"" + Upstreams.SLOW_LOT + "\",\"gtin\":\"" + Upstreams.GTIN + "\",\"lot\":\"" + Upstreams.LOT
                + "\",\"serial\":null,\"name\":\"Arctic cod fillet, 400 g\",\"category\":\"fish\","
                + "\"answer\":{\"band\":\"do-not-use\",\"lines\":[{\"line\":\"condition\",\"state\":\"bad\",\"reason\":\"Recalled by the maker on 1 July 2026.\"}]},"
                + "\"today\":{\"recalled\":true,\"bestBefore\":\"2026-06-20\"},\"steps\":[],\"condition\":null,\"certificates\":null,\"proof\":null}";
    }

    /** Says "consistent" without a signed label or story, as an older trace-service does: the page must not repeat it. */
    static String productPassport() {
        return "{\"uri\":\"" + Upstreams.PRODUCT + "\",\"gtin\":\"" + Upstreams.GTIN
                + "\",\"name\":\"Arctic cod fillet, 400 g\",\"answer\":{\"band\":\"consistent\",\"lines\":["
                + "{\"line\":\"label\",\"state\":\"cannot-say\",\"reason\":\"Nothing is signed about a product.\"}]},\"steps\":[]}";
    }

    /** Text that would do harm if a page or an SVG did not escape it. */
    static String hostilePassport() {
        String evil = "<script>alert(1)</script>\\\"'><img src=x onerror=alert(2)>{inject:style.page}";
        return "{\"uri\":\"" + Upstreams.HOSTILE + "\",\"gtin\":\"" + Upstreams.GTIN + "\",\"lot\":\"" + Upstreams.LOT
                + "\",\"serial\":\"XSS\",\"name\":\"" + evil + "\",\"description\":\"" + evil + "\",\"category\":\""
                + evil + "\","
                + "\"maker\":{\"name\":\"" + evil + "\",\"domain\":\"" + evil + "\",\"country\":\"" + evil + "\"},"
                + "\"answer\":{\"band\":\"" + evil + "\",\"lines\":[{\"line\":\"label\",\"state\":\"" + evil
                + "\",\"reason\":\"" + evil + "\"}]},"
                + "\"today\":{\"holder\":\"" + evil + "\",\"holderKind\":\"" + evil + "\",\"state\":\"" + evil
                + "\",\"since\":\"" + evil + "\"},"
                + "\"steps\":[{\"n\":0,\"bizStep\":\"" + evil + "\",\"time\":\"" + evil + "\",\"actor\":\"" + evil
                + "\",\"place\":\"" + evil + "\",\"lat\":1,\"lon\":2,\"note\":\"" + evil + "\",\"keeper\":\"" + evil
                + "\",\"signedBy\":\"" + evil + "\",\"digest\":\"" + evil + "\",\"index\":1}],"
                + "\"condition\":{\"points\":[[1,2,3]],\"devices\":[{\"id\":\"" + evil + "\",\"name\":\"" + evil
                + "\",\"keeper\":\"" + evil + "\"}]},"
                + "\"certificates\":[{\"name\":\"" + evil + "\",\"issuer\":\"" + evil + "\",\"digest\":\"" + evil
                + "\"}],\"corrections\":[\"" + evil + "\",{\"who\":\"" + evil + "\"}],"
                + "\"proof\":{\"size\":1,\"note\":\"" + evil + "\"}}";
    }

    private static String steps() {
        String[][] s = {
            {
                "commissioning",
                "2026-06-11T04:00:00Z",
                "Nordhav Fiskeri",
                "Barents Sea",
                "72.1",
                "24.5",
                "platform",
                "Caught and sorted on board."
            },
            {"packing", "2026-06-11T06:30:00Z", "Nordhav Fiskeri", "Barents Sea", "72.1", "24.5", "platform", ""},
            {
                "shipping",
                "2026-06-11T18:10:00Z",
                "Nordhav Fiskeri",
                "Honningsvåg",
                "70.98",
                "25.97",
                "file",
                "On ice, 1,200 cartons."
            },
            {"receiving", "2026-06-12T09:00:00Z", "Tromsø Kjølelager", "Tromsø", "69.65", "18.96", "hsm", ""},
            {
                "inspecting",
                "2026-06-12T11:00:00Z",
                "Tromsø Kjølelager",
                "Tromsø",
                "69.65",
                "18.96",
                "hsm",
                "Weight and colour in order."
            },
            {"shipping", "2026-06-12T16:00:00Z", "Tromsø Kjølelager", "Tromsø", "69.65", "18.96", "hsm", ""},
            {"receiving", "2026-06-13T22:00:00Z", "Fjellfrakt", "Trondheim", "63.43", "10.39", "browser", ""},
            {"shipping", "2026-06-14T02:00:00Z", "Fjellfrakt", "Trondheim", "63.43", "10.39", "browser", ""},
            {
                "receiving",
                "2026-06-14T07:40:00Z",
                "Brønn Fish Hall",
                "Oslo",
                "59.91",
                "10.75",
                "browser",
                "Two cartons short; noted by both."
            },
        };
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < s.length; i++) {
            out.append(i == 0 ? "" : ",")
                    .append(String.format(
                            Locale.ROOT,
                            "{\"n\":%d,\"bizStep\":\"%s\",\"time\":\"%s\",\"actor\":\"%s\",\"place\":\"%s\",\"lat\":%s,\"lon\":%s,\"keeper\":\"%s\",\"signedBy\":\"%s\",\"note\":\"%s\",\"digest\":\"%064x\",\"index\":%d,\"correction\":%b}",
                            i,
                            s[i][0],
                            s[i][1],
                            s[i][2],
                            s[i][3],
                            s[i][4],
                            s[i][5],
                            s[i][6],
                            s[i][2],
                            s[i][7],
                            0x1234567L * (i + 3) * 0x9e3779b97fL,
                            4100 + 37 * i,
                            i == 4));
        }
        return out.toString();
    }

    static String condition() {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < 290; i++) {
            if (i > 180 && i < 210) {
                continue;
            }
            double bump = i > 128 && i < 140 ? 4.3 * Math.sin((i - 128) * Math.PI / 12) : 0;
            double c = 1.6 + 0.7 * Math.sin(i / 9.0) + 0.35 * Math.sin(i * 1.7) + bump;
            points.append(points.length() == 0 ? "" : ",")
                    .append(String.format(Locale.ROOT, "[%d,%.2f,%d]", START + i * 900_000L, c, 5000 + i));
        }
        return "{\"minCelsius\":0,\"maxCelsius\":4,\"points\":[" + points
                + "],\"excursions\":[{\"from\":\"2026-06-12T12:30:00Z\",\"to\":\"2026-06-12T14:20:00Z\",\"peakCelsius\":5.9,\"minutes\":80}],\"readings\":261,"
                + "\"devices\":[{\"id\":\"00112233445566778899aabbccddeeff\",\"name\":\"Logger NF-7\",\"keeper\":\"device\",\"label\":\"reefer logger\"}],\"gaps\":[{\"from\":\"2026-06-13T01:00:00Z\",\"to\":\"2026-06-13T08:30:00Z\",\"minutes\":450}]}";
    }

    private static final String ME =
            "{\"name\":\"%s\",\"tenant\":\"nordhav\",\"organisation\":\"Nordhav Fiskeri\",\"roles\":[\"%s\"]}";

    /** What the console asks for; each answer only with a session, and writes only with a role that may. */
    static void console(HttpExchange x, String path, String query, String body, String auth) throws IOException {
        String role = auth.startsWith("Bearer wms_") ? auth.substring("Bearer wms_".length()) : "";
        String request = x.getRequestMethod() + " " + path;
        if (request.equals("POST /api/login")) {
            boolean right = body.contains("correct horse");
            Upstreams.send(
                    x,
                    right ? 200 : 401,
                    right
                            ? "{\"token\":\"" + Upstreams.ADMINISTRATOR + "\",\"expires\":\"2026-11-21T10:00:00Z\"}"
                            : "{\"title\":\"no\"}");
            return;
        }
        if (request.equals("POST /api/setup")) {
            boolean right = body.contains("right-token") && !Upstreams.setUp;
            Upstreams.send(
                    x,
                    right ? 200 : Upstreams.setUp ? 409 : 403,
                    right
                            ? "{\"token\":\"" + Upstreams.ADMINISTRATOR + "\"}"
                            : "{\"detail\":\"the set-up token is not the one printed at the first start\"}");
            return;
        }
        if (!role.matches("viewer|producer|administrator")) {
            Upstreams.send(x, 401, "{}");
            return;
        }
        if (x.getRequestMethod().equals("POST")) {
            String answer = path.endsWith("/commission")
                    ? "{\"objects\":[{\"uri\":\"a\",\"serial\":\"b\"},{\"uri\":\"c\",\"serial\":\"d\"}]}"
                    : body;
            boolean refused = body.contains("\"lot\":\"TAKEN\"");
            Upstreams.send(
                    x,
                    role.equals("viewer") ? 403 : refused ? 400 : 200,
                    refused ? "{\"detail\":\"lot is taken\"}" : answer);
            return;
        }
        switch (path) {
            case "/api/session":
                Upstreams.send(x, 200, String.format(ME, role + "@nordhav", role));
                return;
            case "/api/trade-items":
                Upstreams.send(
                        x,
                        200,
                        "[{\"gtin\":\"" + Upstreams.GTIN
                                + "\",\"name\":\"Arctic cod fillet, 400 g\",\"description\":null,\"category\":\"fish\",\"kind\":null,\"minCentiCelsius\":0,\"maxCentiCelsius\":400,\"maxMinutesOutside\":30},{\"gtin\":\"09506000134369\",\"name\":\"<b>Haddock</b>\",\"category\":null}]");
                return;
            case "/api/batches":
                Upstreams.send(
                        x,
                        200,
                        "[{\"gtin\":\"" + Upstreams.GTIN + "\",\"lot\":\"" + Upstreams.LOT
                                + "\",\"producedAt\":\"2026-06-11T00:00:00Z\",\"expiry\":\"2026-12-20\",\"quantity\":1200,\"origin\":\"Barents Sea\"}]");
                return;
            case "/api/devices":
                Upstreams.send(
                        x,
                        200,
                        "[{\"id\":\"00112233445566778899aabbccddeeff\",\"site\":\"vessel-1\",\"name\":\"Logger NF-7\",\"kind\":\"reefer logger\",\"keeper\":\"device\",\"topic\":\"v1/nordhav/vessel-1/0011/r\",\"revoked\":false,\"lastSeen\":\"2026-06-14T04:00:00Z\",\"last\":[{\"quantity\":1,\"sensor\":0,\"value\":187,\"exponent\":-2,\"at\":\"2026-06-14T04:00:00Z\"},{\"quantity\":5,\"sensor\":0,\"value\":0,\"exponent\":0,\"at\":\"2026-06-14T04:00:00Z\"},{\"quantity\":7,\"sensor\":0,\"value\":3610,\"exponent\":0,\"at\":\"2026-06-14T04:00:00Z\"}]},"
                                + "{\"id\":\"ff112233445566778899aabbccddeeff\",\"site\":\"truck-4\",\"name\":\"Door sensor\",\"kind\":\"door\",\"revoked\":false,\"lastSeen\":null,\"last\":[]}]");
                return;
            case "/api/devices/00112233445566778899aabbccddeeff/readings":
                StringBuilder messages = new StringBuilder();
                for (int i = 119; i >= 0; i--) {
                    messages.append(messages.length() == 0 ? "" : ",")
                            .append(String.format(
                                    Locale.ROOT,
                                    "{\"epoch\":1,\"seq\":%d,\"type\":1,\"time\":\"%s\",\"index\":%d,\"digest\":\"ab\",\"linkState\":\"linked\",\"measurements\":[{\"quantity\":1,\"value\":%d,\"exponent\":-2,\"sensor\":0,\"flags\":0}]}",
                                    i,
                                    java.time.Instant.ofEpochMilli(START + i * 900_000L),
                                    5000 + i,
                                    Math.round(160 + 90 * Math.sin(i / 9.0))));
                }
                Upstreams.send(x, 200, "[" + messages + "]");
                return;
            case "/api/quarantine":
                Upstreams.send(
                        x,
                        200,
                        "{\"rows\":[{\"id\":1,\"topic\":\"v1/nordhav/vessel-1/0011/r\",\"rawHex\":\""
                                + "8346d28443a10126".repeat(20)
                                + "\",\"reason\":\"signature\",\"receivedAt\":\"2026-11-20T08:00:00Z\"}],\"counts\":[{\"reason\":\"signature\",\"n\":3,\"lastAt\":\"2026-11-20T08:00:00Z\"},{\"reason\":\"unknown device\",\"n\":1,\"lastAt\":\"2026-11-20T07:00:00Z\"}]}");
                return;
            case "/api/reports":
                Upstreams.send(
                        x,
                        200,
                        "[{\"caseNumber\":\"R-2026-7K3M9QXW\",\"uri\":\"" + Upstreams.ITEM
                                + "\",\"text\":\"Print is blurred and the seal is glued.\\n<script>alert(3)</script>\",\"where\":\"Market stall, Bergen\",\"contact\":null,\"at\":\"2026-11-19T17:02:00Z\"}]");
                return;
            case "/api/accounts":
                Upstreams.send(
                        x,
                        role.equals("administrator") ? 200 : 403,
                        "[{\"account\":\"ada\",\"role\":\"administrator\",\"createdAt\":\"2026-11-20T06:00:00Z\"}]");
                return;
            default:
                if (path.equals("/api/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT + "/items")) {
                    StringBuilder items = new StringBuilder();
                    for (int i = 0; i < 21; i++) {
                        items.append(i == 0 ? "" : ",")
                                .append("{\"uri\":\"u\",\"serial\":\"7HJ2KQ9XW4MB3T")
                                .append(i)
                                .append(
                                        "\",\"state\":\"active\",\"holder\":\"Nordhav Fiskeri\",\"place\":\"Honningsvåg\",\"parent\":null,\"steps\":3,\"changedAt\":\"2026-06-12T09:00:00Z\"}");
                    }
                    Upstreams.send(x, 200, "[" + items + "]");
                } else {
                    Upstreams.send(x, 404, "{}");
                }
        }
    }
}
