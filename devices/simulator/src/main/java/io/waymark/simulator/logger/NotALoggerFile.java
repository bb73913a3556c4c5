package io.waymark.simulator.logger;

import java.io.IOException;

/** The file is refused; nothing of it was sent. The message is for the person who gave the file: what is wrong, where, and what helps. */
public class NotALoggerFile extends IOException {
    public NotALoggerFile(String message) {
        super(message);
    }

    public NotALoggerFile(String message, Throwable cause) {
        super(message, cause);
    }
}
