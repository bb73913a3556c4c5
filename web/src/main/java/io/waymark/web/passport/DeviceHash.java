package io.waymark.web.passport;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells phones apart within one UTC day without knowing them: HMAC-SHA256 of address and user agent under a random key that exists only
 * in memory and is replaced at midnight. Afterwards nobody, the operator included, can compute or compare the hash again.
 * Price: the same phone counts anew on another day or after a restart, and phones behind one address with one browser count as one.
 */
@Singleton
public class DeviceHash {
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private LocalDate day;
    private byte[] key;

    @Inject
    DeviceHash() {
        this(Clock.systemUTC());
    }

    DeviceHash(Clock clock) {
        this.clock = clock;
    }

    /** 32 hex digits. */
    public String of(String address, String userAgent) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(todaysKey(), "HmacSHA256"));
            mac.update(String.valueOf(address).getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            mac.update(String.valueOf(userAgent).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(mac.doFinal(), 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private synchronized byte[] todaysKey() {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (!today.equals(day)) {
            key = new byte[32];
            random.nextBytes(key);
            day = today;
        }
        return key;
    }
}
