package io.waymark.trace.batch;

import io.waymark.trace.product.Gtin;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A canonical GS1 Digital Link URI of something we follow: an item, a batch or a logistic unit.
 * Values hold what a URI path may hold unescaped, or upper-case percent escapes; whoever prints or asks escapes the same way, so equal things
 * have equal text.
 *
 * @param uri    {@code https://id.gs1.org/…}
 * @param path   the same without the host, {@code /01/…}
 * @param lot    of a batch; of an item when the text named one (an item is canonical without it)
 */
public record ObjectUri(Kind kind, String uri, String path, String gtin, String lot, String serial, String sscc) {
    /** Everything canonical begins with this. */
    public static final String HOST = "https://id.gs1.org";

    private static final String VALUE = "((?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-F]{2}){1,60})";
    private static final Pattern PRODUCT =
            Pattern.compile("/01/([0-9]{14})(?:/10/" + VALUE + ")?(?:/21/" + VALUE + ")?");
    private static final Pattern UNIT = Pattern.compile("/00/([0-9]{18})");
    private static final int LONGEST = 300;

    /** What the URI names. */
    public enum Kind {
        ITEM,
        BATCH,
        TRADE_ITEM,
        LOGISTIC_UNIT
    }

    /**
     * Reads a canonical URI, or its path; an item's lot is allowed and dropped.
     *
     * @return empty for anything else; never throws
     */
    public static Optional<ObjectUri> parse(String text) {
        if (text == null || text.length() > LONGEST) {
            return Optional.empty();
        }
        String path = text.startsWith(HOST) ? text.substring(HOST.length()) : text;
        Matcher unit = UNIT.matcher(path);
        if (unit.matches()) {
            String sscc = unit.group(1);
            boolean right = Gtin.checkDigit(sscc.substring(0, 17)) == sscc.charAt(17) - '0';
            return right
                    ? Optional.of(new ObjectUri(Kind.LOGISTIC_UNIT, HOST + path, path, null, null, null, sscc))
                    : Optional.empty();
        }
        Matcher product = PRODUCT.matcher(path);
        if (!product.matches()) {
            return Optional.empty();
        }
        String gtin = product.group(1);
        if (Gtin.checkDigit(gtin.substring(0, 13)) != gtin.charAt(13) - '0') {
            return Optional.empty();
        }
        String lot = product.group(2);
        String serial = product.group(3);
        if (serial != null) {
            String canonical = "/01/" + gtin + "/21/" + serial;
            return Optional.of(new ObjectUri(Kind.ITEM, HOST + canonical, canonical, gtin, lot, serial, null));
        }
        return Optional.of(
                new ObjectUri(lot == null ? Kind.TRADE_ITEM : Kind.BATCH, HOST + path, path, gtin, lot, null, null));
    }

    /** The item's URI. */
    public static String item(String gtin, String serial) {
        return HOST + "/01/" + gtin + "/21/" + serial;
    }

    /** The batch's Digital Link path, as readings are associated with it. */
    public static String batchPath(String gtin, String lot) {
        return "/01/" + gtin + "/10/" + lot;
    }
}
