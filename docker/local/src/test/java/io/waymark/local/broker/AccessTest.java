package io.waymark.local.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessTest {
    private static final String ME = "00112233445566778899aabbccddeeff";
    private static final String OTHER = "ffeeddccbbaa99887766554433221100";
    private final Access access = new Access("device secret", "ingest password");

    /** The derivation trace-service uses too: HMAC-SHA256, checked once with openssl. */
    @ParameterizedTest
    @CsvSource({
        // openssl: printf id-bytes | openssl dgst -sha256 -hmac 'device secret', first 32 digits
        "00112233445566778899aabbccddeeff, 2d356f63844d430a7a66beb7affaa8c3",
    })
    void devicePasswordIsDerived(String id, String password) {
        assertEquals(password, new DevicePassword("device secret").of(id));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            nullValues = "-",
            value = {
                "own id and password,         00112233445566778899aabbccddeeff, right, 00112233445566778899aabbccddeeff, true",
                "wrong password,              00112233445566778899aabbccddeeff, wrong, 00112233445566778899aabbccddeeff, false",
                "somebody else's client id,   00112233445566778899aabbccddeeff, right, ffeeddccbbaa99887766554433221100, false",
                "upper-case id,               00112233445566778899AABBCCDDEEFF, right, 00112233445566778899AABBCCDDEEFF, false",
                "not an id,                   admin,                            right, admin,                            false",
                "no password,                 00112233445566778899aabbccddeeff, -,     00112233445566778899aabbccddeeff, false",
                "ingest,                      ingest, ingest password,          ingest-1,                         true",
                "ingest with a guess,         ingest, right,                    ingest-1,                         false",
                "ingest in a device's session, ingest, ingest password,         00112233445566778899aabbccddeeff, false",
            })
    void connects(String who, String user, String password, String clientId, boolean allowed) {
        String given = "right".equals(password) && user.length() == 32
                ? new DevicePassword("device secret").of(user.toLowerCase(java.util.Locale.ROOT))
                : password;
        assertEquals(allowed, access.mayConnect(user, given, clientId));
    }

    @ParameterizedTest(name = "{0} publishes {1}")
    @CsvSource({
        "me,     v1/nordsea/boat/{me}/r,        true",
        "me,     v1/nordsea/boat/{me}/i/abc/0,  true",
        "me,     v1/nordsea/boat/{me}/s,        true",
        "me,     v1/nordsea/boat/{me}/d/ack,    false",
        "me,     v1/nordsea/boat/{other}/r,     false",
        "me,     v1/NORDSEA/boat/{me}/r,        false",
        "me,     v2/nordsea/boat/{me}/r,        false",
        "me,     v1/nordsea/boat/{me},          false",
        "me,     anything,                      false",
        "me,     $sys/mqtt/sessions,            false",
        "ingest, v1/nordsea/boat/{me}/d/ack,    true",
        "ingest, v1/nordsea/boat/{me}/r,        false",
    })
    void publishes(String who, String topic, boolean allowed) {
        assertEquals(allowed, access.mayPublish(user(who), levels(topic)));
    }

    @ParameterizedTest(name = "{0} subscribes {1}")
    @CsvSource({
        "me,     v1/+/+/{me}/d/#,        true",
        "me,     v1/nordsea/boat/{me}/d/ack, true",
        "me,     v1/+/+/+/d/#,           false",
        "me,     v1/+/+/{other}/d/#,     false",
        "me,     v1/+/+/{me}/#,          false",
        "me,     v1/#,                   false",
        "me,     #,                      false",
        "ingest, v1/+/+/+/r,             true",
        "ingest, v1/+/+/+/i/#,           true",
        "ingest, #,                      false",
    })
    void subscribes(String who, String filter, boolean allowed) {
        assertEquals(allowed, access.maySubscribe(user(who), levels(filter)));
    }

    private static String user(String who) {
        return who.equals("me") ? ME : who;
    }

    private static List<String> levels(String topic) {
        return List.of(topic.replace("{me}", ME).replace("{other}", OTHER).split("/", -1));
    }
}
