package io.waymark.simulator.certify;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code certify}: progress on stderr, the report on stdout. Exit 0 certified, 1 not certified, 2 cannot tell, also for usage and a port that is taken. */
@Command(
        name = "certify",
        description =
                "Examines a device: is its broker and its platform, withholds receipts, lies and dies, and reports what the firmware did.",
        mixinStandardHelpOptions = true)
public final class CertifyCommand implements Callable<Integer> {
    private static final int CANNOT_TELL = 2;
    private static final String RECEIPT_KEY = "receipt.seed";

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--topic", required = true, description = "where the device publishes: v1/{tenant}/{site}/{id}")
    String topic = "";

    @Option(names = "--key", required = true, description = "the device's public key: its COSE_Key in hexadecimal")
    String key = "";

    @Option(
            names = "--folder",
            required = true,
            description = "keeps the receipt key of these examinations, so that the firmware can be told once")
    Path folder = Path.of("");

    @Option(names = "--port", defaultValue = "1883", description = "to listen on (default ${DEFAULT-VALUE})")
    int port;

    @Option(names = "--keystore", description = "PKCS#12 file with the broker's certificate: TLS")
    @Nullable
    Path keystore;

    // From the environment, not from an argument: arguments can be read by every user of the machine.
    @Option(
            names = "--keystore-password",
            defaultValue = "${env:WAYMARK_CERTIFY_KEYSTORE_PASSWORD}",
            description = "or WAYMARK_CERTIFY_KEYSTORE_PASSWORD")
    @Nullable
    String keystorePassword;

    @Option(
            names = "--patience",
            defaultValue = "120",
            description = "seconds for anything the device should do (default ${DEFAULT-VALUE})")
    int patience;

    @Option(
            names = "--outage",
            defaultValue = "10",
            description = "seconds the broker is dead (default ${DEFAULT-VALUE})")
    int outage;

    @Option(
            names = "--quiet",
            defaultValue = "60",
            description = "seconds in which nothing with a receipt may come again (default ${DEFAULT-VALUE})")
    int quiet;

    @Option(
            names = "--restart-within",
            defaultValue = "300",
            description = "seconds for the restart, by hand unless --restart-with (default ${DEFAULT-VALUE})")
    int restartWithin;

    @Option(names = "--restart-with", paramLabel = "COMMAND", description = "shell command that restarts the device")
    @Nullable
    String restartWith;

    @Option(names = "--no-restart", description = "the device cannot be restarted here; its checks stay \"not seen\"")
    boolean noRestart;

    @Option(names = "--json", description = "the report as one line of JSON")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec == null
                ? new PrintWriter(System.err, true)
                : spec.commandLine().getErr();
        PrintWriter out = spec == null
                ? new PrintWriter(System.out, true)
                : spec.commandLine().getOut();
        try (Certification certification = open(err)) {
            List<Check> checks = certification.run();
            if (json) out.println(Report.json(checks));
            else Report.text(out, checks);
            out.flush();
            return Certification.exitCode(checks);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            err.flush();
            return CANNOT_TELL;
        }
    }

    private Certification open(PrintWriter err) throws IOException, GeneralSecurityException {
        Certification.Candidate candidate = new Certification.Candidate(topic, deviceKey());
        SigningKey receiptKey = receiptKey();
        Certification.Timing timing = new Certification.Timing(
                seconds(patience),
                seconds(outage),
                Certification.Timing.USUAL.settle(),
                seconds(quiet),
                seconds(restartWithin),
                Certification.Timing.USUAL.skew());
        err.println("receipts of this examination are signed by "
                + HexFormat.of().formatHex(receiptKey.verificationKey().coseKey()));
        err.flush();
        return new Certification(candidate, timing, port, sockets(), receiptKey, new Certification.Operator() {
            @Override
            public void say(String what) {
                err.println(what);
                err.flush();
            }

            @Override
            public boolean restart() {
                return !noRestart && (restartWith == null || ran(restartWith, err));
            }
        });
    }

    private static Duration seconds(int value) {
        if (value < 0 || value > 86_400) throw new IllegalArgumentException(value + " s is not within a day");
        return Duration.ofSeconds(value);
    }

    private VerificationKey deviceKey() {
        try {
            return VerificationKey.ofCose(HexFormat.of().parseHex(key.strip()));
        } catch (MalformedException | IllegalArgumentException e) {
            throw new IllegalArgumentException("--key is not a COSE_Key in hexadecimal: " + e.getMessage(), e);
        }
    }

    private SigningKey receiptKey() throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(RECEIPT_KEY);
        if (!Files.exists(file)) {
            SigningKey fresh = SigningKey.generate(Algorithm.ED25519);
            // Owner-only before the first byte. Nothing but examinations trusts this key.
            if (Files.getFileStore(folder).supportsFileAttributeView("posix"))
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(
                    file,
                    HexFormat.of().formatHex(fresh.secretBytes()),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
        }
        if (Files.size(file) > 200) throw new IOException(RECEIPT_KEY + " is not 32 bytes in hexadecimal");
        try {
            return SigningKey.ofSeed(
                    HexFormat.of().parseHex(Files.readString(file).strip()));
        } catch (IllegalArgumentException e) {
            throw new IOException(RECEIPT_KEY + " is not 32 bytes in hexadecimal", e);
        }
    }

    private ServerSocketFactory sockets() throws IOException, GeneralSecurityException {
        if (keystore == null) return ServerSocketFactory.getDefault();
        if (keystorePassword == null)
            throw new IllegalArgumentException("set WAYMARK_CERTIFY_KEYSTORE_PASSWORD to the password of --keystore");
        char[] password = keystorePassword.toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keystore)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        return tls.getServerSocketFactory();
    }

    private static boolean ran(String command, PrintWriter err) {
        try {
            int status = new ProcessBuilder("sh", "-c", command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            if (status == 0) return true;
            err.println("the restart command ended with " + status);
        } catch (IOException e) {
            err.println("the restart command: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        err.flush();
        return false;
    }
}
