package io.waymark.evidence.command;

public final class ReportForTests {
    private ReportForTests() {}

    public static String printable(String text) {
        return Report.printable(text);
    }
}
