package io.waymark.ingest.reading;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code v1/{tenant}/{site}/{device}/…}: who a message claims to come from.
 *
 * @param device 32 lower-case hex digits
 * @param rest what follows the device: {@code r}, {@code s}, {@code i/…}
 */
public record Topic(String tenant, String site, String device, String rest) {
    private static final Pattern FORM =
            Pattern.compile("v1/([a-z0-9-]{1,32})/([a-z0-9-]{1,32})/([0-9a-f]{32})/([a-z0-9/]{1,80})");

    public static Optional<Topic> parse(String topic) {
        Matcher m = FORM.matcher(topic);
        return m.matches() ? Optional.of(new Topic(m.group(1), m.group(2), m.group(3), m.group(4))) : Optional.empty();
    }

    /** {@code v1/{tenant}/{site}/{device}} */
    public String prefix() {
        return "v1/" + tenant + "/" + site + "/" + device;
    }
}
