package io.waymark.evidence.witness;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How a log gets its newest checkpoint cosigned. Every answer is checked here; a witness that lies is at worst {@link Outcome.Refused}.
 * Safe for several threads; close it when done.
 */
public final class WitnessClient implements AutoCloseable {
    private static final int MAX_ANSWER = 1 << 20;
    private static final int MAX_TRIES = 4;

    /**
     * A witness.
     *
     * @param submissionPrefix such as https://witness.example/, with or without the last slash
     * @param keys             its keys; a cosignature by one of them is enough
     */
    public record Peer(URI submissionPrefix, List<CosignatureVerifier> keys) {
        public Peer {
            keys = List.copyOf(keys);
            if (keys.isEmpty()) {
                throw new IllegalArgumentException("a witness without a key");
            }
        }

        URI at(String path) {
            String prefix = submissionPrefix.toString();
            return URI.create(prefix.endsWith("/") ? prefix + path : prefix + "/" + path);
        }
    }

    /** Consistency proofs of the log asked for. Called from several threads at once, and perhaps again for the same sizes. */
    public interface Proofs {
        /** @param oldSize from 1 to {@code size} − 1 */
        ConsistencyProof between(long oldSize, long size) throws Exception;
    }

    /** What came of asking one witness. */
    public sealed interface Outcome {
        /** @param cosignatures verified, at least one; append their {@code line()} to the note */
        record Cosigned(List<Cosignature> cosignatures) implements Outcome {}

        /** It is still at {@code size}, less than ours: it was changed by somebody else at the same time, or there was no proof. */
        record Behind(long size, String why) implements Outcome {}

        /**
         * It answered, and not with a cosignature.
         *
         * @param contradiction what the witness cosigned instead, when it is of our size, signed by our own log key, and another root:
         *                      this log has signed two histories and must not sign on
         */
        record Refused(String reason, Optional<VerifiedCheckpoint> contradiction) implements Outcome {}

        /** No answer in time, or none that is one. */
        record Unreachable(String why) implements Outcome {}

        /**
         * It says it has seen more than we have: a restored backup, or a second writer. The caller must not sign anything new.
         *
         * @param proof the larger checkpoint, signed by our own log key; empty when the witness only says so
         */
        record SawMore(long size, Optional<VerifiedCheckpoint> proof) implements Outcome {}
    }

    private final HttpClient http;
    private final ExecutorService threads;

    // Witness and origin to size. A guess, good for one call less; the witness's word decides.
    private final Map<String, Long> lastCosigned = new ConcurrentHashMap<>();

    public WitnessClient() {
        this.threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "witness-client");
            thread.setDaemon(true);
            return thread;
        });
        // Redirects are not followed: who answers instead is not who was asked. Own threads, so that a waiting
        // caller never starves them.
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
    }

    /**
     * Asks all at once and waits until all have answered or the limit is over, whichever is first.
     *
     * @param log        our own key
     * @param checkpoint what is to be cosigned
     * @return one outcome per peer, in their order; who did not answer in time is {@link Outcome.Unreachable}
     */
    public Map<Peer, Outcome> cosign(
            List<Peer> peers, NoteVerifier log, VerifiedCheckpoint checkpoint, Proofs proofs, Duration limit)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Map<Peer, Future<Outcome>> asked = new LinkedHashMap<>();
        for (Peer peer : peers) {
            asked.put(peer, threads.submit(() -> new Asking(peer, log, checkpoint, proofs, end).run()));
        }
        Map<Peer, Outcome> outcomes = new LinkedHashMap<>();
        try {
            for (Map.Entry<Peer, Future<Outcome>> entry : asked.entrySet()) {
                outcomes.put(entry.getKey(), outcome(entry.getValue(), end));
            }
        } finally {
            asked.values().forEach(future -> future.cancel(true));
        }
        return outcomes;
    }

    /** Asks one. */
    public Outcome cosign(Peer peer, NoteVerifier log, VerifiedCheckpoint checkpoint, Proofs proofs, Duration limit)
            throws InterruptedException {
        Outcome outcome = cosign(List.of(peer), log, checkpoint, proofs, limit).get(peer);
        if (outcome == null) {
            throw new IllegalStateException("one asked, none answered");
        }
        return outcome;
    }

    private static Outcome outcome(Future<Outcome> future, long end) throws InterruptedException {
        try {
            return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return new Outcome.Unreachable("no answer in time");
        } catch (ExecutionException e) {
            return new Outcome.Unreachable(String.valueOf(e.getCause()));
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private record Reply(int status, String type, String body) {}

    private final class Asking {
        private final Peer peer;
        private final NoteVerifier log;
        private final VerifiedCheckpoint ours;
        private final Proofs proofs;
        private final long end;
        private final String asked;

        Asking(Peer peer, NoteVerifier log, VerifiedCheckpoint ours, Proofs proofs, long end) {
            this.peer = peer;
            this.log = log;
            this.ours = ours;
            this.proofs = proofs;
            this.end = end;
            this.asked = peer.submissionPrefix() + "\n" + ours.checkpoint().origin();
        }

        Outcome run() throws InterruptedException {
            try {
                // What it cosigned for us last, or else our own size: asked again for the same checkpoint one call
                // is enough. If it is at another size it says so.
                long oldSize = Math.min(lastCosigned.getOrDefault(asked, ours.size()), ours.size());
                for (int tries = 0; tries < MAX_TRIES; tries++) {
                    ConsistencyProof proof = new ConsistencyProof(List.of());
                    if (oldSize > 0 && oldSize < ours.size()) {
                        try {
                            proof = proofs.between(oldSize, ours.size());
                        } catch (InterruptedException e) {
                            throw e;
                        } catch (Exception e) {
                            return new Outcome.Behind(oldSize, "no consistency proof: " + e);
                        }
                    }
                    Reply reply = add(new Submission(oldSize, proof, ours.note()));
                    if (reply.status() == 200) {
                        lastCosigned.put(asked, ours.size());
                        return cosigned(reply.body());
                    }
                    if (reply.status() != 409 || !reply.type().equals("text/x.tlog.size")) {
                        return refused(reply);
                    }
                    if (!reply.body().matches("(0|[1-9][0-9]{0,18})\n?")) {
                        return new Outcome.Unreachable("409 without a size");
                    }
                    long seen = Long.parseLong(reply.body().strip());
                    if (seen > ours.size()) {
                        return new Outcome.SawMore(seen, kept().filter(kept -> kept.size() > ours.size()));
                    }
                    if (seen == oldSize) {
                        // An older wording of tlog-witness answers 409 for another root of the same size.
                        return refused(reply);
                    }
                    oldSize = seen;
                }
                return new Outcome.Behind(oldSize, "its size changed " + MAX_TRIES + " times while it was asked");
            } catch (ExecutionException | TimeoutException | IllegalArgumentException e) {
                return new Outcome.Unreachable(
                        e instanceof ExecutionException ? String.valueOf(e.getCause()) : String.valueOf(e));
            }
        }

        private Reply add(Submission submission) throws InterruptedException, ExecutionException, TimeoutException {
            return send(HttpRequest.newBuilder(peer.at("add-checkpoint"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(submission.encode())));
        }

        private Outcome cosigned(String lines) {
            try {
                VerifiedCheckpoint together =
                        log.checkpoint(ours.note() + lines, ours.checkpoint().origin());
                if (!together.checkpoint().equals(ours.checkpoint())) {
                    return new Outcome.Refused("its answer is no signature line", Optional.empty());
                }
                List<Cosignature> cosignatures = CosignedCheckpoint.cosignatures(together, peer.keys());
                return cosignatures.isEmpty()
                        ? new Outcome.Refused("its answer has no cosignature by its key", Optional.empty())
                        : new Outcome.Cosigned(cosignatures);
            } catch (InvalidNoteException e) {
                return new Outcome.Refused("its cosignature is wrong: " + e.getMessage(), Optional.empty());
            }
        }

        private Outcome refused(Reply reply) throws InterruptedException {
            Optional<VerifiedCheckpoint> contradiction =
                    kept().filter(kept -> kept.size() == ours.size() && !Arrays.equals(kept.root(), ours.root()));
            String said = reply.body().length() > 300 ? reply.body().substring(0, 300) : reply.body();
            return new Outcome.Refused(reply.status() + " " + said.strip(), contradiction);
        }

        /** What the witness cosigned last, when it shows it and our own key signed it. */
        private Optional<VerifiedCheckpoint> kept() throws InterruptedException {
            String origin = ours.checkpoint().origin();
            String hash = HexFormat.of().formatHex(Sha256.of(origin.getBytes(StandardCharsets.UTF_8)));
            try {
                Reply reply = send(
                        HttpRequest.newBuilder(peer.at(hash + "/checkpoint")).GET());
                return reply.status() == 200 ? Optional.of(log.checkpoint(reply.body(), origin)) : Optional.empty();
            } catch (ExecutionException | TimeoutException | InvalidNoteException e) {
                return Optional.empty();
            }
        }

        private Reply send(HttpRequest.Builder request)
                throws InterruptedException, ExecutionException, TimeoutException {
            try {
                return sendOnce(request);
            } catch (ExecutionException e) {
                // A connection that was kept open is often closed by the other side just now. All that is sent here
                // may be sent twice.
                return sendOnce(request);
            }
        }

        private Reply sendOnce(HttpRequest.Builder request)
                throws InterruptedException, ExecutionException, TimeoutException {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new TimeoutException("no time left");
            }
            CompletableFuture<HttpResponse<byte[]>> sent =
                    http.sendAsync(request.timeout(Duration.ofNanos(left)).build(), response -> new Bounded());
            try {
                HttpResponse<byte[]> response = sent.get(left, TimeUnit.NANOSECONDS);
                return new Reply(
                        response.statusCode(),
                        response.headers().firstValue("Content-Type").orElse(""),
                        new String(response.body(), StandardCharsets.UTF_8));
            } finally {
                // Also drops the connection of a witness that drips.
                sent.cancel(true);
            }
        }
    }

    /** A body of at most {@link #MAX_ANSWER} bytes; more is an error. */
    private static final class Bounded implements HttpResponse.BodySubscriber<byte[]> {
        private final HttpResponse.BodySubscriber<byte[]> all = HttpResponse.BodySubscribers.ofByteArray();
        private final CompletableFuture<Flow.Subscription> subscribed = new CompletableFuture<>();
        private long bytes;

        @Override
        public CompletionStage<byte[]> getBody() {
            return all.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscribed.complete(subscription);
            all.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> item) {
            for (ByteBuffer buffer : item) {
                bytes += buffer.remaining();
            }
            if (bytes > MAX_ANSWER) {
                subscribed.thenAccept(Flow.Subscription::cancel);
                all.onError(new IllegalStateException("more than " + MAX_ANSWER + " bytes"));
            } else {
                all.onNext(item);
            }
        }

        @Override
        public void onError(Throwable throwable) {
            all.onError(throwable);
        }

        @Override
        public void onComplete() {
            all.onComplete();
        }
    }
}
