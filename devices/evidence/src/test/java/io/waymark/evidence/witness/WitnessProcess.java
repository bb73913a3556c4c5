package io.waymark.evidence.witness;

import io.waymark.evidence.CommandProcess;
import io.waymark.evidence.LogForTests;
import io.waymark.evidence.log.CosignatureVerifier;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A witness of {@link LogForTests} as its operator runs it: its own process, folder and key. */
final class WitnessProcess implements AutoCloseable {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final CommandProcess command;
    final List<CosignatureVerifier> keys;

    private WitnessProcess(CommandProcess command) {
        this.command = command;
        this.keys = command.printed().stream()
                .filter(line -> line.startsWith("vkey "))
                .map(line -> CosignatureVerifier.ofVkey(line.substring(5)))
                .toList();
    }

    static WitnessProcess start(Path folder, String name, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--log", new LogForTests().key().vkey()));
        return startWith(folder, name, arguments);
    }

    /** @param more what it watches, among other things */
    static WitnessProcess startWith(Path folder, String name, List<String> more) throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("witness", "--name", name, "--folder", folder.toString(), "--listen", "127.0.0.1:0"));
        arguments.addAll(more);
        return new WitnessProcess(CommandProcess.start(arguments));
    }

    URI at(String path) {
        return command.address().resolve(path);
    }

    WitnessClient.Peer peer() {
        return new WitnessClient.Peer(command.address(), keys);
    }

    HttpResponse<String> add(Submission submission) throws IOException, InterruptedException {
        return post(submission.encode());
    }

    HttpResponse<String> post(byte[] body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(at("/add-checkpoint")).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(at(path)));
    }

    static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        command.close();
    }
}
