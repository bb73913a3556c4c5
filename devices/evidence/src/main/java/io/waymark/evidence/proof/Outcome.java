package io.waymark.evidence.proof;

/** What a check came to. */
public enum Outcome {
    PASS("pass"),
    FAIL("fail"),
    /** What is needed to judge is not here. Never read as "good" and never as "bad". */
    CANNOT_TELL("cannot-tell");

    private final String word;

    Outcome(String word) {
        this.word = word;
    }

    /** The word in FORMAT.md, vectors, JSON and page. */
    public String word() {
        return word;
    }
}
