package io.waymark.evidence.vectors;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One test vector: {@code name: value} lines, FORMAT.md §11. */
public final class VectorFile {
    private record Line(String name, String value) {}

    private final List<Line> lines = new ArrayList<>();

    static VectorFile of(String kind) {
        return new VectorFile().text("kind", kind);
    }

    public static VectorFile parse(String content) {
        VectorFile file = new VectorFile();
        for (String line : content.split("\n")) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(": ");
            if (colon < 0 && line.endsWith(":")) {
                file.lines.add(new Line(line.substring(0, line.length() - 1), ""));
            } else {
                file.lines.add(new Line(line.substring(0, colon), line.substring(colon + 2)));
            }
        }
        return file;
    }

    VectorFile text(String name, String value) {
        lines.add(new Line(name, value));
        return this;
    }

    VectorFile number(String name, long value) {
        return text(name, Long.toString(value));
    }

    VectorFile hex(String name, byte[] value) {
        return text(name, HexFormat.of().formatHex(value));
    }

    VectorFile hexes(String name, List<byte[]> values) {
        values.forEach(value -> hex(name, value));
        return this;
    }

    public boolean has(String name) {
        return lines.stream().anyMatch(line -> line.name().equals(name));
    }

    public String text(String name) {
        return lines.stream()
                .filter(line -> line.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no \"" + name + "\" in the vector"))
                .value();
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    public byte[] hex(String name) {
        return HexFormat.of().parseHex(text(name));
    }

    public List<byte[]> hexes(String name) {
        return texts(name).stream().map(HexFormat.of()::parseHex).toList();
    }

    public List<String> texts(String name) {
        return lines.stream()
                .filter(line -> line.name().equals(name))
                .map(Line::value)
                .toList();
    }

    String content() {
        StringBuilder content = new StringBuilder();
        for (Line line : lines) {
            content.append(line.name())
                    .append(line.value().isEmpty() ? ":" : ": ")
                    .append(line.value())
                    .append('\n');
        }
        return content.toString();
    }
}
