package io.waymark.trace.condition;

import java.util.List;

/**
 * A device's certificate and how long it is valid.
 *
 * @param device      stream id, lower-case hex
 * @param digest      SHA-256 of the certificate, lower-case hex: what a reading names in group 13
 * @param fromMillis  first ms it is valid
 * @param untilMillis first ms it is not any more
 */
public record Calibration(String device, String digest, long fromMillis, long untilMillis) {
    /** What the certificates say of a reading. */
    public enum Status {
        /** A certificate of the device was valid; if the reading names one, that one. */
        valid,
        /** There are certificates, and none was valid then; or the one that the reading names was not. */
        out_of_calibration,
        /** No certificate of the device is known. */
        unknown
    }

    /** @param named digest that the reading names, or null */
    public static Status of(List<Calibration> certificates, String device, long timeMillis, String named) {
        boolean any = false;
        for (Calibration c : certificates) {
            if (c.device.equals(device)) {
                any = true;
                if ((named == null || named.equals(c.digest))
                        && timeMillis >= c.fromMillis
                        && timeMillis < c.untilMillis) {
                    return Status.valid;
                }
            }
        }
        return any ? Status.out_of_calibration : Status.unknown;
    }
}
