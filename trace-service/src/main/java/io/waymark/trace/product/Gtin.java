package io.waymark.trace.product;

/** A GTIN of 14 digits with a right check digit; 8, 12 and 13 digits are filled with zeros. Source: GS1 General Specifications §7.9. */
public record Gtin(String value) {
    public Gtin(String value) {
        if (value == null || !value.matches("[0-9]{8}|[0-9]{12,14}")) {
            throw new IllegalArgumentException("GTIN is 8, 12, 13 or 14 digits");
        }
        String digits = "0".repeat(14 - value.length()) + value;
        if (checkDigit(digits.substring(0, 13)) != digits.charAt(13) - '0') {
            throw new IllegalArgumentException("GTIN " + value + " has a wrong check digit");
        }
        this.value = digits;
    }

    /** The GS1 check digit for digits that do not hold one yet: weights 3, 1, 3, … from the right. */
    public static int checkDigit(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            sum += i % 2 == 0 ? 3 * digit : digit;
        }
        return (10 - sum % 10) % 10;
    }

    @Override
    public String toString() {
        return value;
    }
}
