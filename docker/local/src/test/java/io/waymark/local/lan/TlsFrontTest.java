package io.waymark.local.lan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFrontTest {
    @TempDir
    Path folder;

    @Test
    void clientThatInstalledTheAuthorityReachesTheService() throws Exception {
        HttpServer service = service();
        LocalAuthority authority = LocalAuthority.of(home(), "password");
        int port = freePort();
        InetAddress address = InetAddress.getByName("192.168.7.7");
        try (TlsFront front = TlsFront.start(
                authority.serverContext(address), port, service.getAddress().getPort())) {
            assertEquals("hello", get("https://localhost:" + port + "/", trusting(authority)));
            assertEquals("hello", get("https://127.0.0.1:" + port + "/", trusting(authority)));
        } finally {
            service.stop(0);
        }
    }

    /**
     * A stolen authority key must not be good for a bank's name. Only the certificate's shape is checked here: Java ignores a trust anchor's
     * own constraints, while {@code openssl verify} and the phones' browsers apply them (tried by hand with openssl 3.0: "permitted subtree
     * violation" for a certificate of 203.0.113.9).
     */
    @Test
    void authorityIsConstrainedToPrivateNames() throws Exception {
        X509Certificate ca = certificate(LocalAuthority.of(home(), "password"));
        assertTrue(ca.getCriticalExtensionOIDs().contains("2.5.29.30"));
        assertEquals(0, ca.getBasicConstraints());
    }

    @Test
    void authorityStaysTheSameOverRestarts() throws Exception {
        String first = LocalAuthority.of(home(), "password").fingerprint();
        assertEquals(first, LocalAuthority.of(home(), "password").fingerprint());
        assertEquals(32 * 3 - 1, first.length());
    }

    private Home home() throws Exception {
        return Home.at(folder.resolve("home")).open();
    }

    private static HttpServer service() throws IOException {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            exchange.close();
        });
        service.start();
        return service;
    }

    private static X509Certificate certificate(LocalAuthority authority) throws Exception {
        try (var in = Files.newInputStream(authority.certificateFile())) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static SSLContext trusting(LocalAuthority authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate(authority));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static String get(String url, SSLContext context) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(context)
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
