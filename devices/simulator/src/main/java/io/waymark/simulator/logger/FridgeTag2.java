package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import io.waymark.sdk.Quantity;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Berlinger Fridge-tag 2 report, text, whose signature was verified: no instance exists of a report with a changed byte.
 *
 * <p>The logger keeps per day the lowest and the highest value with their times, the mean, and minutes in alarm. Lowest and highest are values at
 * a moment and become readings. The mean and the minutes are not: they stay in the report and in {@link #notes}.
 */
public final class FridgeTag2 implements LoggerFile {
    /** More than ten times what a report with 60 days has. */
    static final int LARGEST = 256 * 1024;

    private static final int MOST_LINES = 20_000;
    private static final String SIGNATURE_LINE = "\nSig: ";
    private static final Pattern LINE = Pattern.compile("( *)([A-Za-z0-9][A-Za-z0-9 ]*):(?: (.*))?");
    private static final Pattern HEX_128 = Pattern.compile("[0-9a-f]{128}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,32}");
    private static final Pattern CELSIUS = Pattern.compile("[+-]?[0-9]{1,3}\\.[0-9]");
    private static final Pattern MINUTES = Pattern.compile("[0-9]{1,6}");
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");
    private static final BigDecimal ROUNDING = new BigDecimal("0.1");

    /** One line and the lines indented below it. */
    private record Node(long line, String value, Map<String, Node> children) {}

    private final String serial;
    private final String lot;
    private final byte[] key;
    private final ZoneId zone;
    private final boolean zoneGiven;
    private final int signedBytes;
    private final LocalDateTime created;
    private final List<Row> rows = new ArrayList<>();
    private final List<RejectedRow> rejected = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private String firstDay = "";
    private String lastDay = "";

    private record RejectedRow(long line, String reason) {}

    /** Whether a file may be such a report, to tell formats apart. */
    static boolean looksLike(byte[] start) {
        return new String(start, StandardCharsets.ISO_8859_1).startsWith("Device: Q-tag Fridge-tag");
    }

    /**
     * Reads and verifies a report.
     *
     * @param bytes as the logger wrote them, line ends too
     * @param given the zone of the logger's clock; null = as the report says, when it says UTC
     * @throws NotALoggerFile saying what is wrong; also when one byte was changed
     */
    public static FridgeTag2 read(byte[] bytes, @Nullable ZoneId given) throws NotALoggerFile {
        return new FridgeTag2(bytes, given);
    }

    private FridgeTag2(byte[] bytes, @Nullable ZoneId given) throws NotALoggerFile {
        if (bytes.length > LARGEST)
            throw new NotALoggerFile("a Fridge-tag 2 report of " + bytes.length + " bytes; at most " + LARGEST);
        requireText(bytes);
        String text = new String(bytes, StandardCharsets.US_ASCII);
        int at = text.indexOf(SIGNATURE_LINE);
        if (at < 0) throw new NotALoggerFile("the report has no line \"Sig: \": it was cut off or never signed");
        if (text.indexOf(SIGNATURE_LINE, at + 1) >= 0)
            throw new NotALoggerFile("the report has two lines \"Sig: \"; one is what a logger writes");
        signedBytes = at + 1;
        String last = text.substring(at + SIGNATURE_LINE.length());
        if (!last.endsWith("\r\n") || last.indexOf('\n') != last.length() - 1)
            throw new NotALoggerFile("the report does not end with its signature line: it was cut off or added to");
        byte[] signature = hex("Sig", last.substring(0, last.length() - 2));

        Node report = parse(text.substring(0, signedBytes));
        String device = value(report, "Device");
        if (!device.equals("Q-tag Fridge-tag 2"))
            throw new NotALoggerFile("a report of \"" + Names.shown(device) + "\"; only Q-tag Fridge-tag 2 is read");
        Node certificate = child(report, "Cert");
        hex("Sig Cert", value(report, "Sig Cert"));
        key = hex("Public Key", value(certificate, "Public Key"));
        ReportSignature verifier;
        try {
            verifier = new ReportSignature(key);
        } catch (IllegalArgumentException e) {
            throw new NotALoggerFile("the report's Public Key is none: " + e.getMessage(), e);
        }
        try {
            if (!verifier.verifies(Arrays.copyOf(bytes, signedBytes), signature))
                throw new NotALoggerFile(
                        "the signature does not fit the report: at least one byte is not as the logger wrote it");
        } catch (IllegalArgumentException e) {
            throw new NotALoggerFile("the report's Sig is no signature: " + e.getMessage(), e);
        }

        Node settings = child(report, "Conf");
        serial = name(settings, "Serial");
        lot = name(settings, "Lot");
        if (!name(certificate, "Lot").equals(lot))
            throw new NotALoggerFile("the certificate is for lot " + Names.shown(value(certificate, "Lot"))
                    + ", the logger of lot " + lot);
        String stated = value(settings, "Zone");
        boolean utc = stated.matches("[+-]?0\\.00");
        if (given == null && !utc)
            throw new NotALoggerFile(
                    "the report says \"Zone: " + Names.shown(stated)
                            + "\", whose sign and decimals its maker does not explain: give the zone of its clock (--zone +02:00)");
        zoneGiven = given != null;
        zone = given == null ? ZoneOffset.UTC : given;
        String unit = value(settings, "Temp unit");
        if (!unit.equals("C") && !unit.equals("F"))
            throw new NotALoggerFile("the report's \"Temp unit: " + Names.shown(unit) + "\" is neither C nor F");
        Node history = child(report, "Hist");
        created = moment(history, "TS Report Creation");
        if (moment(certificate, "Valid from").isAfter(created))
            throw new NotALoggerFile("the report was made before its certificate was valid");
        days(history, unit);
        limits(child(settings, "Alarm"), unit);
    }

    /** The logger's serial number. */
    public String serial() {
        return serial;
    }

    /** The production lot whose key signs. */
    public String lot() {
        return lot;
    }

    /** x ‖ y as in the file, 64 bytes. */
    public byte[] publicKey() {
        return key.clone();
    }

    @Override
    public String format() {
        return "fridge-tag-2";
    }

    @Override
    public String logger() {
        return Names.folder("fridge-tag-2", serial);
    }

    @Override
    public String title() {
        return "Fridge-tag 2 " + serial;
    }

    @Override
    public List<String> proved() {
        return List.of("The " + signedBytes
                + " bytes before the last line were signed with the private key that belongs to the"
                + " report's Public Key (lot " + lot + "): not one of them was changed since.");
    }

    @Override
    public List<String> notProved() {
        return List.of(
                "That this key is Berlinger's: the certificate is signed by a key of the maker that is not in the report. The key is remembered,"
                        + " and later reports of this lot and logger have to have the same.",
                "That the sensor was right, and that the logger's clock was: a person sets it"
                        + (zoneGiven ? "; its zone was given at import." : "; the report's zone 0.00 was read as UTC."),
                "What happened before " + firstDay + ", after " + created.format(MOMENT)
                        + ", or between a day's lowest and highest value: the report has two values a day.",
                "Where the logger was, what it lay beside and who had it.");
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public String column(Measurement measurement) {
        return "lowest and highest of a day";
    }

    @Override
    public String zone() {
        return zone.getId();
    }

    @Override
    public void rows(Rows to) throws IOException {
        for (Row row : rows) to.row(row);
        for (RejectedRow one : rejected) to.rejected(one.line(), one.reason());
    }

    private static void requireText(byte[] bytes) throws NotALoggerFile {
        int line = 1;
        for (int i = 0; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b == '\n' && (i == 0 || bytes[i - 1] != '\r'))
                throw new NotALoggerFile(
                        "line " + line + " ends with LF alone: a Fridge-tag 2 report ends its lines with CR LF,"
                                + " and its signature covers them. Take the file from the logger itself");
            if (b == '\r' && (i + 1 == bytes.length || bytes[i + 1] != '\n'))
                throw new NotALoggerFile("line " + line + " has a CR without LF");
            if (b == '\n') line++;
            if ((b < ' ' || b > '~') && b != '\n' && b != '\r')
                throw new NotALoggerFile("line " + line + " has a byte 0x"
                        + HexFormat.of().toHexDigits(b) + " that no Fridge-tag 2 report has");
        }
        if (line > MOST_LINES) throw new NotALoggerFile("a report of " + line + " lines; at most " + MOST_LINES);
    }

    /** The tree of the indentation: one blank deeper is below. No name twice in one place. */
    private static Node parse(String text) throws NotALoggerFile {
        List<Node> path = new ArrayList<>();
        path.add(new Node(0, "", new LinkedHashMap<>()));
        long number = 0;
        for (String line : text.split("\r\n")) {
            number++;
            Matcher parts = LINE.matcher(line);
            if (!parts.matches())
                throw new NotALoggerFile("line " + number + ": \"" + Names.shown(line) + "\" is not \"name: value\"");
            int depth = parts.group(1).length();
            if (depth >= path.size()) throw new NotALoggerFile("line " + number + " is indented below nothing");
            path.subList(depth + 1, path.size()).clear();
            String value = parts.group(3) == null ? "" : parts.group(3);
            Node node = new Node(number, value, new LinkedHashMap<>());
            if (path.get(depth).children().put(parts.group(2), node) != null)
                throw new NotALoggerFile("line " + number + ": a second \"" + parts.group(2) + "\" in one place");
            path.add(node);
        }
        return path.get(0);
    }

    private static Node child(Node of, String name) throws NotALoggerFile {
        Node child = of.children().get(name);
        if (child == null) throw new NotALoggerFile("the report has no \"" + name + ":\" where one belongs");
        return child;
    }

    private static String value(Node of, String name) throws NotALoggerFile {
        return child(of, name).value();
    }

    private static String name(Node of, String name) throws NotALoggerFile {
        String value = value(of, name);
        if (!NAME.matcher(value).matches())
            throw new NotALoggerFile("\"" + name + ": " + Names.shown(value) + "\" is not a number or name");
        return value;
    }

    private static byte[] hex(String name, String text) throws NotALoggerFile {
        // Lower case only: an upper-case digit would be another byte that reads the same.
        if (!HEX_128.matcher(text).matches())
            throw new NotALoggerFile("\"" + name + "\" is not 128 lower-case hexadecimal digits");
        return HexFormat.of().parseHex(text);
    }

    private static LocalDateTime moment(Node of, String name) throws NotALoggerFile {
        try {
            return LocalDateTime.parse(value(of, name), MOMENT);
        } catch (DateTimeException e) {
            throw new NotALoggerFile("\"" + name + ": " + Names.shown(value(of, name)) + "\" is not a moment", e);
        }
    }

    private void days(Node history, String unit) throws NotALoggerFile {
        LocalDate later = null;
        int high = 0;
        int low = 0;
        int count = 0;
        for (int n = 1; history.children().containsKey(String.valueOf(n)); n++) {
            Node day = child(history, String.valueOf(n));
            LocalDate date;
            try {
                date = LocalDate.parse(value(day, "Date"));
            } catch (DateTimeException e) {
                throw new NotALoggerFile(
                        "line " + day.line() + ": \"" + Names.shown(value(day, "Date")) + "\" is not a day", e);
            }
            if (date.isAfter(created.toLocalDate()) || later != null && !date.isBefore(later))
                throw new NotALoggerFile(
                        "line " + day.line() + ": the days do not go back in time, one after the other");
            if (later == null) lastDay = date.toString();
            firstDay = date.toString();
            later = date;
            count++;
            values(day, date, unit);
            Node alarm = child(day, "Alarm");
            if (accumulated(alarm, "0")) low++;
            if (accumulated(alarm, "1")) high++;
        }
        if (count == 0) throw new NotALoggerFile("the report has no day");
        if (history.children().keySet().stream()
                        .filter(k -> k.matches("[0-9]+"))
                        .count()
                != count) throw new NotALoggerFile("the report's days are not numbered 1, 2, 3 …");
        rows.sort(Comparator.comparingLong(Row::timeMillis));
        notes.add(count + " days, " + firstDay + " to " + lastDay + ": above the upper limit on " + high
                + ", below the lower on " + low + ". Means and minutes stay in the kept report.");
    }

    private static boolean accumulated(Node alarm, String which) throws NotALoggerFile {
        Node one = alarm.children().get(which);
        if (one == null) return false;
        // "t Acc: 974, TS A: 00:00, C A: 0": the first is minutes beyond the limit.
        String minutes = value(one, "t Acc").split(",", 2)[0];
        if (!MINUTES.matcher(minutes).matches())
            throw new NotALoggerFile("line " + one.line() + ": \"t Acc\" is not minutes");
        return Integer.parseInt(minutes) > 0;
    }

    private void values(Node day, LocalDate date, String unit) throws NotALoggerFile {
        BigDecimal least = extreme(day, date, "Min T", unit);
        BigDecimal most = extreme(day, date, "Max T", unit);
        String mean = value(day, "Avrg T");
        if (least == null || most == null || !CELSIUS.matcher(mean).matches()) return;
        BigDecimal middle = new BigDecimal(mean);
        if (least.compareTo(middle.add(ROUNDING)) > 0 || middle.compareTo(most.add(ROUNDING)) > 0)
            throw new NotALoggerFile(
                    "line " + day.line() + ": the day's mean is not between its lowest and highest value");
    }

    /** "Min T: +21.8, TS Min T: 09:49". @return null when the day has no such value, which is kept as a rejected row */
    private @Nullable BigDecimal extreme(Node day, LocalDate date, String name, String unit) throws NotALoggerFile {
        Node node = child(day, name);
        String[] parts = node.value().split(", TS " + name + ": ", -1);
        if (parts.length != 2 || !CELSIUS.matcher(parts[0]).matches()) {
            rejected.add(new RejectedRow(
                    node.line(), "\"" + name + ": " + Names.shown(node.value()) + "\" has no value and time"));
            return null;
        }
        LocalDateTime local;
        try {
            local = date.atTime(LocalTime.parse(parts[1]));
        } catch (DateTimeException e) {
            rejected.add(new RejectedRow(node.line(), "\"" + Names.shown(parts[1]) + "\" is not a time of day"));
            return null;
        }
        ZoneRules rules = zone.getRules();
        if (rules.getValidOffsets(local).size() != 1) {
            rejected.add(new RejectedRow(node.line(), local + " is twice or never in " + zone));
            return null;
        }
        BigDecimal value = new BigDecimal(parts[0]);
        try {
            Measurement measured = Quantities.measurement(Quantity.TEMPERATURE, unit, value, 0);
            Row row = new Row(node.line(), local.atZone(zone).toInstant().toEpochMilli(), List.of(measured));
            rows.add(row);
        } catch (IllegalArgumentException e) {
            rejected.add(new RejectedRow(node.line(), String.valueOf(e.getMessage())));
        }
        return value;
    }

    private void limits(Node alarms, String unit) {
        for (Map.Entry<String, Node> alarm : alarms.children().entrySet()) {
            for (String name : alarm.getValue().children().keySet()) {
                if (!name.equals("T AL")) continue;
                String[] parts = alarm.getValue().children().get(name).value().split(", t AL: ", -1);
                if (parts.length == 2
                        && CELSIUS.matcher(parts[0]).matches()
                        && MINUTES.matcher(parts[1]).matches())
                    notes.add("Its own alarm: " + (alarm.getKey().equals("0") ? "below " : "above ") + parts[0] + " °"
                            + unit + " for " + parts[1] + " minutes.");
            }
        }
    }
}
