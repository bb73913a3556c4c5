package io.waymark.web.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One page of an upstream list. Reads a bare array, or an object whose first array member holds the rows
 * (with {@code total} when it is known): the lists of trace-service are paged by {@code page} (from 0) and {@code size}.
 *
 * @param total −1 when the upstream does not say
 */
public record Page(List<JsonNode> rows, int number, int size, long total) {
    public static Page of(JsonNode json, int number, int size) {
        return new Page(rows(json), number, size, json.path("total").asLong(-1));
    }

    static List<JsonNode> rows(JsonNode json) {
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

    public boolean hasNext() {
        return total >= 0 ? (long) (number + 1) * size < total : rows.size() >= size;
    }
}
