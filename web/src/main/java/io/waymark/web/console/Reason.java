package io.waymark.web.console;

import java.util.Map;

/**
 * Why a message was refused, in a sentence, and what its owner can do. The codes are those of ingest and trace-service;
 * {@code malformed-…} are the rules of FORMAT.md. A code this page does not know is shown as it is.
 *
 * @param advice empty for an unknown code
 */
public record Reason(String code, String says, String advice) {
    private static final String MALFORMED = "malformed-";
    private static final String UPDATE =
            "Update the device’s software: it must write messages as FORMAT.md says. If it happens "
                    + "now and then only, look at the link that carries them.";

    private static final Map<String, String[]> KNOWN = Map.ofEntries(
            known(
                    "wrong-topic",
                    "The topic is not the one of this device.",
                    "Set the topic that its registration answered: v1, your organisation, the device’s site, its id, r."),
            known(
                    "topic-mismatch",
                    "The topic names one device, the signed message another.",
                    "Look for two devices with one configuration; each needs its own id, key and topic."),
            known(
                    "unknown-device",
                    "No such device is registered.",
                    "Register it with its key; it keeps what it has not had a receipt for and sends it again. "
                            + "If it is not yours, leave it here."),
            known(
                    "unknown-key",
                    "It was signed with a key that is not bound to the device.",
                    "If the device was given a new key, register that key. If not, find out who else signs in its name."),
            known(
                    "bad-signature",
                    "The signature does not fit the message: it was changed on the way, or signed with another key.",
                    "Check the device and what lies between. If it goes on, revoke the key and register a new one."),
            known(
                    "key-revoked",
                    "The key had been revoked before this arrived.",
                    "Take the device out of use, or register a new key for it. What it signed before and could not send is here: "
                            + "take it after all if you can vouch for it."),
            known(
                    "after-equivocation",
                    "Its device signed two different messages under one number; this one comes after them.",
                    "Look for a copied key or a device restored from a backup; revoke the key and register a new one. What is "
                            + "surely the device’s own can be taken after all."),
            known(
                    "old-epoch",
                    "It goes on with a count that the device had left.",
                    "Look for a second copy of the device’s memory. If it was only late, take it after all."),
            known(
                    "epoch-before-key",
                    "Its count began before this key was registered for the device.",
                    "Register the key with the first epoch it signs, or restart the device so that it begins a new epoch."),
            known(
                    "wrong-type",
                    "It is a kind of message that devices do not send here.",
                    "Update the device’s software. Statements of organisations are not sent over MQTT."),
            known(
                    "too-large",
                    "It is longer than 64 KiB.",
                    "Let the device send fewer values in one message, and more messages."),
            known(
                    "too-many-values",
                    "It holds more than 10,000 values.",
                    "Let the device send fewer values in one message, and more messages."),
            known(
                    "time-out-of-range",
                    "Its time is no date that a calendar has.",
                    "Set the device’s clock; readings it took meanwhile have no usable time."),
            known(
                    "sequence-out-of-range",
                    "Its number is the last there is: nothing could follow.",
                    "Restart the device so that it begins a new epoch."),
            known(
                    "equivocation",
                    "The device signed another message under the same number. Both are kept in the log as evidence.",
                    "Look for a copied key or a device restored from a backup; revoke the key and register a new one."),
            known(
                    "refused",
                    "The ledger refused it and gave no reason.",
                    "Ask whoever runs this installation to look at the log of trace-service."),
            known(
                    "other",
                    "It was refused for a reason outside the list.",
                    "Ask whoever runs this installation to look at the log of ingest."),
            malformed("truncated", "it ends too early"),
            malformed("trailing-bytes", "bytes follow its end"),
            malformed("not-shortest", "a number is written longer than needed"),
            malformed("indefinite-length", "a part does not say its length"),
            malformed("not-in-subset", "it holds a kind of value that is not used here"),
            malformed("tag-not-allowed", "it holds a tag that is not used here"),
            malformed("integer-out-of-range", "a number is too large, or negative where that means nothing"),
            malformed("invalid-utf8", "a text is not UTF-8"),
            malformed("keys-not-ascending", "keys are not in order"),
            malformed("duplicate-key", "a key occurs twice"),
            malformed("too-deep", "it is nested too deeply"),
            malformed("too-large", "a part is too large"),
            malformed("wrong-type", "a part is of the wrong kind"),
            malformed("wrong-length", "a part has the wrong length"),
            malformed("unknown-key", "it holds a key that the format does not have"),
            malformed("missing-key", "a key is missing"),
            malformed("value-not-allowed", "a value is not one of those allowed"),
            malformed("unprotected-not-empty", "it holds headers that the signature does not cover"),
            malformed("unknown-algorithm", "it is signed with an algorithm that is not used here"),
            malformed("unknown-type", "its type does not exist"),
            malformed("groups-not-ascending", "its groups of fields are not in order"),
            malformed("group-not-allowed", "it holds a group of fields that its type does not have"),
            malformed("group-missing", "a group of fields is missing"),
            malformed("fields-root-mismatch", "its fields are not the ones that were signed"),
            malformed("key-not-valid", "it holds a key that is none"),
            known(
                    MALFORMED + "unexpected",
                    "Reading it failed in a way nobody foresaw. The fault is probably ours.",
                    "Ask whoever runs this installation to report it with the log of ingest."));

    private static Map.Entry<String, String[]> known(String code, String says, String advice) {
        return Map.entry(code, new String[] {says, advice});
    }

    private static Map.Entry<String, String[]> malformed(String rule, String says) {
        return known(MALFORMED + rule, "It is not a message in our format: " + says + ".", UPDATE);
    }

    static Reason of(String code) {
        String[] known = KNOWN.getOrDefault(code, new String[] {code, ""});
        return new Reason(code, known[0], known[1]);
    }
}
