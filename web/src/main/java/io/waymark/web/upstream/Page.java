package io.waymark.web.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One page of an upstream list: the lists of trace-service are paged by {@code page} (from 0) and {@code size}.
 *
 * @param more whether a row follows this page
 */
public record Page(List<JsonNode> rows, int number, boolean more) {
    /** The rows of a bare array, or of an object's first array member. */
    public static List<JsonNode> rows(JsonNode json) {
        JsonNode array = json;
        if (json.isObject()) {
            for (JsonNode member : json) {
                if (member.isArray()) {
                    array = member;
                    break;
                }
            }
        }
        List<JsonNode> rows = new ArrayList<>();
        if (array.isArray()) {
            array.forEach(rows::add);
        }
        return rows;
    }
}
