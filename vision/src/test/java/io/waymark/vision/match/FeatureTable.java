package io.waymark.vision.match;

import io.waymark.vision.intake.GreyPicture;
import io.waymark.vision.intake.PictureOf;
import java.io.File;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Not a test: writes what {@link Comparison} and {@link Quality} measure on every pair of an evaluation set, one line a pair,
 * for fitting {@link Verdict}'s numbers. Arguments: folder with pairs.csv and img/, file to write.
 */
public final class FeatureTable {
    private FeatureTable() {}

    public static void main(String[] args) throws Exception {
        Path data = Path.of(args[0]);
        System.err.println(OpenCv.load(new File("target/native")));
        List<String[]> pairs = new ArrayList<>();
        for (String line :
                Files.readAllLines(data.resolve("pairs.csv")).stream().skip(1).toList()) {
            pairs.add(line.split(",", 5));
        }
        ExecutorService two = Executors.newFixedThreadPool(2);
        Map<String, Future<Fingerprint>> prints = new HashMap<>();
        for (String[] pair : pairs) {
            for (int side = 0; side < 2; side++) {
                String name = pair[side];
                prints.computeIfAbsent(
                        name,
                        n -> two.submit((Callable<Fingerprint>) () -> {
                            GreyPicture picture = PictureOf.file(Files.readAllBytes(data.resolve(n)));
                            return Extraction.of(picture);
                        }));
            }
        }
        List<Future<String>> lines = new ArrayList<>();
        for (String[] pair : pairs) {
            lines.add(two.submit(() -> {
                Fingerprint registered = prints.get(pair[0]).get();
                Fingerprint query = prints.get(pair[1]).get();
                Comparison c = Comparison.of(query, registered);
                Quality q = Quality.of(query.picture(), query.keyPoints());
                Quality r = Quality.of(registered.picture(), registered.keyPoints());
                return String.join(
                        ",",
                        pair[2],
                        pair[3],
                        "" + c.candidates(),
                        "" + c.inliers(),
                        "" + c.aligned(),
                        String.format("%.4f", c.agreeing()),
                        String.format("%.4f", c.centre()),
                        "" + query.keyPoints(),
                        "" + registered.keyPoints(),
                        "" + Math.max(q.width(), q.height()),
                        String.format("%.1f", q.meanLuma()),
                        String.format("%.3f", q.clipped()),
                        String.format("%.1f", q.sharpness()),
                        String.format("%.1f", r.sharpness()),
                        pair[0],
                        pair[1]);
            }));
        }
        try (PrintWriter out = new PrintWriter(args[1])) {
            out.println(
                    "genuine,kind,candidates,inliers,aligned,agreeing,centre,kq,kr,side,luma,clipped,sharp,sharpr,reference,query");
            for (Future<String> line : lines) {
                out.println(line.get());
            }
        }
        two.shutdown();
    }
}
