package io.waymark.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** The item without a photo, whose story was cut, in a log that two of three witnesses watch. */
    static String cutPassport() {
        return passport()
                .replace(
                        "\"witnesses\":0",
                        "\"witnesses\":2,\"witnessed\":{\"entities\":3,\"needed\":2,\"survives\":0,\"by\":[\"one\",\"two\"],\"keys\":[]}")
                .replace(Upstreams.SERIAL, Upstreams.UNPHOTOGRAPHED)
                .replaceFirst("\\{", "{\"laterStepsLeftOut\":1200,");
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
                + "\"devices\":[{\"id\":\"00112233445566778899aabbccddeeff\",\"name\":\"Logger NF-7\",\"keeper\":\"device\",\"label\":\"reefer logger\"}],\"gaps\":[{\"from\":\"2026-06-13T01:00:00Z\",\"to\":\"2026-06-13T08:30:00Z\",\"minutes\":450}],"
                + "\"meanKineticCelsius\":1.93,\"measuredMinutes\":3450}";
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
            if (path.equals("/api/api-keys")) {
                Upstreams.send(x, role.equals("administrator") ? 201 : 403, "{\"apiKey\":\"wmk_shown-this-once\"}");
                return;
            }
            if (path.equals("/api/admissions/codes")) {
                answer =
                        "{\"id\":\"33333333-7c3a-4d0e-9d3b-5a8f1c2b7e17\",\"code\":\"01234-56789-ABCDE-FGHJK\",\"expiresAt\":\"2026-11-20T07:00:00Z\"}";
            }
            boolean refused = body.contains("\"lot\":\"TAKEN\"");
            Upstreams.send(
                    x,
                    role.equals("viewer") ? 403 : refused ? 400 : 200,
                    refused ? "{\"detail\":\"lot is taken\"}" : answer);
            return;
        }
        if (x.getRequestMethod().equals("DELETE")) {
            boolean known = path.equals("/api/session")
                    || path.equals("/api/admissions/11111111-7c3a-4d0e-9d3b-5a8f1c2b7e17")
                    || path.equals("/api/accounts/vic@nordhav")
                    || path.equals("/api/api-keys/0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17");
            boolean last = path.equals("/api/accounts/ada");
            Upstreams.send(
                    x,
                    role.equals("viewer") && !path.equals("/api/session") ? 403 : last ? 409 : known ? 204 : 404,
                    last ? "{\"detail\":\"the last administrator cannot be ended\"}" : "");
            return;
        }
        Matcher readings =
                Pattern.compile("/api/devices/([0-9a-f]{32})/readings").matcher(path);
        Matcher items =
                Pattern.compile("/api/batches/([0-9]{14})/([^/]+)/items").matcher(path);
        if (path.equals("/api/devices/" + Upstreams.LOGGER + "/findings")) {
            Upstreams.send(
                    x,
                    200,
                    "{\"gaps\":[{\"epoch\":1,\"from\":4,\"to\":9,\"state\":\"missing\",\"noticedAt\":\"2026-11-19T08:00:00Z\",\"askedAt\":null,\"index\":77,\"reason\":null},"
                            + "{\"epoch\":0,\"from\":3,\"to\":3,\"state\":\"declared\",\"noticedAt\":\"2026-11-19T08:00:00Z\",\"askedAt\":null,\"index\":70,\"reason\":1}],"
                            + "\"chainBreaks\":[],\"equivocations\":[],\"held\":[{\"kid\":\"0011223344556677\",\"epoch\":1,\"seq\":30,\"since\":\"2026-11-20T08:00:00Z\"}],"
                            + "\"clocks\":[{\"seq\":1}],\"admissions\":[{\"epoch\":1,\"seq\":2,\"index\":9,\"refusedAs\":\"old-epoch\",\"reason\":\"<b>late</b>\",\"by\":\"kari\"}]}");
        } else if (path.matches("/api/devices/[0-9a-f]{32}/findings")) {
            Upstreams.send(x, 200, "{}");
        } else if (readings.matches()) {
            readings(x, readings.group(1), query);
        } else if (items.matches()) {
            Upstreams.send(x, 200, page(items(items.group(1), items.group(2)), query));
        } else {
            console(x, path, query, role);
        }
    }

    private static void console(HttpExchange x, String path, String query, String role) throws IOException {
        boolean empty = role.equals("administrator") && Upstreams.empty;
        switch (path) {
            case "/api/session":
                Upstreams.send(x, 200, String.format(ME, role + "@nordhav", role));
                return;
            case "/api/trade-items":
                Upstreams.send(x, 200, page(empty ? List.of() : PRODUCTS, query));
                return;
            case "/api/batches":
                Upstreams.send(x, 200, page(empty ? List.of() : batches(), query));
                return;
            case "/api/devices":
                Upstreams.send(x, 200, page(empty ? List.of() : DEVICES, query));
                return;
            case "/api/quarantine":
                Upstreams.send(
                        x,
                        200,
                        "{\"rows\":" + page(empty ? List.of() : REFUSED, query) + ",\"counts\":["
                                + (empty
                                        ? ""
                                        : "{\"reason\":\"bad-signature\",\"n\":3,\"lastAt\":\"2026-11-20T08:00:00Z\"},"
                                                + "{\"reason\":\"malformed-keys-not-ascending\",\"n\":1204,\"lastAt\":\"2026-11-20T07:00:00Z\"},"
                                                + "{\"reason\":\"never-heard-of\",\"n\":1,\"lastAt\":\"2026-11-20T07:00:00Z\"}")
                                + "]}");
                return;
            case "/api/alarms":
                Upstreams.send(x, 200, alarms(query, empty));
                return;
            case "/api/alarms/7":
                Upstreams.send(x, 200, alarmDetail());
                return;
            case "/api/reports":
                Upstreams.send(x, 200, page(empty ? List.of() : REPORTS, query));
                return;
            case "/api/accounts":
                Upstreams.send(
                        x,
                        role.equals("administrator") ? 200 : 403,
                        "[{\"account\":\"ada\",\"role\":\"administrator\",\"createdAt\":\"2026-11-20T06:00:00Z\"},"
                                + "{\"account\":\"vic@nordhav\",\"role\":\"viewer\",\"createdAt\":\"2026-11-20T07:00:00Z\"}]");
                return;
            case "/api/admissions":
                Upstreams.send(
                        x,
                        200,
                        empty
                                ? "[]"
                                : "[{\"id\":\"11111111-7c3a-4d0e-9d3b-5a8f1c2b7e17\",\"state\":\"waiting\",\"site\":\"hold-1\",\"name\":\"Hold <3>\","
                                        + "\"kind\":\"logger\",\"madeBy\":\"ada\",\"madeAt\":\"2026-11-20T06:00:00Z\",\"expiresAt\":\"2026-11-20T07:00:00Z\","
                                        + "\"device\":\"00112233445566778899aabbccddeeff\",\"kid\":\"0011223344556677\",\"seenAt\":\"2026-11-20T06:30:00Z\"},"
                                        + "{\"id\":\"44444444-7c3a-4d0e-9d3b-5a8f1c2b7e17\",\"state\":\"waiting\",\"kid\":\"8899aabbccddeeff\",\"factory\":\"Logger works\",\"factorySubject\":\"CN=line 2\",\"device\":\"ff112233445566778899aabbccddeeff\",\"seenAt\":\"2026-11-20T06:30:00Z\"},"
                                        + "{\"id\":\"22222222-7c3a-4d0e-9d3b-5a8f1c2b7e17\",\"state\":\"expired\",\"site\":\"hold-2\",\"name\":\"Late one\","
                                        + "\"kind\":\"logger\",\"madeBy\":\"ada\",\"madeAt\":\"2026-11-20T06:00:00Z\",\"expiresAt\":\"2026-11-20T07:00:00Z\"}]");
                return;
            case "/api/api-keys":
                Upstreams.send(
                        x,
                        role.equals("administrator") ? 200 : 403,
                        empty
                                ? "[]"
                                : "[{\"id\":\"0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17\",\"label\":\"Line 2 gateway\",\"createdAt\":\"2026-11-01T06:00:00Z\",\"expires\":\"2027-11-01T06:00:00Z\"}]");
                return;
            default:
                Upstreams.send(x, 404, "{}");
        }
    }

    private static String alarm(int id, boolean lasts, String person) {
        return "{\"id\":" + id
                + ",\"ruleSet\":\"cold\",\"version\":3,\"rule\":\"warm\",\"kind\":\"limit\",\"about\":\"device\",\"subject\":\""
                + Upstreams.LOGGER + "\",\"device\":\"" + Upstreams.LOGGER
                + "\",\"sensor\":0,\"other\":\"\",\"from\":\"2026-06-12T08:00:00Z\",\"to\":"
                + (lasts ? "null" : "\"2026-06-12T10:00:00Z\"") + ",\"ended\":" + (lasts ? "null" : "\"over\"")
                + ",\"raisedAt\":\"2026-06-12T08:20:00Z\",\"measure\":11.25,\"firstIndex\":100,\"lastIndex\":130,"
                + "\"noticedAt\":\"2026-06-12T08:20:02Z\",\"withdrawnAt\":null,\"acknowledgedAt\":null,\"acknowledgedBy\":null,"
                + "\"assignedTo\":" + person + ",\"clearedAt\":null,\"clearedBy\":null}";
    }

    private static String alarms(String query, boolean empty) {
        if (empty || !query.contains("state=open")) {
            return "{\"alarms\":[],\"next\":null,\"open\":" + (empty ? 0 : 51) + "}";
        }
        boolean older = query.contains("before=");
        return "{\"alarms\":[" + alarm(older ? 1 : 7, !older, "null") + ","
                + alarm(older ? 0 : 6, false, "\"<b>Kari</b>\"") + "],\"next\":" + (older ? "null" : "6")
                + ",\"open\":51}";
    }

    private static String alarmDetail() {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < 48; i++) {
            Instant at = Instant.parse("2026-06-12T06:00:00Z").plusSeconds(300L * i);
            points.append(i == 0 ? "" : ",")
                    .append("{\"at\":\"" + at + "\",\"value\":" + (i < 24 ? 4 + i % 3 * 0.2 : 9 + (i - 24) * 0.1)
                            + ",\"index\":" + (80 + i) + ",\"device\":\"" + Upstreams.LOGGER
                            + "\",\"sensor\":0,\"calibration\":\""
                            + (i < 30 ? "valid" : "out_of_calibration") + "\"}");
        }
        return "{\"alarm\":" + alarm(7, true, "null") + ",\"digest\":\"" + "ab".repeat(32)
                + "\",\"ruleIndex\":42,\"quantity\":1,\"lowMilli\":2000,\"highMilli\":8000,\"points\":[" + points
                + "],\"history\":[{\"at\":\"2026-06-12T08:20:02Z\",\"who\":\"~watch\",\"what\":\"raised\",\"note\":\"version 3\"},"
                + "{\"at\":\"2026-06-12T08:25:00Z\",\"who\":\"ada\",\"what\":\"assigned\",\"note\":\"<i>to Kari</i>\"}]}";
    }

    /** As trace-service pages: {@code size} rows from row {@code page × size}. */
    private static String page(List<String> rows, String query) {
        long size = number(query, "size", 100);
        long from = Math.min(rows.size(), number(query, "page", 0) * size);
        return "[" + String.join(",", rows.subList((int) from, (int) Math.min(rows.size(), from + size))) + "]";
    }

    private static long number(String query, String name, long otherwise) {
        Matcher found = Pattern.compile("(?:^|&)" + name + "=([0-9]+)").matcher(query);
        return found.find() ? Long.parseLong(found.group(1)) : otherwise;
    }

    private static final List<String> PRODUCTS = List.of(
            "{\"gtin\":\"" + Upstreams.GTIN
                    + "\",\"name\":\"Arctic cod fillet, 400 g\",\"description\":null,\"category\":\"fish\",\"kind\":null,\"minCentiCelsius\":0,\"maxCentiCelsius\":400,\"maxMinutesOutside\":30}",
            "{\"gtin\":\"09506000134369\",\"name\":\"<b>Haddock</b>\",\"category\":null}");

    private static final List<String> REFUSED = List.of(
            "{\"id\":2,\"topic\":\"v1/nordhav/vessel-1/00112233445566778899aabbccddeeff/r\",\"rawHex\":\""
                    + "8346d28443a10126".repeat(20)
                    + "\",\"reason\":\"bad-signature\",\"receivedAt\":\"2026-11-20T08:00:00Z\"}",
            "{\"id\":1,\"topic\":\"v1/nordhav/vessel-1/00112233445566778899aabbccddeeff/r\",\"rawHex\":\"a0\",\"reason\":\"never-heard-of\",\"receivedAt\":\"2026-11-20T08:00:00Z\"}",
            "{\"id\":7,\"topic\":\"v1/nordhav/vessel-1/00112233445566778899aabbccddeeff/r\",\"rawHex\":\"a1\",\"reason\":\"key-revoked\",\"receivedAt\":\"2026-11-20T08:00:00Z\",\"admissible\":true}");

    private static final List<String> REPORTS = List.of(
            "{\"caseNumber\":\"R-2026-7K3M9QXW\",\"uri\":\"" + Upstreams.ITEM
                    + "\",\"text\":\"Print is blurred and the seal is glued.\\n<script>alert(3)</script>\",\"where\":\"Market stall, Bergen\",\"contact\":null,\"at\":\"2026-11-19T17:02:00Z\"}");

    private static final List<String> DEVICES = List.of(
            device(Upstreams.DOOR, "truck-4", "Door sensor", "door", "null", ""),
            device(
                    Upstreams.LOGGER,
                    "vessel-1",
                    "Logger NF-7",
                    "reefer logger",
                    "\"2026-06-14T04:00:00Z\"",
                    "{\"quantity\":1,\"sensor\":0,\"value\":187,\"exponent\":-2,\"at\":\"2026-06-14T04:00:00Z\"},{\"quantity\":5,\"sensor\":0,\"value\":0,\"exponent\":0,\"at\":\"2026-06-14T04:00:00Z\"},{\"quantity\":7,\"sensor\":0,\"value\":3610,\"exponent\":0,\"at\":\"2026-06-14T04:00:00Z\"}"),
            device(Upstreams.SERIES, "truck-4", "Series sender", "reefer logger", "\"2026-06-14T04:00:00Z\"", ""),
            device(Upstreams.TIRELESS, "hall-1", "Tireless", "hall logger", "\"2026-06-14T04:00:00Z\"", ""));

    private static String device(String id, String site, String name, String kind, String seen, String last) {
        return "{\"id\":\"" + id + "\",\"site\":\"" + site + "\",\"name\":\"" + name + "\",\"kind\":\"" + kind
                + "\",\"keeper\":\"" + (id.equals(Upstreams.SERIES) ? "gateway" : "device")
                + "\",\"topic\":\"v1/nordhav/" + site + "/" + id
                + "\",\"kid\":\"0011223344556677\",\"revoked\":"
                + (id.equals(Upstreams.SERIES) ? "true,\"reason\":\"compromised\",\"suspectFrom\":812" : "false")
                + ",\"lastSeen\":" + seen + ",\"last\":[" + last + "]}";
    }

    /** The demonstration's batch, then enough others for exactly two pages. */
    private static List<String> batches() {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rows.add(
                    "{\"gtin\":\"" + Upstreams.GTIN + "\",\"lot\":\""
                            + (i == 0
                                    ? Upstreams.LOT
                                    : i == 1 ? Upstreams.RESERVED_LOT : i == 2 ? "EMPTY" : "L" + (100 + i))
                            + "\",\"producedAt\":\"2026-06-11T00:00:00Z\",\"expiry\":\"2026-12-20\",\"quantity\":1200,\"origin\":\"Barents Sea\"}");
        }
        return rows;
    }

    /** 21 signed items, exactly one sheet; in the lot {@link Upstreams#RESERVED_LOT} one signed, two reserved. */
    private static List<String> items(String gtin, String lot) {
        List<String> rows = new ArrayList<>();
        boolean reserved = lot.equals(Upstreams.RESERVED_LOT);
        for (int i = 0; gtin.equals(Upstreams.GTIN) && i < (reserved ? 3 : lot.equals(Upstreams.LOT) ? 21 : 0); i++) {
            boolean signed = !reserved || i == 0;
            rows.add("{\"uri\":\"u\",\"serial\":\"7HJ2KQ9XW4MB3T" + i + "\",\"state\":\""
                    + (signed ? "active" : "reserved")
                    + "\",\"holder\":"
                    + (signed ? "\"Nordhav Fiskeri\",\"place\":\"Honningsvåg\"" : "null,\"place\":null")
                    + ",\"parent\":null,\"steps\":" + (signed ? 3 : 0) + ",\"changedAt\":\"2026-06-12T09:00:00Z\"}");
        }
        return rows;
    }

    /** As trace-service tells them: newest first, below {@code before}, at most {@code limit} and never more than 500. */
    private static void readings(HttpExchange x, String device, String query) throws IOException {
        int total = device.equals(Upstreams.LOGGER)
                ? 3_091
                : device.equals(Upstreams.TIRELESS) ? 20_700 : device.equals(Upstreams.SERIES) ? 3 : 0;
        if (total == 0 && !device.equals(Upstreams.DOOR)) {
            Upstreams.send(x, 404, "{}");
            return;
        }
        int limit = (int) Math.min(500, number(query, "limit", 100));
        int last = (int) Math.min(total, number(query, "before", Long.MAX_VALUE) - 5000);
        List<String> messages = new ArrayList<>();
        for (int i = last - 1; i >= Math.max(0, last - limit); i--) {
            messages.add(device.equals(Upstreams.SERIES) ? series(i) : message(i));
        }
        Upstreams.send(x, 200, "[" + String.join(",", messages) + "]");
    }

    private static String message(int i) {
        // One reading far back that a chart of the newest page, or one that takes every tenth, would miss.
        long value = i == 777 ? 3150 : Math.round(160 + 90 * Math.sin(i / 90.0));
        return String.format(
                Locale.ROOT,
                "{\"epoch\":1,\"seq\":%d,\"type\":1,\"time\":\"%s\",\"index\":%d,\"digest\":\"ab\",\"linkState\":\"linked\",\"measurements\":[{\"quantity\":1,\"value\":%d,\"exponent\":-2,\"sensor\":0,\"flags\":0}]}",
                i,
                Instant.ofEpochMilli(START + i * 600_000L),
                5000 + i,
                value);
    }

    /** A message of 60 values, one a minute; the second sensor is warmer. */
    private static String series(int i) {
        StringBuilder values = new StringBuilder();
        for (int k = 0; k < 60; k++) {
            values.append(k == 0 ? "" : ",").append(180 + (i == 1 && k == 30 ? 700 : k % 7));
        }
        String shape = "\"quantity\":1,\"offsetSeconds\":3540,\"stepSeconds\":60,\"values\":[" + values
                + "],\"exponent\":-2,\"sensor\":";
        return String.format(
                Locale.ROOT,
                "{\"epoch\":1,\"seq\":%d,\"type\":1,\"time\":\"%s\",\"index\":%d,\"measurements\":[],\"series\":[{%s0},{%s1}]}",
                i,
                Instant.ofEpochMilli(START + (i + 1) * 3_600_000L),
                5000 + i,
                shape,
                shape);
    }
}
