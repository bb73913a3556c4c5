package io.waymark.vision.photo;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.vault.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import org.junit.jupiter.api.Test;

class LedgerEntriesTest {
    private static final ObjectUri ITEM = ObjectUri.of("https://id.gs1.org/01/09506000134352/21/A");

    @Test
    void aTraceServiceThatHangsUpIsAskedAgainLater() throws IOException {
        try (ServerSocket hangsUp = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            Thread server = new Thread(() -> hangUp(hangsUp));
            server.setDaemon(true);
            server.start();
            LedgerEntries entries = new LedgerEntries(
                    URI.create("http://127.0.0.1:" + hangsUp.getLocalPort()), "token-of-the-test", new ObjectMapper());
            VisionProblem index =
                    assertThrows(VisionProblem.class, () -> entries.index("mill", ITEM, Digest.of(new byte[0])));
            assertTrue(index.isTemporary());
            VisionProblem maker = assertThrows(VisionProblem.class, () -> entries.checkMaker("mill", ITEM));
            assertTrue(maker.isTemporary());
        }
    }

    private static void hangUp(ServerSocket server) {
        try {
            while (true) {
                server.accept().close();
            }
        } catch (IOException closed) {
            // the test is over
        }
    }
}
