package io.waymark.trace.condition;

import java.time.Instant;
import java.util.List;

/**
 * While what is measured about {@code subject} is about the item too: its own path and its batch's until it is sold, a logistic unit's while
 * the item is packed in it.
 *
 * @param subject Digital Link path, such as {@code /00/…}
 */
public record Window(String subject, Instant from, Instant to) {
    /** Before everything recorded. */
    public static final Instant ALWAYS = Instant.EPOCH;

    /** After everything recorded: year 9999, which every time column holds. */
    public static final Instant OPEN = Instant.ofEpochSecond(253_370_764_800L);

    /** Column of a list of windows, as SQL arrays take them. */
    public static String[] subjects(List<Window> windows) {
        return windows.stream().map(Window::subject).toArray(String[]::new);
    }

    /** Beginnings, epoch seconds. */
    public static Long[] starts(List<Window> windows) {
        return windows.stream().map(w -> w.from().getEpochSecond()).toArray(Long[]::new);
    }

    /** Ends, epoch seconds, rounded up. */
    public static Long[] ends(List<Window> windows) {
        return windows.stream().map(w -> w.to().getEpochSecond() + 1).toArray(Long[]::new);
    }
}
