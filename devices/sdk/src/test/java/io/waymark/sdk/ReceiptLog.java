package io.waymark.sdk;

import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.ReceiptKeys;
import io.waymark.evidence.log.Revocation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A log of receipt keys, their revocations and anything else, over HTTP. */
final class ReceiptLog implements HashSource, AutoCloseable {
    private final NoteSigner signer;
    private final List<byte[]> entries = new ArrayList<>();
    private final List<Integer> told = new ArrayList<>();
    private final HttpServer server;
    private volatile byte[] file = new byte[0];

    ReceiptLog() throws IOException {
        this(new NoteSigner("trace.example/receipts", SigningKey.generate(Algorithm.ED25519)));
    }

    ReceiptLog(NoteSigner signer) throws IOException {
        this.signer = signer;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/ledger/", exchange -> {
            byte[] body = exchange.getRequestURI().getPath().equals("/ledger/key")
                    ? (vkey() + "\n").getBytes(StandardCharsets.UTF_8)
                    : file;
            exchange.sendResponseHeaders(body.length == 0 ? 404 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    String vkey() {
        return signer.verifier().vkey();
    }

    NoteSigner signer() {
        return signer;
    }

    private static byte[] stream(SigningKey key) {
        return Arrays.copyOf(MerkleHash.sha256(key.verificationKey().coseKey()), 16);
    }

    static byte[] binding(SigningKey key, String role) {
        return new KeyBinding(
                        stream(key),
                        key.verificationKey(),
                        role,
                        "platform",
                        new byte[32],
                        "trace.example",
                        "self-declared",
                        0,
                        "")
                .entry();
    }

    ReceiptLog grow(int by) {
        for (int i = 0; i < by; i++) entries.add(("\t" + entries.size()).getBytes(StandardCharsets.UTF_8));
        return this;
    }

    ReceiptLog tell(byte[] entry) {
        told.add(entries.size());
        entries.add(entry);
        return this;
    }

    ReceiptLog bind(SigningKey key) {
        return tell(binding(key, KeyBinding.RECEIPT));
    }

    ReceiptLog revoke(SigningKey key) {
        return tell(Revocation.plain(stream(key), key.verificationKey().kid(), Revocation.SUPERSEDED)
                .entry());
    }

    /** All that was told, as of now. */
    byte[] file() {
        return of(told, signer).encode();
    }

    ReceiptKeys of(List<Integer> indexes, NoteSigner by) {
        CompactTree tree = new CompactTree();
        entries.forEach(entry -> tree.append(MerkleHash.leaf(entry)));
        return new ReceiptKeys(
                by.sign(new Checkpoint(signer.verifier().name(), entries.size(), tree.root()).text()),
                indexes.stream()
                        .map(i -> new HandOvers.Placed(entries.get(i), InclusionProof.of(i, entries.size(), this)))
                        .toList(),
                null);
    }

    /** From here on it is what the server gives. */
    ReceiptLog publish() {
        return publish(file());
    }

    ReceiptLog publish(byte[] other) {
        file = other;
        return this;
    }

    @Override
    public byte[] hash(int level, long index) {
        return level == 0
                ? MerkleHash.leaf(entries.get((int) index))
                : MerkleHash.node(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
