package io.waymark.simulator.certify;

import static io.waymark.simulator.certify.Check.Outcome.FAILED;
import static io.waymark.simulator.certify.Check.Outcome.NOT_SEEN;
import static io.waymark.simulator.certify.Check.Outcome.PASSED;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import io.waymark.simulator.certify.Endpoint.Session;
import io.waymark.simulator.certify.Examination.Number;
import io.waymark.simulator.certify.Examination.Passive;
import io.waymark.simulator.certify.Examination.Seen;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ServerSocketFactory;

/**
 * The examination of one device, step by step: it connects and publishes; nobody answers; it is told lies; the broker dies; true receipts come; the broker
 * dies again; commands; images; the device is restarted. What each step showed stands in {@link #run}'s checks.
 */
public final class Certification implements AutoCloseable {
    /**
     * @param topicPrefix {@code v1/{tenant}/{site}/{id}}
     * @param key the device's own
     */
    public record Candidate(String topicPrefix, VerificationKey key) {
        private static final Pattern PREFIX = Pattern.compile("v1/[a-z0-9-]{1,32}/[a-z0-9-]{1,32}/[0-9a-f]{32}");

        public Candidate {
            if (!PREFIX.matcher(topicPrefix).matches())
                throw new IllegalArgumentException(
                        "topic prefix \"" + topicPrefix + "\" is not v1/{tenant}/{site}/{32 hex digits}");
        }
    }

    /**
     * How long things may take and are left to happen.
     *
     * @param patience for anything the device is expected to do: its first messages, sending again, connecting again
     * @param outage for which the broker is dead
     * @param settle for a device that names no anchor to digest its receipts
     * @param quiet in which nothing that has a receipt may come again
     * @param restart for whoever restarts the device
     * @param skew by which its clock may be ahead
     */
    public record Timing(
            Duration patience, Duration outage, Duration settle, Duration quiet, Duration restart, Duration skew) {
        public static final Timing USUAL = new Timing(
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                Duration.ofMinutes(5),
                Duration.ofMinutes(5));
    }

    /** Whoever stands beside the device. */
    public interface Operator {
        /** What happens now. */
        void say(String what);

        /** Switch the device off and on again, losing nothing but its RAM. @return false when that cannot be done here */
        boolean restart();
    }

    /** One for each lie and one that is told none. */
    private static final int MESSAGES = 5;

    /** Two that are to be obeyed, a stranger's, an old one. */
    private static final int COMMANDS = 4;

    private final Candidate candidate;
    private final Timing timing;
    private final SigningKey receiptKey;
    private final Operator operator;
    private final byte[] id;
    private final Examination examination;
    private final Endpoint endpoint;
    private final List<Check> active = new ArrayList<>();
    private long treeSize = 1_000;

    /**
     * Listens for the device.
     *
     * @param port 0 = any free one
     * @param receiptKey the device must trust its public half and no other
     */
    public Certification(
            Candidate candidate,
            Timing timing,
            int port,
            ServerSocketFactory sockets,
            SigningKey receiptKey,
            Operator operator)
            throws IOException {
        this.candidate = candidate;
        this.timing = timing;
        this.receiptKey = receiptKey;
        this.operator = operator;
        this.id = HexFormat.of()
                .parseHex(candidate
                        .topicPrefix()
                        .substring(candidate.topicPrefix().lastIndexOf('/') + 1));
        this.examination = new Examination(candidate.topicPrefix(), candidate.key(), Clock.systemUTC(), timing.skew());
        this.endpoint = new Endpoint(port, sockets, examination);
    }

    public int port() {
        return endpoint.port();
    }

    /** Runs every step. @return every check, in the order of the report, also those whose step was not reached */
    public List<Check> run() throws InterruptedException {
        steps();
        for (Step step : Step.values())
            if (active.stream().noneMatch(c -> c.name().equals(step.title)))
                notSeen(step, "the examination did not get so far");
        List<Check> all = new ArrayList<>(examination.checks());
        all.addAll(active);
        return all;
    }

    /** 0 all passed, 1 something failed, 2 nothing failed but something required was not seen. */
    public static int exitCode(List<Check> checks) {
        if (checks.stream().anyMatch(c -> c.outcome() == FAILED)) return 1;
        return checks.stream().anyMatch(c -> c.required() && c.outcome() == NOT_SEEN) ? 2 : 0;
    }

    private enum Step {
        PUBLISHES(
                "publishes",
                true,
                "a connection, a subscription to {prefix}/d/ack, and " + MESSAGES + " signed messages"),
        RESENDS("resend after silence", true, "a message without a receipt comes again on the same connection"),
        RECONNECTS("reconnect", true, "a new connection and subscription after the broker was dead"),
        KEEPS("keeps without a receipt", true, "what was acknowledged by the broker only comes again after its death"),
        STRANGER(
                "receipt by a stranger",
                true,
                "a message comes again after a receipt by a key the device does not know"),
        ALTERED(
                "receipt with a wrong signature",
                true,
                "a message comes again after a receipt whose signature is wrong"),
        OTHER_DIGEST(
                "receipt with another digest",
                true,
                "a message comes again after a receipt for another message of its number"),
        OTHER_DEVICE("receipt for another device", true, "a message comes again after a receipt for another device"),
        ANCHOR("anchor", false, "messages name the newest receipt"),
        FORGETS("forgets after the receipt", true, "what has a receipt does not come again"),
        COMMAND(
                "resend command",
                false,
                "what a command by the receipts' key on {prefix}/d/cmd asks for comes again, or is declared gone"),
        COMMAND_REFUSED(
                "resend command by a stranger",
                false,
                "a command by a key the device does not know, and one that is no newer than the last, are ignored"),
        IMAGE_RESUME("image resume", false, "the chunks that were lost come again, the others do not"),
        RESTART("restart", true, "a new connection and new messages after the device was switched off and on"),
        KEEPS_OVER_RESTART("keeps over a restart", true, "what had no receipt before the restart comes again after it");

        final String title;
        final boolean required;
        final String expected;

        Step(String title, boolean required, String expected) {
            this.title = title;
            this.required = required;
            this.expected = expected;
        }
    }

    private void steps() throws InterruptedException {
        operator.say("waiting for the device on port " + port() + ", topic " + candidate.topicPrefix() + "/r");
        if (!examination.await(() -> examination.subscriber() != null, timing.patience())) {
            boolean connected = examination.connectionNumber() > 0;
            if (connected) examination.refuse(Passive.SUBSCRIPTION, "the device connected and did not subscribe");
            if (connected) failed(Step.PUBLISHES, "a connection without subscription");
            else notSeen(Step.PUBLISHES, "the device never connected");
            return;
        }
        boolean enough = examination.await(() -> examination.verified().size() >= MESSAGES, timing.patience());
        int count = examination.verified().size();
        add(Step.PUBLISHES, enough, count + " messages that verify within " + text(timing.patience()));
        if (!enough) return;

        operator.say("silence: the device should send again what has no receipt");
        List<Seen> first = examination.verified().subList(0, MESSAGES);
        boolean again = examination.await(
                () -> first.stream().anyMatch(m -> examination.cameTwiceOnOne(m.number())), timing.patience());
        add(Step.RESENDS, again, again ? "sent again" : "nothing came twice within " + text(timing.patience()));

        operator.say("lies: receipts by a stranger, with a wrong signature, for another message, for another device");
        if (!lies(first)) return;
        operator.say("the broker dies");
        int before = outage();
        if (before < 0) return;
        Step[] told = {Step.KEEPS, Step.STRANGER, Step.ALTERED, Step.OTHER_DIGEST, Step.OTHER_DEVICE};
        examination.await(
                () -> first.stream().allMatch(m -> examination.cameAfter(m.number(), before)), timing.patience());
        for (int i = 0; i < MESSAGES; i++) {
            Number number = first.get(i).number();
            boolean came = examination.cameAfter(number, before);
            add(
                    told[i],
                    came,
                    number + (came ? " came again" : " did not come again within " + text(timing.patience())));
        }

        operator.say("receipts for everything");
        if (!forgets()) return;
        commands();
        images();
        restart();
        // What is still on its way may fill what looks left out.
        examination.await(() -> examination.leftOut() == null, timing.patience());
    }

    private boolean lies(List<Seen> about) throws InterruptedException {
        SigningKey stranger = SigningKey.generate(receiptKey.algorithm());
        byte[] otherId = id.clone();
        otherId[0] ^= 1;
        byte[] wrongSignature = receipt(
                        id, List.of(only(about.get(2), about.get(2).message.digest())))
                .sign(receiptKey);
        wrongSignature[wrongSignature.length - 1] ^= 1;
        List<byte[]> lies = List.of(
                receipt(id, List.of(only(about.get(1), about.get(1).message.digest())))
                        .sign(stranger),
                wrongSignature,
                receipt(id, List.of(only(about.get(3), new byte[32]))).sign(receiptKey),
                receipt(otherId, List.of(only(about.get(4), about.get(4).message.digest())))
                        .sign(receiptKey));
        return tell(lies);
    }

    /** Delivers on d/ack and waits until the device has acknowledged; false when it is not there. */
    private boolean tell(List<byte[]> receipts) throws InterruptedException {
        if (!examination.await(() -> examination.subscriber() != null, timing.patience())) {
            failed(Step.RECONNECTS, "the device left and did not come back");
            return false;
        }
        Session session = examination.subscriber();
        if (session == null) return false;
        List<Integer> ids = new ArrayList<>();
        for (byte[] receipt : receipts) ids.add(session.deliver(candidate.topicPrefix() + "/d/ack", receipt));
        examination.await(
                () -> ids.stream().allMatch(packet -> packet <= 0 || examination.acknowledged(packet)),
                timing.patience());
        return true;
    }

    /** @return the number of the last connection before it; negative when the device did not come back */
    private int outage() throws InterruptedException {
        int before = examination.connectionNumber();
        endpoint.vanish();
        examination.await(() -> !examination.connected(), timing.patience());
        pause(timing.outage());
        endpoint.open();
        boolean back = examination.await(() -> examination.subscriber() != null, timing.patience());
        if (back) passed(Step.RECONNECTS, "connected and subscribed again");
        else failed(Step.RECONNECTS, "no connection with a subscription within " + text(timing.patience()));
        return back ? before : -1;
    }

    private boolean forgets() throws InterruptedException {
        List<Seen> covered = examination.verified();
        byte[] receipt = receiptFor(covered);
        byte[] anchor = Sha256.of(receipt);
        if (!tell(List.of(receipt))) return false;
        examination.askForImages();
        // A message that names the receipt was signed after it was digested: no need to guess how long that takes.
        boolean anchored = examination.await(
                () -> examination.verified().stream()
                        .anyMatch(m -> Arrays.equals(m.message.head().anchor(), anchor)),
                timing.settle());
        if (anchored) passed(Step.ANCHOR, "named");
        else notSeen(Step.ANCHOR, "no message named the receipt within " + text(timing.settle()));
        operator.say("the broker dies again: what has a receipt should not come any more");
        int before = outage();
        if (before < 0) return false;
        Set<Number> known = covered.stream().map(Seen::number).collect(Collectors.toSet());
        boolean alive = examination.await(
                () -> examination.verified().stream()
                        .anyMatch(m -> !known.contains(m.number()) && examination.cameAfter(m.number(), before)),
                timing.patience());
        // A manifest asks for its bitmap by coming again.
        BooleanSupplier repeated = () -> covered.stream()
                .anyMatch(m -> m.message.head().type() != MessageType.IMAGE_MANIFEST
                        && examination.cameAfter(m.number(), before));
        boolean came = examination.await(repeated, timing.quiet());
        add(
                Step.FORGETS,
                !came && alive,
                came
                        ? "a message came again after its receipt"
                        : alive ? "none of " + covered.size() + " came again" : "no message at all came any more");
        return true;
    }

    /** All that is asked for has a receipt, so that nothing of it comes by itself. */
    private void commands() throws InterruptedException {
        List<Number> released = released();
        if (released.size() < COMMANDS) {
            for (Step step : List.of(Step.COMMAND, Step.COMMAND_REFUSED))
                notSeen(step, "too few messages with a receipt");
            return;
        }
        operator.say("commands: the device is asked for what has its receipt, also by a stranger");
        long now = System.currentTimeMillis();
        if (!command(receiptKey, released.get(0), now)) {
            for (Step step : List.of(Step.COMMAND, Step.COMMAND_REFUSED))
                notSeen(step, "the device does not subscribe to " + candidate.topicPrefix() + "/d/cmd");
            return;
        }
        boolean obeyed = answered(released.get(0));
        add(
                Step.COMMAND,
                obeyed,
                released.get(0)
                        + (obeyed
                                ? " came again or was declared"
                                : " neither came again nor was declared within " + text(timing.patience())));
        if (!obeyed) {
            notSeen(Step.COMMAND_REFUSED, "no command was obeyed");
            return;
        }
        command(SigningKey.generate(receiptKey.algorithm()), released.get(1), now + 1_000);
        command(receiptKey, released.get(2), now);
        command(receiptKey, released.get(3), now + 2_000);
        // Commands are taken in their order: once the last is answered, no answer to the others is on its way.
        if (!answered(released.get(3))) {
            failed(Step.COMMAND_REFUSED, "the command after them was not obeyed within " + text(timing.patience()));
            return;
        }
        boolean stranger = examination.answered(released.get(1));
        boolean old = examination.answered(released.get(2));
        add(
                Step.COMMAND_REFUSED,
                !stranger && !old,
                stranger ? "a stranger was obeyed" : old ? "an old command was obeyed" : "both ignored");
    }

    private List<Number> released() {
        return examination.verified().stream()
                .filter(m -> m.message.head().type() == MessageType.READING)
                .limit(COMMANDS)
                .map(Seen::number)
                .toList();
    }

    private boolean answered(Number number) throws InterruptedException {
        return examination.await(() -> examination.answered(number), timing.patience());
    }

    /** @return false when the device has not subscribed to it */
    private boolean command(SigningKey by, Number number, long time) throws InterruptedException {
        if (!examination.await(() -> examination.subscriber() != null, timing.patience())) return false;
        Session session = examination.subscriber();
        if (session == null) return false;
        examination.asks(number);
        ResendCommand.Range range = new ResendCommand.Range(number.epoch(), number.seq(), number.seq());
        return session.deliver(candidate.topicPrefix() + "/d/cmd", new ResendCommand(id, List.of(range), time).sign(by))
                >= 0;
    }

    private void images() throws InterruptedException {
        if (!examination.anyImage()) {
            notSeen(Step.IMAGE_RESUME, "the device never sent an image");
            return;
        }
        operator.say("images: half of the chunks are lost on the way");
        if (!tell(List.of(receiptFor(examination.verified())))) return;
        examination.askForImages();
        boolean complete = examination.await(examination::imagesComplete, timing.patience());
        int repeated = examination.repeatedChunks();
        add(
                Step.IMAGE_RESUME,
                complete && repeated == 0,
                !complete
                        ? "an image is not complete within " + text(timing.patience())
                        : examination.resumedChunks() + " lost chunks came again, and " + repeated
                                + " that were there");
    }

    private void restart() throws InterruptedException {
        // Published by now, and without a receipt.
        Set<Number> covered = examination.verified().stream().map(Seen::number).collect(Collectors.toSet());
        if (!tell(List.of(receiptFor(examination.verified())))) return;
        examination.await(
                () -> examination.verified().stream().anyMatch(m -> !covered.contains(m.number())), timing.patience());
        List<Seen> open = examination.verified().stream()
                .filter(m -> !covered.contains(m.number()))
                .toList();
        int before = examination.connectionNumber();
        operator.say("switch the device off and on again now");
        if (!operator.restart()) {
            for (Step step : List.of(Step.RESTART, Step.KEEPS_OVER_RESTART))
                notSeen(step, "the device was not restarted");
            return;
        }
        boolean back = examination.await(
                () -> examination.subscriber() != null && examination.connectionNumber() > before, timing.restart());
        boolean goesOn = back && examination.await(() -> examination.newAfter(before), timing.patience());
        add(
                Step.RESTART,
                goesOn,
                goesOn ? "connected and goes on" : back ? "connected, and published nothing new" : "did not come back");
        if (!goesOn) return;
        BooleanSupplier kept = () -> open.stream().allMatch(m -> examination.cameAfter(m.number(), before));
        boolean all = examination.await(kept, timing.patience());
        long missing = open.stream()
                .filter(m -> !examination.cameAfter(m.number(), before))
                .count();
        add(
                Step.KEEPS_OVER_RESTART,
                all && !open.isEmpty(),
                open.isEmpty()
                        ? "there was nothing without a receipt"
                        : missing + " of " + open.size() + " messages without a receipt did not come again");
        tell(List.of(receiptFor(examination.verified())));
    }

    private byte[] receiptFor(List<Seen> messages) {
        List<Receipt.Range> ranges = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= messages.size(); i++) {
            Number before = messages.get(i - 1).number();
            if (i < messages.size() && messages.get(i).number().equals(new Number(before.epoch(), before.seq() + 1)))
                continue;
            ranges.add(range(messages.get(from), messages.get(i - 1)));
            from = i;
        }
        // Cumulative: when a stream has more holes than a receipt has places, the newest ranges are told.
        int most = Math.min(ranges.size(), Receipt.MAX_RANGES);
        return receipt(id, ranges.subList(ranges.size() - most, ranges.size())).sign(receiptKey);
    }

    private Receipt receipt(byte[] deviceId, List<Receipt.Range> ranges) {
        treeSize += 1_000;
        return new Receipt(deviceId, ranges, treeSize, new byte[32], Receipt.STORED, System.currentTimeMillis());
    }

    private static Receipt.Range range(Seen from, Seen to) {
        return new Receipt.Range(
                from.number().epoch(),
                from.number().seq(),
                to.number().seq(),
                to.message.digest(),
                to.number().seq());
    }

    private static Receipt.Range only(Seen one, byte[] digest) {
        long seq = one.number().seq();
        return new Receipt.Range(one.number().epoch(), seq, seq, digest, seq);
    }

    private void pause(Duration time) throws InterruptedException {
        examination.await(() -> false, time);
    }

    private void passed(Step step, String seen) {
        add(step, true, seen);
    }

    private void failed(Step step, String seen) {
        add(step, false, seen);
    }

    private void notSeen(Step step, String why) {
        active.add(new Check(step.title, NOT_SEEN, step.required, expected(step), why));
    }

    private String expected(Step step) {
        return step.expected.replace("{prefix}", candidate.topicPrefix());
    }

    /** A failure stays when the same is looked at twice. */
    private void add(Step step, boolean good, String seen) {
        Check check = new Check(step.title, good ? PASSED : FAILED, step.required, expected(step), seen);
        for (int i = 0; i < active.size(); i++) {
            if (!active.get(i).name().equals(step.title)) continue;
            if (!good && active.get(i).outcome() == PASSED) active.set(i, check);
            return;
        }
        active.add(check);
    }

    private static String text(Duration time) {
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** Ends the connection; the device goes on trying for as long as it likes. */
    @Override
    public void close() throws IOException {
        endpoint.close();
    }
}
