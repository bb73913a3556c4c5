package io.waymark.evidence;

import java.io.PrintStream;
import java.util.List;

/** The command line without the end of the process. */
public final class MainForTests {
    private MainForTests() {}

    public static int run(List<String> args, PrintStream out, PrintStream err) {
        return Main.run(args, out, err);
    }
}
