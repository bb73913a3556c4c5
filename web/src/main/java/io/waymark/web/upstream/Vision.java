package io.waymark.web.upstream;

import jakarta.inject.Singleton;

/** vision as the photo check uses it. */
@Singleton
public class Vision {
    private final Upstream vision;
    private final String token;

    Vision(WebConfig config) {
        this.vision = new Upstream("vision", config.visionUrl(), config.photoTimeout());
        this.token = config.serviceToken();
    }

    /** Compares a photo (JPEG or PNG bytes) with the photos registered for the object. 404 when none is registered. */
    public Answer match(String uri, String mediaType, byte[] photo) {
        return vision.postBytes("/vision/matches?uri=" + Upstream.encoded(uri), token, mediaType, photo, 64 << 10);
    }
}
