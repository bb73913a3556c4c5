package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.home.Home;
import io.waymark.local.start.Running;
import io.waymark.local.start.Terminal;
import io.waymark.simulator.logger.Import.Answer;
import io.waymark.simulator.logger.Import.Format;
import io.waymark.simulator.logger.Import.Request;
import io.waymark.simulator.logger.Summary;
import io.waymark.simulator.logger.table.Choices;
import io.waymark.simulator.logger.table.TimeFormat;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code waymark import}: files of data loggers become signed, ledgered readings, each row once. */
@Command(
        name = "import",
        aliases = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Import files of data loggers into the running installation: Berlinger Fridge-tag 2 reports (the signature is verified),",
            "BioVoice .bv files, tables with a time column (CSV, XLSX). Every row becomes a signed reading with its recorded time, once:",
            "importing again, after a crash too, sends only what is missing."
        })
final class Import implements Callable<Integer> {
    @ParentCommand
    Waymark waymark;

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "The loggers' files.")
    List<Path> files;

    @Option(
            names = "--organisation",
            paramLabel = "NAME",
            description =
                    "Who owns the device (short or full name of an organisation that exists); default recorded-loggers.")
    String organisation;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "auto",
            description = "auto, fridge-tag-2, biovoice or table (default auto).")
    String format;

    @Option(
            names = "--mapping",
            paramLabel = "FILE",
            description =
                    "What the columns of a table mean, as JSON. Written with the guess when the file is not there; without it the mapping of the last import with the same header is used.")
    Path mapping;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "Zone of times that do not say theirs: Europe/Oslo, +02:00, UTC.")
    String zone;

    @Option(
            names = "--time-format",
            paramLabel = "FORMAT",
            description =
                    "year-first, day-first, month-first, epoch-seconds or epoch-millis, where a table leaves it open.")
    String timeFormat;

    @Option(
            names = "--column",
            paramLabel = "NAME=QUANTITY[:UNIT]",
            description =
                    "What a column of a table measures: temperature:C|F|K, humidity, pressure:Pa|hPa|mbar|kPa, co2, light, shock, battery:mV|V. Repeatable.")
    List<String> columns = new ArrayList<>();

    @Option(
            names = "--logger",
            paramLabel = "NAME",
            description = "The logger's name, where a table does not say it: later files under this name add to it.")
    String logger;

    @Option(names = "--skip-rejected", description = "Import the other rows when some are rejected.")
    boolean skipRejected;

    @Option(
            names = "--trust-new-key",
            description = "Accept a Fridge-tag 2 report with another key than earlier ones of its lot or logger.")
    boolean trustNewKey;

    @Option(names = "--dry-run", description = "Send nothing: show what would be read, rejected and sent.")
    boolean dryRun;

    @Option(names = "--json", description = "Print one JSON line for each file on stdout; progress goes to stderr.")
    boolean json;

    @Override
    public Integer call() throws Exception {
        Choices choices = choices();
        Format as = format();
        Home home = waymark.home();
        Running running = Running.on(home);
        for (Path file : files) {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                throw new CannotProceed("cannot read " + file + ": no such file, a folder, or not yours to read");
            }
        }
        String owner = organisation == null ? null : Account.slug(running, organisation);
        boolean all = true;
        for (Path file : files) {
            long start = System.nanoTime();
            Answer answer;
            try {
                answer = io.waymark.simulator.logger.Import.run(
                        new Request(file, as, mapping, choices, logger, skipRejected, trustNewKey, dryRun),
                        running.storyConfig(),
                        owner,
                        Terminal.err()::println);
            } catch (IOException e) {
                // A refusal of the file, or of the installation: both are one line, and a repetition goes on.
                throw new CannotProceed(file + ": " + (e.getMessage() == null ? e : e.getMessage()), e);
            }
            String slug = owner == null ? io.waymark.simulator.logger.Import.OWNER : owner;
            String console = answer.device().isEmpty() ? "" : running.consoleUrl() + "/devices/" + answer.device();
            double seconds = (System.nanoTime() - start) / 1e9;
            if (json) {
                Terminal.out().println(json(file, answer, slug, console, seconds));
            } else {
                say(Terminal.out(), file, answer, slug, console);
            }
            all &= dryRun || answer.receipted();
        }
        return all ? 0 : 1;
    }

    private Choices choices() {
        try {
            return new Choices(
                    zone == null ? null : ZoneId.of(zone),
                    timeFormat == null ? null : TimeFormat.ofText(timeFormat),
                    columns.stream().map(Choices.Column::of).toList());
        } catch (DateTimeException e) {
            throw new ParameterException(spec.commandLine(), "--zone: no zone is called \"" + zone + "\"", e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Format format() {
        for (Format one : Format.values()) {
            if (one.text().equals(format)) {
                return one;
            }
        }
        throw new ParameterException(
                spec.commandLine(), "--format: " + format + " is none of auto, fridge-tag-2, biovoice, table");
    }

    private ObjectNode json(Path file, Answer answer, String organisation, String console, double seconds) {
        Summary summary = answer.summary();
        ObjectNode line = new ObjectMapper()
                .createObjectNode()
                .put("file", file.toString())
                .put("sha256", answer.sha256())
                .put("format", answer.file().format())
                .put("logger", answer.file().logger())
                .put("device", answer.device())
                .put("organisation", organisation)
                .put("console", console)
                .put("dryRun", dryRun)
                .put("rows", summary.read())
                .put("samples", answer.samples())
                .put("repeated", summary.repeated())
                .put("known", summary.known())
                .put("rejected", summary.rejected())
                .put("published", answer.published())
                .put("receipted", answer.receipted())
                .put("seconds", seconds)
                .put(
                        "original",
                        answer.original() == null ? null : answer.original().toString());
        if (answer.samples() > 0) {
            line.put("first", summary.first().toString())
                    .put("last", summary.last().toString());
        }
        ArrayNode all = line.putArray("columns");
        for (Summary.Column column : summary.columns()) {
            all.addObject()
                    .put("name", column.name())
                    .put("quantity", column.quantity())
                    .put("sensor", column.sensor())
                    .put("values", column.count())
                    .put("min", column.min())
                    .put("mean", column.mean())
                    .put("max", column.max());
        }
        ArrayNode reasons = line.putArray("reasons");
        summary.reasons().forEach(r -> reasons.addObject().put("line", r.line()).put("reason", r.reason()));
        answer.proved().forEach(line.putArray("proved")::add);
        answer.file().notProved().forEach(line.putArray("notProved")::add);
        answer.file().notes().forEach(line.putArray("notes")::add);
        return line;
    }

    private void say(PrintStream out, Path file, Answer answer, String organisation, String console) {
        Summary summary = answer.summary();
        out.printf("%s: %s, %s%n", file, answer.file().format(), answer.file().title());
        if (answer.samples() > 0) {
            out.printf("  %d rows, %s to %s%n", summary.read(), summary.first(), summary.last());
        }
        for (Summary.Column column : summary.columns()) {
            out.printf(
                    "  %s: %s to %s, mean %s %s, %d values%n",
                    column.name(),
                    column.min().toPlainString(),
                    column.max().toPlainString(),
                    column.mean().toPlainString(),
                    unit(column.quantity()),
                    column.count());
        }
        answer.file().notes().forEach(note -> out.println("  " + note));
        if (answer.file().proved().isEmpty()) {
            out.println("  Proved by the file: nothing, it is not signed.");
        } else {
            out.println("  Proved:");
            answer.proved().forEach(line -> out.println("    " + line));
        }
        out.println("  Not proved:");
        answer.file().notProved().forEach(line -> out.println("    " + line));
        if (summary.rejected() > 0) {
            out.printf("  Rejected: %d rows%n", summary.rejected());
            summary.reasons().forEach(r -> out.println("    line " + r.line() + ": " + r.reason()));
            if (summary.rejected() > summary.reasons().size()) {
                out.printf(
                        "    and %d more%n",
                        summary.rejected() - summary.reasons().size());
            }
        }
        if (summary.repeated() > 0) {
            out.printf("  %d rows repeat one above and are not sent again.%n", summary.repeated());
        }
        if (dryRun) {
            out.printf(
                    "  Dry run: %d readings would be sent, %d are there already.%n", summary.fresh(), summary.known());
            return;
        }
        out.printf(
                "  %s by device %s; %s%n",
                answer.published() == 0
                        ? "Nothing new: all " + answer.samples() + " readings were sent before,"
                        : answer.published() + " readings sent, "
                                + (answer.samples() - Math.min(answer.samples(), answer.published()))
                                + " were sent before,",
                answer.device(),
                answer.receipted()
                        ? "every one has its receipt"
                        : "some still wait for their receipt: run again to go on");
        out.printf("  Kept:  %s%n", answer.original());
        out.printf(
                "  Look at it:  %s%n    as a login of organisation %s (make one:  docker/waymark account add NAME --organisation %s --role viewer)%n",
                console, organisation, organisation);
    }

    private static String unit(int quantity) {
        return switch (quantity) {
            case 1 -> "°C";
            case 2 -> "%";
            case 3 -> "g";
            case 4 -> "lx";
            case 7 -> "mV";
            case 9 -> "Pa";
            case 10 -> "ppm";
            default -> "";
        };
    }
}
