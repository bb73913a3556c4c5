package io.waymark.evidence.command;

import java.io.PrintStream;
import java.util.List;

/** {@code mirror}. */
public final class MirrorCommand {
    public MirrorCommand(PrintStream out) {}

    public int run(List<String> args) throws CannotTellException {
        throw new CannotTellException("not yet");
    }
}
