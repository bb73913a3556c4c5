package io.waymark.web.edge;

import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The two style sheets, each written into its pages and allowed by its hash: a page's first view then needs one response and no
 * {@code unsafe-inline}. Templates use {@code {inject:style.page.raw}}.
 */
@Singleton
@Named("style")
public class Style {
    private final String page = minified("page.css");
    private final String console = minified("page.css") + minified("console.css");
    private final String pagePolicy = policy(page);
    private final String consolePolicy = policy(console);

    public String getPage() {
        return page;
    }

    public String getConsole() {
        return console;
    }

    /** Content-Security-Policy of the public pages. */
    public String pagePolicy() {
        return pagePolicy;
    }

    /** Content-Security-Policy of the console. */
    public String consolePolicy() {
        return consolePolicy;
    }

    private static String policy(String css) {
        return "default-src 'none'; script-src 'self'; style-src 'sha256-" + sha256(css)
                + "'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    }

    static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String minified(String name) {
        try (InputStream in = Style.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("style sheet " + name + " is missing from the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("(?s)/\\*.*?\\*/", "")
                    .replaceAll("\\s+", " ")
                    .replaceAll(" ?([{};,>]) ?", "$1")
                    .replaceAll(": ", ":")
                    .replace(";}", "}")
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
