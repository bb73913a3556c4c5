package io.waymark.vision.access;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.waymark.vision.problem.VisionProblem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Refuses {@code ;}, {@code %3B}, {@code %2F}, {@code %5C} and {@code \} in paths with 400 (CVE-2026-50559: the path that is
 * authorised and the path that is served could differ). The printed Digital Link paths may carry them and are left to web.
 */
@ApplicationScoped
public class PlainPaths {
    private static final Pattern PRINTED = Pattern.compile("/(?:(?:qr|proof)/)?(?:01|00)/.*");
    private static final Pattern SUSPECT = Pattern.compile("[;\\\\]|%3b|%2f|%5c");

    void register(@Observes Filters filters) {
        filters.register(
                request -> {
                    String path = request.request().path();
                    if (path != null
                            && SUSPECT.matcher(path.toLowerCase(Locale.ROOT)).find()
                            && !PRINTED.matcher(path).matches()) {
                        VisionProblem.malformed("the path has a character it may not have")
                                .answer(request.response());
                    } else {
                        request.next();
                    }
                },
                1000);
    }
}
