package io.waymark.simulator.logger.table;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.sdk.Quantity;
import io.waymark.simulator.logger.NotALoggerFile;
import io.waymark.simulator.logger.Quantities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a table mean. The same mapping is always the same JSON, byte for byte; it is for every table with this header.
 *
 * @param header names of the columns, in order
 * @param time column of the time, or two: of the date and of the time of day
 * @param format how they write it
 * @param zone of times that do not state one; null when all do
 * @param decimal '.' or ','
 * @param values at least one
 * @param logger column with the logger's number, the same in every row; null = none
 */
public record Mapping(
        List<String> header,
        List<Integer> time,
        TimeFormat format,
        @Nullable ZoneId zone,
        char decimal,
        List<Value> values,
        @Nullable Integer logger) {
    /** Most bytes of a mapping's JSON. */
    public static final int LARGEST = 256 * 1024;

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(8)
                            .maxStringLength(LARGEST)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * One column that is read.
     *
     * @param column from 0
     * @param unit one of {@link Quantities#units}
     * @param sensor which sensor of this quantity, 0 the first
     */
    public record Value(int column, Quantity quantity, String unit, int sensor) {
        String json() {
            return quantity.name().toLowerCase(Locale.ROOT);
        }
    }

    public Mapping {
        header = List.copyOf(header);
        time = List.copyOf(time);
        values = List.copyOf(values);
    }

    /** UTF-8, ends with a line feed. */
    public byte[] json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("waymark-table-mapping", 1);
        ArrayNode names = root.putArray("header");
        header.forEach(names::add);
        ObjectNode when = root.putObject("time");
        ArrayNode columns = when.putArray("columns");
        time.forEach(columns::add);
        when.put("format", format.text());
        when.put("zone", zone == null ? null : zone.getId());
        root.put("decimal", String.valueOf(decimal));
        ArrayNode read = root.putArray("values");
        for (Value value : values) {
            read.addObject()
                    .put("column", value.column())
                    .put("quantity", value.json())
                    .put("unit", value.unit())
                    .put("sensor", value.sensor());
        }
        root.put("logger", logger);
        try {
            return (JSON.writeValueAsString(root).replace("\r\n", "\n") + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree is always JSON", e);
        }
    }

    /** @throws NotALoggerFile saying what is not as it must be */
    public static Mapping ofJson(byte[] json) throws NotALoggerFile {
        try {
            if (json.length > LARGEST) throw new IllegalArgumentException("it has more than " + LARGEST + " bytes");
            JsonNode root = JSON.readTree(json);
            keys(root, "", "waymark-table-mapping", "header", "time", "decimal", "values", "logger");
            if (!root.path("waymark-table-mapping").isInt()
                    || root.path("waymark-table-mapping").asInt() != 1)
                throw new IllegalArgumentException("\"waymark-table-mapping\" is not 1");
            List<String> header = new ArrayList<>();
            for (JsonNode name : array(root, "header")) {
                if (!name.isTextual()) throw new IllegalArgumentException("\"header\" has something else than texts");
                header.add(name.asText());
            }
            JsonNode when = root.path("time");
            keys(when, "time.", "columns", "format", "zone");
            List<Integer> time = new ArrayList<>();
            for (JsonNode column : array(when, "columns")) time.add(column(column, header));
            if (time.size() > 2) throw new IllegalArgumentException("\"time.columns\" has more than two");
            ZoneId zone = when.path("zone").isNull() || when.path("zone").isMissingNode()
                    ? null
                    : ZoneId.of(when.path("zone").asText());
            String decimal = root.path("decimal").asText(".");
            if (!decimal.equals(".") && !decimal.equals(","))
                throw new IllegalArgumentException("\"decimal\" is neither \".\" nor \",\"");
            List<Value> values = new ArrayList<>();
            Set<String> sensors = new HashSet<>();
            for (JsonNode one : array(root, "values")) {
                keys(one, "values.", "column", "quantity", "unit", "sensor");
                Value value = value(
                        column(one.path("column"), header),
                        one.path("quantity").asText(),
                        one.path("unit").asText(),
                        one.path("sensor").asInt(0));
                if (value.sensor() < 0 || value.sensor() > 1000 || !sensors.add(value.json() + " " + value.sensor()))
                    throw new IllegalArgumentException(
                            "two columns are sensor " + value.sensor() + " of " + value.json());
                values.add(value);
            }
            JsonNode logger = root.path("logger");
            return new Mapping(
                    header,
                    time,
                    TimeFormat.ofText(when.path("format").asText()),
                    zone,
                    decimal.charAt(0),
                    values,
                    logger.isNull() || logger.isMissingNode() ? null : column(logger, header));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new NotALoggerFile("the mapping cannot be used: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new NotALoggerFile("the mapping is not JSON: " + firstLine(e), e);
        }
    }

    /** @throws IllegalArgumentException for a quantity or unit that does not exist */
    static Value value(int column, String quantity, @Nullable String unit, int sensor) {
        Quantity known = Quantities.named(quantity);
        if (known == null)
            throw new IllegalArgumentException("no quantity \"" + quantity + "\" can be read from a table");
        List<String> units = Quantities.units(known);
        if (unit == null && units.size() == 1) return new Value(column, known, units.get(0), sensor);
        if (unit == null || !units.contains(unit))
            throw new IllegalArgumentException(quantity + " needs a unit of " + String.join(", ", units));
        return new Value(column, known, unit, sensor);
    }

    private static void keys(JsonNode node, String where, String... allowed) {
        if (!node.isObject()) throw new IllegalArgumentException("\"" + where + "\" is not an object");
        node.fieldNames().forEachRemaining(name -> {
            if (!List.of(allowed).contains(name))
                throw new IllegalArgumentException("\"" + where + name + "\" is not known");
        });
    }

    private static JsonNode array(JsonNode of, String name) {
        JsonNode array = of.path(name);
        if (!array.isArray() || array.isEmpty())
            throw new IllegalArgumentException("\"" + name + "\" is not a list with something in it");
        return array;
    }

    private static int column(JsonNode node, List<String> header) {
        if (!node.isInt() || node.asInt() < 0 || node.asInt() >= header.size())
            throw new IllegalArgumentException("column " + node + " is not one of 0 to " + (header.size() - 1));
        return node.asInt();
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
