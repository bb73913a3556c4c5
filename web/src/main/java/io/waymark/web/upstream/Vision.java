package io.waymark.web.upstream;

import jakarta.inject.Singleton;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** vision as the photo check and the console use it. */
@Singleton
public class Vision {
    private static final Logger LOG = Logger.getLogger(Vision.class);

    private final Upstream vision;
    private final Upstream counting;
    private final String token;

    Vision(WebConfig config) {
        this.vision = new Upstream("vision", config.visionUrl(), config.photoTimeout());
        this.counting = new Upstream("vision", config.visionUrl(), config.photoCountTimeout());
        this.token = config.serviceToken();
    }

    /** Compares a photo (JPEG or PNG bytes) with the photos registered for the object. 404 when none is registered. */
    public Answer match(String uri, String mediaType, byte[] photo) {
        return vision.postBytes("/vision/matches?uri=" + Upstream.encoded(uri), token, mediaType, photo, 64 << 10);
    }

    /**
     * Asks, without waiting, whether photos of the object are registered. The supplier waits for the answer: false only when vision says
     * there are none. A page that offers the check in vain explains that; a page without it cannot be helped.
     */
    public BooleanSupplier photographed(String uri) {
        String path = "/vision/photos/count?uri=" + Upstream.encoded(uri);
        Upstream.Pending pending = counting.getLater(path, token, 1 << 10);
        return () -> {
            try {
                Answer answer = pending.await();
                return !answer.ok() || answer.json().path("count").asLong(1) > 0;
            } catch (UpstreamUnavailable e) {
                LOG.warnf("photos not counted: %s", e.getMessage());
                return true;
            }
        };
    }

    /** The newest images of a device, under the person's own session. */
    public Answer imagesOf(String device, String session) {
        return vision.get("/vision/devices/" + device + "/images", session, 64 << 10);
    }
}
