package io.waymark.local.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both ends played by hand, in PostgreSQL's bytes. The server's end is real enough: it sees what arrives, and answers. */
class CommitProxyTest {
    private static final byte[] STARTUP = {0, 0, 0, 8, 0, 3, 0, 0};

    private ServerSocket listening;
    private CommitProxy proxy;
    private Socket client;
    private Socket server;

    @BeforeEach
    void aConnectionThroughTheProxy() throws Exception {
        listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        proxy = new CommitProxy(listening.getLocalPort());
        client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(60_000);
        client.getOutputStream().write(STARTUP);
        server = listening.accept();
        server.setSoTimeout(60_000);
        assertArrayEquals(STARTUP, server.getInputStream().readNBytes(STARTUP.length));
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        proxy.close();
        listening.close();
    }

    @Test
    void whatIsNoCommitPassesUnchangedInBothDirections() throws Exception {
        proxy.arm(CommitProxy.Cut.BEFORE_IT_WAS_SENT);
        byte[] query = message('Q', text("SELECT 'COMMIT'"));
        passes(query);
        passes(message('P', text("S_1"), text("COMMIT AND CHAIN"), new byte[2]));
        passes(message('B', text(""), text("S_1"), new byte[6]));

        byte[] answer = message('C', text("SELECT 1"));
        server.getOutputStream().write(answer);
        assertArrayEquals(answer, client.getInputStream().readNBytes(answer.length));
        assertEquals(0, proxy.cuts());
    }

    @Test
    void anUncutCommitPasses() throws Exception {
        passes(message('Q', text("COMMIT")));
        byte[] answer = message('C', text("COMMIT"));
        server.getOutputStream().write(answer);
        assertArrayEquals(answer, client.getInputStream().readNBytes(answer.length));
    }

    @Test
    void aSimpleCommitThatIsCutNeverArrives() throws Exception {
        proxy.arm(CommitProxy.Cut.BEFORE_IT_WAS_SENT);
        client.getOutputStream().write(message('Q', text("COMMIT")));

        assertEquals(-1, server.getInputStream().read(), "the server sees the end, and nothing before it");
        assertEquals(1, proxy.cuts());
        assertTrue(ended(client));
    }

    @Test
    void aPreparedCommitIsKnownByItsName() throws Exception {
        passes(message('P', text("S_7"), text("COMMIT"), new byte[2]));
        passes(message('B', text(""), text("S_7"), new byte[6]));
        proxy.arm(CommitProxy.Cut.BEFORE_IT_WAS_SENT);
        client.getOutputStream().write(message('B', text(""), text("S_7"), new byte[6]));

        assertEquals(-1, server.getInputStream().read());
        assertEquals(1, proxy.cuts());
    }

    @Test
    void aNameThatIsGivenToAnotherStatementIsForgotten() throws Exception {
        passes(message('P', text(""), text("COMMIT"), new byte[2]));
        passes(message('P', text(""), text("SELECT 1"), new byte[2]));
        proxy.arm(CommitProxy.Cut.BEFORE_IT_WAS_SENT);
        passes(message('B', text(""), text(""), new byte[6]));
        assertEquals(0, proxy.cuts());
    }

    @Test
    void anExecutedCommitLosesItsAnswerAndNothingBeforeIt() throws Exception {
        proxy.arm(CommitProxy.Cut.AFTER_IT_WAS_EXECUTED);
        passes(message('Q', text("COMMIT")));
        byte[] notice = message('N', text("by the way"));
        server.getOutputStream().write(notice);
        assertArrayEquals(notice, client.getInputStream().readNBytes(notice.length));
        server.getOutputStream().write(message('C', text("COMMIT")));

        assertTrue(ended(client));
        assertEquals(1, proxy.cuts());
    }

    private void passes(byte[] message) throws IOException {
        client.getOutputStream().write(message);
        assertArrayEquals(message, server.getInputStream().readNBytes(message.length));
    }

    private static boolean ended(Socket socket) {
        try {
            return new DataInputStream(socket.getInputStream()).read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }

    private static byte[] message(char type, byte[]... parts) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.write(part);
        }
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(message);
        out.writeByte(type);
        out.writeInt(4 + content.size());
        out.write(content.toByteArray());
        return message.toByteArray();
    }
}
