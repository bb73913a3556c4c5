package io.waymark.simulator.story;

/** The identifiers of the story. GS1 reserves prefix 952 for examples: no real firm can own these numbers. */
final class Gs1 {
    private Gs1() {}

    /** 13 digits → GTIN-14 with its check digit (GS1 General Specifications §7.9.1). */
    static String gtin(String thirteenDigits) {
        return thirteenDigits + checkDigit(thirteenDigits);
    }

    /** 17 digits → SSCC with its check digit. */
    static String sscc(String seventeenDigits) {
        return seventeenDigits + checkDigit(seventeenDigits);
    }

    private static int checkDigit(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int weight = (digits.length() - i) % 2 == 1 ? 3 : 1;
            sum += weight * (digits.charAt(i) - '0');
        }
        return (10 - sum % 10) % 10;
    }
}
