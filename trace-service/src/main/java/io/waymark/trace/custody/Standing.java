package io.waymark.trace.custody;

import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.trace.batch.ObjectUri;
import java.time.Instant;
import java.util.Set;

/**
 * Where an object stands after its latest step. Immutable; {@link #after} is the one place that says what a step changes.
 *
 * @param n        number of its latest step; -1 = reserved, nothing signed yet
 * @param link     digest of its latest link; null before the first
 * @param parent   SSCC URI while packed
 * @param time     event time of the latest step, as its signer says
 */
record Standing(
        String uri,
        String maker,
        byte[] secret,
        String state,
        String holder,
        String place,
        String disposition,
        String parent,
        long n,
        byte[] link,
        String bizStep,
        Instant time,
        Long latE7,
        Long lonE7) {

    static final String RESERVED = "reserved";
    static final String ACTIVE = "active";
    static final String IN_TRANSIT = "in_transit";
    static final String SOLD = "sold";
    static final String ENDED = "ended";

    /** Steps by which an organisation that does not hold the object takes it. A receiver's signature passes possession; the shipper stays custodian until then. */
    static final Set<String> TAKING = Set.of("receiving", "loading", "accepting", "arriving", "collecting");

    /** Steps that hand it on. */
    static final Set<String> SENDING = Set.of("shipping", "departing", "loading", "transporting", "unloading");

    private static final Set<String> ENDING = Set.of("decommissioning", "destroying", "dispensing", "consuming");
    private static final Set<String> SELLING = Set.of("retail_selling");
    // Packed into a logistic unit until one of these.
    private static final Set<String> UNPACKING = Set.of("unpacking", "receiving");

    /** Something nobody recorded before: a logistic unit. */
    static Standing fresh(String uri, String maker, byte[] secret) {
        return new Standing(uri, maker, secret, RESERVED, null, null, null, null, -1, null, null, null, null, null);
    }

    /** The canonical URI of a logistic unit given as one or as 18 digits; null when it is neither. */
    static String unit(String sscc) {
        return ObjectUri.parse(sscc.length() == 18 ? "/00/" + sscc : sscc)
                .filter(u -> u.kind() == ObjectUri.Kind.LOGISTIC_UNIT)
                .map(ObjectUri::uri)
                .orElse(null);
    }

    boolean commissioned() {
        return n >= 0;
    }

    /** @param signer slug of the organisation whose key signed the step */
    Standing after(PublicSummary step, String signer, byte[] newLink) {
        String did = step.bizStep();
        String newState =
                switch (did) {
                    case "shipping", "departing", "loading", "transporting" -> IN_TRANSIT;
                    default ->
                        ENDING.contains(did)
                                ? ENDED
                                : SELLING.contains(did)
                                        ? SOLD
                                        : state.equals(RESERVED) || TAKING.contains(did) || did.equals("returning")
                                                ? ACTIVE
                                                : state;
                };
        boolean takes = n < 0 || TAKING.contains(did);
        String newParent = did.equals("packing") && step.parent() != null
                ? uri.equals(unit(step.parent())) ? parent : unit(step.parent())
                : UNPACKING.contains(did) || SELLING.contains(did) ? null : parent;
        return new Standing(
                uri,
                maker,
                secret,
                newState,
                takes ? signer : holder,
                step.place().isEmpty() ? place : step.place(),
                step.disposition() == null ? disposition : step.disposition(),
                newParent,
                n + 1,
                newLink,
                did,
                Instant.ofEpochMilli(step.timeMillis()),
                step.latE7(),
                step.lonE7());
    }
}
