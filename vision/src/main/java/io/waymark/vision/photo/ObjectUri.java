package io.waymark.vision.photo;

import io.waymark.vision.problem.VisionProblem;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a photograph is of: the canonical GS1 Digital Link URI of an item (01 + 21), a batch (01 + 10) or a logistic unit (00).
 * An item's lot is dropped, because it does not identify. Source: GS1 Digital Link Standard: URI Syntax, §4; characters as in
 * set 82, percent-encoded where a path needs it.
 */
public record ObjectUri(String value) {
    private static final String HOST = "https://id.gs1.org";
    private static final String PART = "(?:[A-Za-z0-9!'()*+,\\-.:_]|%[0-9A-F]{2}){1,60}";
    private static final Pattern GOODS = Pattern.compile("/01/(\\d{14})(?:/10/(" + PART + "))?(?:/21/(" + PART + "))?");
    private static final Pattern UNIT = Pattern.compile("/00/\\d{18}");

    public ObjectUri {
        if (!value.startsWith(HOST)
                || !canonical(value.substring(HOST.length())).equals(Optional.of(value.substring(HOST.length())))) {
            throw new IllegalArgumentException("\"" + value + "\" is not a canonical object URI");
        }
    }

    /** @throws VisionProblem 400 unless the text is the URI of an item, a batch or a logistic unit */
    public static ObjectUri of(String text) {
        if (text == null || text.length() > 300 || !text.startsWith(HOST)) {
            throw VisionProblem.malformed("uri must begin with " + HOST + "/01/ or /00/");
        }
        return ofPath(text.substring(HOST.length()))
                .orElseThrow(() -> VisionProblem.malformed("uri is not that of an item, a batch or a logistic unit"));
    }

    /** From a Digital Link path such as "/01/09506000134352/21/ABC"; empty if it is none. */
    public static Optional<ObjectUri> ofPath(String path) {
        return path.length() > 300 ? Optional.empty() : canonical(path).map(p -> new ObjectUri(HOST + p));
    }

    private static Optional<String> canonical(String path) {
        if (UNIT.matcher(path).matches()) {
            return Optional.of(path);
        }
        Matcher goods = GOODS.matcher(path);
        if (!goods.matches() || goods.group(2) == null && goods.group(3) == null) {
            return Optional.empty(); // a trade item alone is a kind of thing, and a kind has no photograph
        }
        String item = "/01/" + goods.group(1);
        return Optional.of(goods.group(3) != null ? item + "/21/" + goods.group(3) : item + "/10/" + goods.group(2));
    }

    @Override
    public String toString() {
        return value;
    }
}
