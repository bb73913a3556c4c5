package io.waymark.web.console;

import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import jakarta.ws.rs.core.MultivaluedMap;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A form as it was filled in, with what is wrong beside each field. Values are stripped (passwords are not) and cut at 4,000 characters;
 * an empty field is an empty text.
 */
public final class Form {
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, String> errors = new LinkedHashMap<>();
    private String refusal = "";

    static Form empty() {
        return new Form();
    }

    static Form of(MultivaluedMap<String, String> posted) {
        Form form = new Form();
        posted.forEach((name, given) -> {
            String value = given.isEmpty() || given.get(0) == null ? "" : given.get(0);
            value = name.equals("password") ? value : value.strip();
            form.values.put(name, value.length() > 4000 ? value.substring(0, 4000) : value);
        });
        return form;
    }

    Form with(String name, String value) {
        values.put(name, value == null ? "" : value);
        return this;
    }

    public String value(String name) {
        return values.getOrDefault(name, "");
    }

    /** Empty when the field is right. */
    public String error(String name) {
        return errors.getOrDefault(name, "");
    }

    public String refusal() {
        return refusal;
    }

    boolean right() {
        return errors.isEmpty() && refusal.isEmpty();
    }

    void wrong(String name, String why) {
        errors.putIfAbsent(name, why);
    }

    /** Puts a refusal of trace-service beside the field it names first, else above the form. */
    void refused(String why) {
        for (String name : values.keySet()) {
            if (why.startsWith(name + " ")) {
                errors.put(name, why);
                return;
            }
        }
        refusal = why;
    }

    String needed(String name, int most) {
        String value = value(name);
        if (value.isEmpty()) {
            wrong(name, "Please fill this in.");
        } else if (value.length() > most) {
            wrong(name, "At most " + most + " characters.");
        }
        return value;
    }

    /** The product number in 14 digits; as typed when it is wrong. */
    String gtin() {
        String typed = needed("gtin", 20);
        if (typed.isEmpty()) {
            return typed;
        }
        try {
            return DigitalLink.ofTyped(typed.matches("[0-9 ]+") ? typed : "x").gtin();
        } catch (MalformedLink e) {
            wrong("gtin", typed.matches("[0-9 ]+") ? e.getMessage() : "Digits only, as under the bar code.");
            return typed;
        }
    }

    /** The value, null when empty. */
    String optional(String name, int most) {
        String value = value(name);
        if (value.length() > most) {
            wrong(name, "At most " + most + " characters.");
        }
        return value.isEmpty() ? null : value;
    }

    Long whole(String name, long least, long most) {
        String value = value(name).replace(",", "").replace(" ", "");
        if (value.isEmpty()) {
            return null;
        }
        if (!value.matches("-?[0-9]{1,12}") || Long.parseLong(value) < least || Long.parseLong(value) > most) {
            wrong(name, "A whole number from " + least + " to " + most + ".");
            return null;
        }
        return Long.valueOf(value);
    }

    /** A temperature in °C with up to two decimals, as hundredths. */
    Integer centiCelsius(String name) {
        String value = value(name).replace(',', '.').replace('\u2212', '-');
        if (value.isEmpty()) {
            return null;
        }
        if (!value.matches("-?[0-9]{1,3}(\\.[0-9]{1,2})?")) {
            wrong(name, "A temperature in °C, such as 4 or -18.5.");
            return null;
        }
        return new BigDecimal(value).movePointRight(2).intValueExact();
    }

    /** {@code 2026-11-20}, or null. */
    String date(String name) {
        String value = value(name);
        if (value.isEmpty()) {
            return null;
        }
        try {
            return java.time.LocalDate.parse(value).toString();
        } catch (java.time.DateTimeException e) {
            wrong(name, "A date such as 2026-11-20.");
            return null;
        }
    }
}
