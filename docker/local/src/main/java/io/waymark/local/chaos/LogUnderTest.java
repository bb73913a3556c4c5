package io.waymark.local.chaos;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.waymark.local.start.Terminal;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.CommitWork;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.ContinuousAudit;
import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.KeyFile;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.LogKeyFiles;
import io.waymark.trace.ledger.ReadOnlyException;
import io.waymark.trace.ledger.Submission;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * The process that is killed: a ledger as a service runs it, spoken to over standard input and output by {@link LogProcess}. Ends with its
 * input.
 *
 * <pre>
 * in   append &lt;id&gt; &lt;entry&gt;[,…]                 state &lt;id&gt;
 * out  answer &lt;id&gt; ok &lt;index&gt;[,…]                answer &lt;id&gt; conflict|busy|readonly|failed &lt;base64 text&gt;
 *      answer &lt;id&gt; leading|waiting &lt;base64 text&gt;  point &lt;name&gt;      seen &lt;where&gt; &lt;base64 note&gt;      vkey &lt;vkey&gt;
 * </pre>
 */
public final class LogUnderTest {
    private final Ledger ledger;
    private final PrintStream out;

    private LogUnderTest(Ledger ledger, PrintStream out) {
        this.ledger = ledger;
        this.out = out;
    }

    /** Arguments are {@code name=value}; {@link LogProcess} is their only author. */
    public static void main(String... arguments) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            given.put(parts[0], parts[1]);
        }
        PrintStream out = Terminal.out();
        Ledger ledger = new Ledger(
                database(given.get("url"), System.getenv("WAYMARK_CHAOS_PASSWORD")),
                given.get("origin"),
                new LogKeyFiles(KeyFile.at(Path.of(given.get("key"))), Optional.empty()),
                Path.of(given.get("lock")),
                Optional.of(Path.of(given.get("public"))),
                Optional.of(Path.of(given.get("policy"))),
                List.of(),
                drill(given, out));
        ledger.start();
        say(out, "vkey " + ledger.verifier().vkey());
        if (given.containsKey("audit")) {
            AgroalDataSource own = database(given.get("url"), System.getenv("WAYMARK_CHAOS_PASSWORD"));
            new ContinuousAudit(ledger, own, Long.parseLong(given.get("audit")), new SimpleMeterRegistry())
                    .start(new StartupEvent());
        }
        LogUnderTest test = new LogUnderTest(ledger, out);
        daemon(test::tellWhatIsSeen, "seen");
        daemon(test::wantProofs, "reader");
        test.listen();
        // As kill -9 would leave it: what is to end well is not this process's to prove.
        Runtime.getRuntime().halt(0);
    }

    static AgroalDataSource database(String url, String password) throws SQLException {
        return AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(12)
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionFactoryConfiguration(f -> f.jdbcUrl(url)
                                .principal(new NamePrincipal("trace_ledger"))
                                .credential(new SimplePassword(password)))));
    }

    private static Drill drill(Map<String, String> given, PrintStream out) {
        Drill.CrashPoint stop = given.containsKey("stop-at") ? Drill.CrashPoint.valueOf(given.get("stop-at")) : null;
        AtomicInteger passes = new AtomicInteger(Integer.parseInt(given.getOrDefault("passes", "0")));
        Drill.Sabotage sabotage = given.containsKey("sabotage") ? Drill.Sabotage.valueOf(given.get("sabotage")) : null;
        return new Drill() {
            @Override
            public void at(CrashPoint point) {
                if (point == stop && passes.getAndDecrement() == 0) {
                    say(out, "point " + point);
                    forEver();
                }
            }

            @Override
            public boolean does(Sabotage asked) {
                return asked == sabotage;
            }
        };
    }

    private static void forEver() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            forEver(); // a time limit of somebody else's: this thread died here
        }
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void say(PrintStream out, String line) {
        synchronized (out) {
            out.println(line);
        }
    }

    private void listen() throws IOException {
        ExecutorService callers = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "caller");
            thread.setDaemon(true);
            return thread;
        });
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("append")) {
                callers.execute(() -> say(out, "answer " + words[1] + " " + append(words[2])));
            } else if (words[0].equals("state")) {
                Optional<String> trouble = ledger.trouble();
                say(
                        out,
                        "answer " + words[1] + (trouble.isEmpty() ? " leading " : " waiting ")
                                + base64(trouble.orElse("")));
            }
        }
    }

    private String append(String several) {
        List<Submission> entries = new ArrayList<>();
        for (String one : several.split(",")) {
            entries.add(Submission.of(HexFormat.of().parseHex(one)));
        }
        try {
            return "ok "
                    + ledger.append(entries, CommitWork.NONE).stream()
                            .map(String::valueOf)
                            .collect(Collectors.joining(","));
        } catch (ConflictException e) {
            return "conflict " + base64(words(e));
        } catch (BusyException e) {
            return "busy " + base64(words(e));
        } catch (ReadOnlyException e) {
            return "readonly " + base64(words(e));
        } catch (RuntimeException e) {
            return "failed " + base64(words(e));
        }
    }

    /** Every checkpoint that leaves the ledger, as its readers see it. */
    private void tellWhatIsSeen() {
        String newest = "";
        String shown = "";
        while (true) {
            String now = ledger.checkpoint().note();
            if (!now.equals(newest)) {
                newest = now;
                say(out, "seen checkpoint " + base64(now));
            }
            String open = ledger.shown().note();
            if (!open.equals(shown)) {
                shown = open;
                say(out, "seen shown " + base64(open));
            }
            pause(1);
        }
    }

    /** Somebody always wants a proof of the newest entry, so that the publisher has no second's rest. */
    private void wantProofs() {
        while (true) {
            ledger.checkpointOver(ledger.checkpoint().size());
            pause(50);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String words(Throwable failure) {
        StringBuilder words = new StringBuilder();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            words.append(words.isEmpty() ? "" : " < ").append(t.getMessage());
        }
        return words.toString();
    }

    private static String base64(String text) {
        return text.isEmpty() ? "-" : Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
