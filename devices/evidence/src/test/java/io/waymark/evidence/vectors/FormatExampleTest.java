package io.waymark.evidence.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The bytes printed in FORMAT.md are the bytes of the vector. */
class FormatExampleTest {
    @Test
    void theExampleIsTheVector() throws Exception {
        String format = Files.readString(Path.of("FORMAT.md"));
        String block = format.substring(format.indexOf("```example\n") + 11);
        StringBuilder hex = new StringBuilder();
        for (String line : block.substring(0, block.indexOf("```")).split("\n")) {
            hex.append(line.replaceAll(";.*", "").strip());
        }
        VectorFile vector =
                VectorFile.parse(Files.readString(Path.of("src/test/resources/vectors/good-message-reading.txt")));
        assertEquals(vector.text("wire"), hex.toString());
    }
}
