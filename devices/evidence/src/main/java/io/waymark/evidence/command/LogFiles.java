package io.waymark.evidence.command;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The public files of a log, from a folder or over HTTP. */
interface LogFiles {
    /** A full bundle of the largest entries. */
    int MAX_FILE = 256 * (2 + 65_535);

    /** Empty when there is no such file; anything else that goes wrong is an exception. */
    Optional<byte[]> get(String path) throws CannotTellException;

    static LogFiles of(String urlOrFolder) throws CannotTellException {
        if (urlOrFolder.matches("https?://.*")) {
            return http(urlOrFolder.endsWith("/") ? urlOrFolder : urlOrFolder + "/");
        }
        Path folder = Path.of(urlOrFolder);
        if (!Files.isDirectory(folder)) {
            throw new CannotTellException(urlOrFolder + " is neither a folder nor an http address");
        }
        return path -> Files.exists(folder.resolve(path))
                ? Optional.of(Arguments.read(folder.resolve(path), MAX_FILE))
                : Optional.empty();
    }

    private static LogFiles http(String base) {
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        return path -> {
            URI uri = URI.create(base + path);
            HttpRequest request =
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build();
            try {
                HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
                try (InputStream body = response.body()) {
                    if (response.statusCode() == 404 || response.statusCode() == 410) {
                        return Optional.empty();
                    }
                    if (response.statusCode() != 200) {
                        throw new CannotTellException(uri + " answered " + response.statusCode());
                    }
                    byte[] bytes = body.readNBytes(MAX_FILE + 1);
                    if (bytes.length > MAX_FILE) {
                        throw new CannotTellException(uri + " is larger than " + MAX_FILE + " bytes");
                    }
                    return Optional.of(bytes);
                }
            } catch (IOException e) {
                throw new CannotTellException("cannot fetch " + uri + ": " + e, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CannotTellException("interrupted", e);
            }
        };
    }
}
