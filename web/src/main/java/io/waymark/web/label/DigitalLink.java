package io.waymark.web.label;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A trade item's Digital Link: {@code /01/{gtin}[/22/{cpv}][/10/{lot}][/21/{serial}]}, qualifiers in this order.
 * GTIN has 14 digits and a right check digit; the qualifiers are 1–20 characters of GS1 character set 82, null when absent.
 * Source: GS1 Digital Link URI Syntax 1.4; GS1 General Specifications §7.11 (character set 82), §7.9 (check digit).
 */
public record DigitalLink(String gtin, String variant, String lot, String serial) {
    private static final Pattern CHARSET_82 = Pattern.compile("[!\"%&'()*+,\\-./0-9:;<=>?A-Z_a-z]{1,20}");
    private static final Pattern BRACKETED = Pattern.compile("\\((01|22|10|21)\\)([^(]*)");
    private static final int MAX_LENGTH = 400;

    public DigitalLink {
        if (gtin == null || !gtin.matches("[0-9]{14}") || !checkDigitHolds(gtin)) {
            throw new IllegalArgumentException("\"" + gtin + "\" is not a 14-digit GTIN with a right check digit");
        }
        for (String qualifier : new String[] {variant, lot, serial}) {
            if (qualifier != null && !CHARSET_82.matcher(qualifier).matches()) {
                throw new IllegalArgumentException(
                        "\"" + qualifier + "\" is not 1–20 characters of GS1 character set 82");
            }
        }
    }

    /** Parses a path as it came over the wire, still percent-encoded; one trailing slash is allowed. */
    public static DigitalLink ofPath(String rawPath) throws MalformedLink {
        if (rawPath.length() > MAX_LENGTH) {
            throw new MalformedLink("The address is too long for a product code.");
        }
        String path = rawPath.endsWith("/") ? rawPath.substring(0, rawPath.length() - 1) : rawPath;
        String[] raw = path.split("/", -1);
        if (raw.length < 3 || !raw[0].isEmpty() || raw.length % 2 == 0) {
            throw new MalformedLink("The address ends in the middle of a product code.");
        }
        List<String> parts = new ArrayList<>();
        for (int i = 1; i < raw.length; i++) {
            parts.add(decoded(raw[i]));
        }
        String gtin = null;
        String variant = null;
        String lot = null;
        String serial = null;
        int rank = 0;
        for (int i = 0; i < parts.size(); i += 2) {
            String value = parts.get(i + 1);
            int next = "01,22,10,21".indexOf(parts.get(i)) / 3 + 1;
            if (!parts.get(i).matches("01|22|10|21") || next <= rank || (rank == 0 && next != 1)) {
                throw new MalformedLink("The parts of the code are not in the order of a product label.");
            }
            rank = next;
            switch (next) {
                case 1:
                    gtin = padded(value);
                    break;
                case 2:
                    variant = value;
                    break;
                case 3:
                    lot = value;
                    break;
                default:
                    serial = value;
            }
        }
        return checked(gtin, variant, lot, serial);
    }

    /**
     * What a person may type from a label: a full address, its path, {@code (01)…(10)…(21)…}, the bare number under the bar code, or
     * number, lot and serial with spaces between them. A single word after the number is the serial, unless "lot" stands before it.
     */
    public static DigitalLink ofTyped(String typed) throws MalformedLink {
        String text = typed.strip();
        if (text.isEmpty()) {
            throw new MalformedLink("Type the code or the web address printed on the label.");
        }
        if (text.length() > MAX_LENGTH) {
            throw new MalformedLink("That is too long for a product code.");
        }
        if (text.matches("[0-9 ]+\\((22|10|21)\\).*")) {
            text = "(01)" + text;
        }
        if (text.startsWith("(01)")) {
            String[] values = new String[4];
            Matcher element = BRACKETED.matcher(text);
            int end = 0;
            while (element.lookingAt()) {
                values["01,22,10,21".indexOf(element.group(1)) / 3] =
                        element.group(2).strip();
                end = element.end();
                element.region(end, text.length());
            }
            if (end != text.length()) {
                throw new MalformedLink("Only the parts (01), (22), (10) and (21) can be looked up here.");
            }
            return checked(
                    values[0] == null ? null : padded(values[0].replace(" ", "")), values[1], values[2], values[3]);
        }
        String[] words = text.split("\\s+");
        // Digits may be typed in the groups of the bar code; only when they make no number together are they number,
        // lot and serial.
        boolean oneNumber = text.matches("[0-9\\s]+") && (words.length == 1 || isGtin(String.join("", words)));
        if (oneNumber || (words.length > 1 && text.matches("[0-9\\s]+") && !isGtin(words[0]))) {
            return checked(padded(String.join("", words)), null, null, null);
        }
        if (words.length > 1 && words[0].matches("[0-9]{8,14}")) {
            return ofWords(words);
        }
        int start = text.indexOf("/01/");
        if (start < 0) {
            throw new MalformedLink(
                    "That is not a code of the kind printed on labels. It starts with a number of 8 to 14 digits, or is a web address with /01/ in it.");
        }
        return ofPath(text.substring(start).replaceAll("[?#].*", ""));
    }

    private static DigitalLink ofWords(String[] words) throws MalformedLink {
        boolean named = words[1].equalsIgnoreCase("lot") && words.length > 2;
        int rest = words.length - (named ? 2 : 1);
        if (rest > 2) {
            throw new MalformedLink("Type the product number, then the lot if there is one, then the serial.");
        }
        String lot = named ? words[2] : rest == 2 ? words[1] : null;
        String serial = named && rest == 1 ? null : words[words.length - 1];
        return checked(padded(words[0]), null, lot, serial);
    }

    private static boolean isGtin(String digits) {
        String gtin = padded(digits);
        return gtin.matches("[0-9]{14}") && checkDigitHolds(gtin);
    }

    /** The canonical URI of the thing itself: an item is GTIN + serial (the lot is not part of its name), else a lot, else the product. */
    public String canonicalUri() {
        String uri = "https://id.gs1.org/01/" + gtin;
        if (serial != null) {
            return uri + "/21/" + encoded(serial);
        }
        return lot != null ? uri + "/10/" + encoded(lot) : uri;
    }

    /** The path as printed, encoded, starting with {@code /01/}. */
    public String path() {
        return "/01/" + gtin
                + (variant == null ? "" : "/22/" + encoded(variant))
                + (lot == null ? "" : "/10/" + encoded(lot))
                + (serial == null ? "" : "/21/" + encoded(serial));
    }

    private static DigitalLink checked(String gtin, String variant, String lot, String serial) throws MalformedLink {
        if (gtin == null || !gtin.matches("[0-9]{14}")) {
            throw new MalformedLink("A product number has 8, 12, 13 or 14 digits.");
        }
        if (!checkDigitHolds(gtin)) {
            throw new MalformedLink("The last digit does not fit the product number: one digit is probably wrong.");
        }
        try {
            return new DigitalLink(gtin, variant, lot, serial);
        } catch (IllegalArgumentException e) {
            throw new MalformedLink("A lot or serial has 1 to 20 letters, digits or signs.");
        }
    }

    private static String padded(String digits) {
        boolean short_ = digits.matches("[0-9]{8}|[0-9]{12}|[0-9]{13}");
        return short_ ? "0".repeat(14 - digits.length()) + digits : digits;
    }

    private static boolean checkDigitHolds(String gtin) {
        int sum = 0;
        for (int i = 0; i < 14; i++) {
            sum += (gtin.charAt(i) - '0') * (i % 2 == 0 ? 3 : 1);
        }
        return sum % 10 == 0;
    }

    private static String decoded(String segment) throws MalformedLink {
        byte[] bytes = new byte[segment.length()];
        int n = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '%') {
                boolean whole = i + 2 < segment.length();
                int high = whole ? Character.digit(segment.charAt(i + 1), 16) : -1;
                int low = whole ? Character.digit(segment.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new MalformedLink("The address is damaged: a % sign is not followed by two digits.");
                }
                bytes[n++] = (byte) (high << 4 | low);
                i += 2;
            } else if (c < 0x80) {
                bytes[n++] = (byte) c;
            } else {
                throw new MalformedLink("The address contains a letter that no label uses.");
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, n))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedLink("The address contains a letter that no label uses.");
        }
    }

    private static String encoded(String value) {
        StringBuilder out = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~');
            if (plain) {
                out.append(c);
            } else {
                out.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return out.toString();
    }
}
