package io.waymark.vision;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/** Everything an operator sets for this service, besides the datasource "vision" (README). */
@ConfigMapping(prefix = "waymark.vision")
public interface VisionConfig {
    /** Encrypted photographs, fingerprints and chunks. Belongs on a disk that is backed up; useless without the master key. */
    @WithDefault("data/vision/blobs")
    Path blobDir();

    /**
     * 32 bytes in hexadecimal, readable by the service's account only. Created at the first start; never created again once
     * something is stored. Back it up apart from the blobs: without it every photograph is lost.
     */
    @WithDefault("data/vision/master.key")
    Path masterKeyFile();

    /** Where OpenCV's libraries are unpacked (about 200 MB). Code is loaded from here: nobody else may write to it. */
    @WithDefault("data/vision/native")
    Path nativeCacheDir();

    /** trace-service: asked whose session or API key a token is, who made an object, and where the ledger has a photograph's digest. */
    @WithDefault("http://localhost:8081")
    URI traceUrl();

    /** This service's token at trace-service, its {@code waymark.trace.service-token.vision}. Without one the service does not start. */
    String traceToken();

    /** Tokens of the other services, by role word: ingest, web, operator. A role without a token cannot be used. */
    Map<String, String> serviceToken();

    /** Registered photographs an object may have; each one more costs 40 ms a comparison. */
    @WithDefault("12")
    int maxPhotosPerObject();

    /** Bytes of device-image chunks a tenant may have under way, complete images not counted. */
    @WithDefault("268435456")
    long maxUnfinishedBytes();

    /** Of these, bytes of chunks whose manifest has not come. */
    @WithDefault("67108864")
    long maxOrphanBytes();

    /** Bytes of images that one device may announce in 24 hours; the next one is taken when there is room again, the device asks by itself. */
    @WithDefault("536870912")
    long maxDeviceBytesPerDay();
}
