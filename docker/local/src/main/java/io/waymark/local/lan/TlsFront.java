package io.waymark.local.lan;

import io.waymark.local.CannotProceed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * Ends TLS on all interfaces and passes the bytes to the services' loopback port.
 *
 * <p>Not Quarkus' own TLS port: Quarkus binds plain HTTP and TLS to one address, so phones could reach the plain port too. Cost: the
 * services see every visitor as 127.0.0.1, so limits per address count all phones together; that is acceptable for a demonstration in one
 * room, which is what {@code --lan} is for.
 */
public final class TlsFront implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(TlsFront.class.getName());
    private static final int MAX_CONNECTIONS = 100;
    private static final int IDLE_MILLIS = 60_000;

    private final SSLServerSocket listener;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads =
            new ThreadPoolExecutor(0, 2 * MAX_CONNECTIONS + 1, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "waymark-tls");
                thread.setDaemon(true);
                return thread;
            });

    private TlsFront(SSLServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /** Listens on {@code port} of all interfaces and forwards to {@code target} on 127.0.0.1. */
    public static TlsFront start(SSLContext context, int port, int target) throws CannotProceed {
        try {
            SSLServerSocket listener =
                    (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(port));
            listener.setEnabledProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            TlsFront front = new TlsFront(listener, target);
            front.threads.execute(front::accept);
            return front;
        } catch (IOException e) {
            throw new CannotProceed("cannot serve TLS on port " + port + ": " + e.getMessage(), e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                SSLSocket phone = (SSLSocket) listener.accept();
                if (open.size() >= MAX_CONNECTIONS) {
                    phone.close();
                    continue;
                }
                open.add(phone);
                threads.execute(() -> serve(phone));
            } catch (IOException | RejectedExecutionException e) {
                if (!listener.isClosed()) {
                    LOG.log(Level.WARNING, "a connection could not be taken", e);
                }
            }
        }
    }

    private void serve(SSLSocket phone) {
        try (phone;
                Socket service = new Socket(InetAddress.getLoopbackAddress(), target)) {
            phone.setSoTimeout(IDLE_MILLIS);
            service.setSoTimeout(IDLE_MILLIS);
            phone.startHandshake();
            threads.execute(() -> pass(service, phone));
            pass(phone, service);
        } catch (IOException | RejectedExecutionException e) {
            LOG.log(Level.FINE, "connection ended", e); // A phone that walks away or distrusts the certificate: normal.
        } finally {
            open.remove(phone);
        }
    }

    /** Copies until either side ends, then closes both, so that the other direction ends too. */
    private static void pass(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            LOG.log(Level.FINE, "connection ended", e);
        }
    }

    /**
     * The address phones use.
     *
     * @param named null = none wanted, empty = this machine's first private address that is up, otherwise the address itself
     * @return null when none is wanted
     */
    public static InetAddress address(String named) throws CannotProceed {
        if (named == null) {
            return null;
        }
        if (named.isEmpty()) {
            return privateAddress();
        }
        try {
            InetAddress address = InetAddress.getByName(named);
            if (address.isSiteLocalAddress() || address.isLoopbackAddress() || address.isLinkLocalAddress()) {
                return address;
            }
        } catch (UnknownHostException e) {
            throw new CannotProceed("--lan: " + named + " is not an address", e);
        }
        throw new CannotProceed(
                "--lan: " + named + " is not a private address; the local authority cannot vouch for it");
    }

    private static InetAddress privateAddress() throws CannotProceed {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(TlsFront::isUsable)
                    .flatMap(network -> Collections.list(network.getInetAddresses()).stream())
                    .filter(InetAddress::isSiteLocalAddress)
                    .findFirst()
                    .orElseThrow(() -> new CannotProceed(
                            "this machine has no address in a private network: connect it to one, name one with --lan=ADDRESS, or start without"
                                    + " --lan"));
        } catch (SocketException e) {
            throw new CannotProceed("cannot list network addresses: " + e, e);
        }
    }

    private static boolean isUsable(NetworkInterface network) {
        try {
            return network.isUp() && !network.isLoopback() && !network.isPointToPoint();
        } catch (SocketException e) {
            return false; // It disappeared while we looked.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket phone : open) {
            phone.close();
        }
        threads.shutdownNow();
    }
}
