package io.waymark.evidence.audit;

import java.io.IOException;
import java.util.Optional;

/** The public files of a log by their C2SP names: {@code checkpoint}, {@code tile/0/x001/234}, {@code tile/entries/000.p/7}. */
public interface LogFiles {
    /** Empty when there is no such file; anything else that goes wrong is an exception. */
    Optional<byte[]> get(String path) throws IOException;

    /** This file will be asked for before long, perhaps: time to send for it. */
    default void soon(String path) {}
}
