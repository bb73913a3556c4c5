package io.waymark.evidence.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.LogForTests;
import io.waymark.evidence.log.Cosignature.Type;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.witness.WitnessClient.Outcome;
import io.waymark.evidence.witness.WitnessClient.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log and its witnesses, each witness a process of its own. */
class WitnessClientTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final LogForTests log = new LogForTests();
    private final WitnessClient client = new WitnessClient();

    @TempDir
    Path folder;

    private WitnessProcess one;

    @BeforeEach
    void start() throws IOException {
        one = WitnessProcess.start(folder.resolve("one"), "one.example/w", "--ml-dsa");
    }

    @AfterEach
    void stop() {
        one.close();
        client.close();
    }

    private Outcome ask(Peer peer, LogForTests of, long size) throws InterruptedException {
        return client.cosign(peer, of.key(), of.checkpoint(size), of::between, LONG);
    }

    private static Peer peer(String address) {
        Cosigner any = Cosigner.of("any.example", Type.ED25519, new byte[32]);
        return new Peer(URI.create(address), List.of(any.verifier()));
    }

    @Test
    void bringsNewAndOldWitnessesUpToDateUntilThePolicyIsSatisfied() throws Exception {
        try (WitnessProcess two = WitnessProcess.start(folder.resolve("two"), "two.example/w");
                WitnessProcess three = WitnessProcess.start(folder.resolve("three"), "three.example/w")) {
            Policy policy = Policy.parse("log " + log.key().vkey() + "\nwitness one "
                    + one.keys.get(0).vkey()
                    + "\nwitness two " + two.keys.get(0).vkey() + "\nwitness three "
                    + three.keys.get(0).vkey() + "\ngroup q 2 one two three\nquorum q\n");
            ask(two.peer(), log, 5);
            three.close();

            VerifiedCheckpoint checkpoint = log.checkpoint(12);
            Map<Peer, Outcome> outcomes = client.cosign(
                    List.of(one.peer(), two.peer(), three.peer()), log.key(), checkpoint, log::between, LONG);

            StringBuilder note = new StringBuilder(checkpoint.note());
            outcomes.values().forEach(outcome -> {
                if (outcome instanceof Outcome.Cosigned cosigned) {
                    cosigned.cosignatures().forEach(cosignature -> note.append(cosignature.line()));
                }
            });
            assertEquals(
                    2,
                    ((Outcome.Cosigned) outcomes.get(one.peer())).cosignatures().size());
            assertInstanceOf(Outcome.Unreachable.class, outcomes.get(three.peer()));
            Policy.Judgement judgement = policy.judge(policy.read(note.toString()));
            assertTrue(judgement.satisfied());
            assertEquals(List.of("three"), judgement.missing());
            assertFalse(policy.judge(policy.read(checkpoint.note())).satisfied());
            assertInstanceOf(Outcome.Cosigned.class, ask(one.peer(), log, 12));
        }
    }

    @Test
    void saysWhenAWitnessHasSeenMoreThanTheLog() throws Exception {
        ask(one.peer(), log, 12);

        Outcome.SawMore more = assertInstanceOf(Outcome.SawMore.class, ask(one.peer(), log, 7));

        assertEquals(12, more.size());
        assertEquals(12, more.proof().orElseThrow().size());
    }

    @Test
    void showsTheContradictionWhenTheLogForked() throws Exception {
        ask(one.peer(), log, 7);
        LogForTests fork = log.fork(3, "other");

        Outcome.Refused same = assertInstanceOf(Outcome.Refused.class, ask(one.peer(), fork, 7));
        Outcome.Refused larger = assertInstanceOf(Outcome.Refused.class, ask(one.peer(), fork, 9));

        assertEquals(
                log.checkpoint(7).checkpoint(),
                same.contradiction().orElseThrow().checkpoint());
        assertTrue(same.reason().startsWith("422 "), same.reason());
        assertTrue(larger.contradiction().isEmpty());
    }

    @Test
    void isBehindWithoutAProof() throws Exception {
        ask(one.peer(), log, 7);

        Outcome outcome = client.cosign(
                one.peer(),
                log.key(),
                log.checkpoint(9),
                (from, to) -> {
                    throw new IOException("no tiles");
                },
                LONG);

        assertEquals(7, assertInstanceOf(Outcome.Behind.class, outcome).size());
    }

    @Test
    void aWitnessThatKeepsSilentCostsTheLimitAndNoMore() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Peer deaf = peer("http://127.0.0.1:" + silent.getLocalPort());
            Map<Peer, Outcome> outcomes = client.cosign(
                    List.of(deaf, one.peer()), log.key(), log.checkpoint(5), log::between, Duration.ofSeconds(10));

            assertInstanceOf(Outcome.Unreachable.class, outcomes.get(deaf));
            assertInstanceOf(Outcome.Cosigned.class, outcomes.get(one.peer()));
        }
        assertInstanceOf(Outcome.Unreachable.class, ask(peer("http://127.0.0.1:1"), log, 5));
    }

    @Test
    void believesNoAnswerItCannotVerify() throws Exception {
        HttpServer liar = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[][] answer = new byte[1][];
        int[] status = {200};
        String[] type = {"text/plain"};
        liar.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type[0]);
            exchange.sendResponseHeaders(status[0], answer[0].length);
            exchange.getResponseBody().write(answer[0]);
            exchange.close();
        });
        liar.start();
        try {
            Peer peer = peer("http://127.0.0.1:" + liar.getAddress().getPort() + "/w");
            Cosigner own = Cosigner.of("any.example", Type.ED25519, new byte[32]);
            String[] lies = {
                "",
                "nonsense\n",
                own.cosign(log.checkpoint(4), 1).line(),
                Cosigner.of("other.example", Type.ED25519, new byte[32])
                        .cosign(log.checkpoint(5), 1)
                        .line(),
                "\n" + own.cosign(log.checkpoint(5), 1).line(),
                "x".repeat(2 << 20)
            };
            for (String lie : lies) {
                answer[0] = lie.getBytes(StandardCharsets.UTF_8);
                Outcome outcome = ask(peer, log, 5);
                assertFalse(outcome instanceof Outcome.Cosigned, lie);
            }
            answer[0] = own.cosign(log.checkpoint(5), 1).line().getBytes(StandardCharsets.UTF_8);
            assertInstanceOf(Outcome.Cosigned.class, ask(peer, log, 5));
            status[0] = 409;
            type[0] = "text/x.tlog.size";
            answer[0] = "900\n".getBytes(StandardCharsets.UTF_8);
            Outcome.SawMore claimed = assertInstanceOf(Outcome.SawMore.class, ask(peer, log, 5));
            assertTrue(claimed.proof().isEmpty());
            answer[0] = "99999999999999999999\n".getBytes(StandardCharsets.UTF_8);
            assertInstanceOf(Outcome.Unreachable.class, ask(peer, log, 5));
        } finally {
            liar.stop(0);
        }
    }
}
