package io.waymark.vision.access;

import io.waymark.vision.VisionConfig;
import io.waymark.vision.vault.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The tokens other services of this installation call with. They name a service, never a tenant. */
@ApplicationScoped
public class ServiceTokens {
    private static final Set<String> CALLERS = Set.of("ingest", "web", "operator");

    private final Map<String, byte[]> digestByCaller;

    ServiceTokens(VisionConfig config) {
        digestByCaller = config.serviceToken().entrySet().stream()
                .filter(token ->
                        CALLERS.contains(token.getKey()) && !token.getValue().isBlank())
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, token -> digest(token.getValue())));
    }

    /** "service-ingest", "service-web" or "service-operator" for a known token. */
    Optional<String> role(String token) {
        byte[] given = digest(token);
        // Digests of equal length, compared in constant time: neither length nor prefix of a token can be measured.
        return digestByCaller.entrySet().stream()
                .filter(known -> MessageDigest.isEqual(known.getValue(), given))
                .map(known -> "service-" + known.getKey())
                .findFirst();
    }

    private static byte[] digest(String token) {
        return Digest.of(token.getBytes(StandardCharsets.UTF_8)).bytes();
    }
}
