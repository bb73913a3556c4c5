/*
 * Waymark on a microcontroller: the device's side of devices/evidence/FORMAT.md (§1 to §5, §9) in one header and one file.
 *
 * C99; of libc string.h and stdint.h only. No allocation, no floating point, no recursion, no state of its own: every byte belongs to the
 * caller. Signing, checking signatures and random bytes are callbacks, so the key can stay in a secure element.
 *
 * One message:
 *
 *     wm_message m;
 *     wm_measurement t = {.quantity = WM_TEMPERATURE, .value = 412};           4.12 degrees: the quantity's default exponent is -2
 *     wm_begin(&m, &device, &chain, WM_READING, now_ms, WM_CLOCK_NETWORK, 50, wire, sizeof wire);
 *     wm_add_measurements(&m, &t, 1);
 *     if (wm_finish(&m, &length, digest) == WM_OK) {
 *         ... store wire[0..length) and the chain in one durable write; publish only after that; keep until a receipt covers it.
 *     }
 *
 * The first error stays: after it every call on the message does nothing and returns it, so only wm_finish need be looked at.
 *
 * Not thread-safe per object; different objects do not touch each other.
 */
#ifndef WAYMARK_H
#define WAYMARK_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A whole message, FORMAT.md §4.1, and a receipt, §9. */
#define WM_WIRE_MAX 65536
#define WM_RECEIPT_MAX 65536
/* What a device's signature covers is never longer. */
#define WM_SIGNED_MAX 256
/* wm_chain_store. */
#define WM_CHAIN_BYTES 102
#define WM_NO_UNCERTAINTY UINT64_MAX

/*
 * SHA-256. Built in, or the hardware's: define WM_SHA256_HEADER as the name of a header with the type wm_sha256 and these three functions.
 * A wm_sha256 may be copied and left unfinished; two may be in use at once.
 */
#ifdef WM_SHA256_HEADER
#include WM_SHA256_HEADER
#else
typedef struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} wm_sha256;
#endif
void wm_sha256_init(wm_sha256 *hash);
void wm_sha256_update(wm_sha256 *hash, const uint8_t *bytes, size_t length);
void wm_sha256_final(wm_sha256 *hash, uint8_t digest[32]);

typedef enum {
    WM_OK = 0,
    WM_BUFFER_TOO_SMALL, /* nothing was written beyond the capacity given */
    WM_ARGUMENT,         /* a value FORMAT.md does not allow, a null where bytes belong, groups out of order or not of this type */
    WM_NOT_READY,        /* the device, chain or message was not initialised, or is used out of order */
    WM_SIGNER_FAILED,    /* the sign or random callback said no; the chain has not moved */
    WM_MALFORMED,        /* not a receipt, or a stored chain that was altered */
    WM_STRANGER,         /* a receipt by no key given, or whose signature is wrong */
    WM_OTHER_DEVICE,     /* a receipt for another device */
    WM_OTHER_MESSAGE     /* the ledger holds another message under one of our numbers: a second copy of this key is at work */
} wm_status;

typedef enum { WM_ED25519 = 1, WM_P256 = 2 } wm_algorithm;

/* A public key: its COSE_Key and the 8 bytes that name it. Made by the two functions below, which do not check that it is a point of the curve. */
typedef struct {
    wm_algorithm algorithm;
    uint8_t cose_key[77];
    uint8_t cose_key_length;
    uint8_t kid[8];
} wm_key;

wm_status wm_key_ed25519(wm_key *key, const uint8_t x[32]);
wm_status wm_key_p256(wm_key *key, const uint8_t x[32], const uint8_t y[32]);

/*
 * Signs. Ed25519 (RFC 8032, not the prehashed one) takes signed_bytes, at most WM_SIGNED_MAX of them; ECDSA P-256 takes digest, their SHA-256, and does
 * not hash again. signature: R || S as in RFC 8032; r || s, 32 bytes each, big-endian, s as it comes (low or high).
 * Returns 0 when it signed, anything else when not.
 */
typedef int (*wm_sign)(
    void *context, const uint8_t *signed_bytes, size_t length, const uint8_t digest[32], uint8_t signature[64]);

/*
 * Returns 0 when signature is that of key, anything else when not. Same bytes and digest as for wm_sign; the rule is FORMAT.md §3. With a P-256 key
 * signed_bytes is null when wm_receipt_read was given no scratch.
 */
typedef int (*wm_verify)(
    void *context, const wm_key *key, const uint8_t *signed_bytes, size_t length, const uint8_t digest[32], const uint8_t signature[64]);

/* Fills bytes from a cryptographic source. Returns 0 when it did. */
typedef int (*wm_random)(void *context, uint8_t *bytes, size_t length);

/* Who signs. Set up by wm_device_init, constant afterwards. */
typedef struct {
    uint32_t ready;
    uint8_t id[16];
    wm_key key;
    wm_sign sign;
    wm_random random;
    void *context;
} wm_device;

/* id: 16 random bytes, not a serial number; all zeros are refused. context goes to both callbacks. */
wm_status wm_device_init(
    wm_device *device, const uint8_t id[16], const wm_key *key, wm_sign sign, wm_random random, void *context);

/*
 * Where the stream stands: what the next message is called. The caller keeps it with the messages, in one durable write per message. A zeroed one and
 * an erased one (all ones) are refused.
 *
 * A counter is never guessed: when the chain is lost, wm_chain_start with an epoch never used before (for instance one more than the largest known, or
 * the time in seconds), and a boot message first.
 */
typedef struct {
    uint32_t ready;
    uint64_t epoch;
    uint64_t seq;
    uint8_t prev[32];
    uint64_t anchor_tree_size;
    uint8_t anchored;
    uint8_t anchor[32];
} wm_chain;

wm_status wm_chain_start(wm_chain *chain, uint64_t epoch);
/* The chain as bytes with a check sum; the same on every processor. */
wm_status wm_chain_store(const wm_chain *chain, uint8_t bytes[WM_CHAIN_BYTES]);
/* WM_MALFORMED for bytes that wm_chain_store did not write; chain is then not ready. */
wm_status wm_chain_load(wm_chain *chain, const uint8_t bytes[WM_CHAIN_BYTES]);

typedef enum { WM_READING = 1, WM_IMAGE_MANIFEST = 2, WM_BOOT = 3, WM_REKEY = 4, WM_GAPS = 5, WM_COMMAND_REPLY = 6 } wm_type;

typedef enum {
    WM_CLOCK_UNSET = 0,
    WM_CLOCK_FREE_RUNNING = 1,
    WM_CLOCK_NETWORK = 2,
    WM_CLOCK_GNSS = 3,
    WM_CLOCK_AUTHENTICATED = 4
} wm_clock;

enum {
    WM_TEMPERATURE = 1, /* degrees Celsius, -2 */
    WM_HUMIDITY = 2,    /* % relative, -2 */
    WM_SHOCK = 3,       /* g, -2 */
    WM_LIGHT = 4,       /* lx */
    WM_DOOR = 5,        /* 0 closed, 1 open */
    WM_TILT = 6,        /* degrees */
    WM_BATTERY = 7,     /* mV */
    WM_TAMPER = 8,      /* 0 whole, 1 tampered with */
    WM_PRESSURE = 9,    /* Pa */
    WM_CO2 = 10         /* ppm */
};

/* A message being written into the caller's buffer. Its fields are this library's. */
typedef struct {
    uint32_t ready;
    wm_status status;
    const wm_device *device;
    wm_chain *chain;
    uint8_t *out;
    size_t capacity;
    size_t length;
    size_t cose_length;
    size_t groups_at;
    uint64_t epoch;
    uint64_t seq;
    uint64_t time_ms;
    uint64_t uncertainty_ms;
    uint64_t present;
    uint8_t type;
    uint8_t clock;
    uint8_t groups;
    uint8_t secret[16];
    wm_sha256 root;
} wm_message;

/*
 * Begins the chain's next message in out, which is read and written until wm_finish.
 *
 * time_ms: this device's clock, ms since 1970 UTC. uncertainty_ms: WM_NO_UNCERTAINTY when it is not known.
 */
wm_status wm_begin(
    wm_message *message,
    const wm_device *device,
    wm_chain *chain,
    wm_type type,
    uint64_t time_ms,
    wm_clock clock,
    uint64_t uncertainty_ms,
    uint8_t *out,
    size_t capacity);

/*
 * Signs, and moves the chain to the message after.
 *
 * length: of the message in out. digest: its name everywhere, what receipts and lookups go by. When the message and the chain could not both be made
 * durable, put the chain back as it was, but only if the message has not left the device: two messages under one number convict the device. A retry
 * sends the stored bytes; it never signs again.
 */
wm_status wm_finish(wm_message *message, size_t *length, uint8_t digest[32]);

/* Groups, FORMAT.md §5. In the order given here; each at most once. */

/* 7, in readings and manifests. */
typedef struct {
    int32_t latitude_e7; /* 10^-7 degrees, north positive */
    int32_t longitude_e7;
    uint8_t has_accuracy;
    uint8_t has_altitude;
    uint8_t source; /* 1 GNSS, 2 cell, 3 Wi-Fi, 4 fixed, 0 left out */
    uint32_t accuracy_m;
    int32_t altitude_dm;
} wm_position;

wm_status wm_add_position(wm_message *message, const wm_position *position);

/* 8, in readings and manifests. key 1 SSCC: number. 2 SGTIN, 3 batch, 4 GRAI, 5 GIAI, 6 GLN: bytes are UTF-8 text. 7 opaque: bytes. */
typedef struct {
    uint8_t key;
    uint64_t number;
    const uint8_t *bytes;
    size_t length;
} wm_association;

wm_status wm_add_associations(wm_message *message, const wm_association *list, size_t count);

/* 9. exponent counts only when has_exponent is 1; otherwise the quantity's default. */
typedef struct {
    uint32_t quantity;
    int64_t value;
    uint8_t has_exponent;
    int8_t exponent;
    uint32_t sensor;
    uint32_t flags;
} wm_measurement;

wm_status wm_add_measurements(wm_message *message, const wm_measurement *list, size_t count);

/* 10. Value i was taken at time_ms - 1000 * offset_s + 1000 * i * step_s. 1 to 1440 values. */
typedef struct {
    uint32_t quantity;
    uint64_t offset_s;
    uint32_t step_s;
    const int32_t *values;
    size_t count;
    uint8_t has_exponent;
    int8_t exponent;
    uint32_t sensor;
} wm_series;

wm_status wm_add_series(wm_message *message, const wm_series *list, size_t count);

/* 12: digests of whole images, 32 bytes each, one after another. */
wm_status wm_add_images(wm_message *message, const uint8_t *digests, size_t count);
/* 13: digest of the certificate. */
wm_status wm_add_calibration(wm_message *message, const uint8_t digest[32]);
/* 14, alone: the device lives. */
wm_status wm_add_no_content(wm_message *message);

/* 20 to 25, after position and associations. */
typedef struct {
    const uint8_t *digest; /* 32 bytes: SHA-256 of the image */
    uint64_t bytes;
    const char *media_type;
    uint64_t chunk_bytes;
    const uint8_t *chunk_digests; /* 32 bytes each */
    size_t chunks;                /* 1 to 512 */
    uint32_t width;               /* 0: not known */
    uint32_t height;
} wm_image;

wm_status wm_add_image_manifest(wm_message *message, const wm_image *image);

/* 30 to 33. reason 1 first start, 2 counter lost, others are the maker's. evidence and remembered may be null; remembered: [epoch, seq] last known. */
wm_status wm_add_boot(
    wm_message *message,
    uint64_t reason,
    const uint8_t firmware_digest[32],
    const uint8_t *evidence,
    size_t evidence_length,
    const uint64_t remembered[2]);

/* 40 and 41: signed with the old key; sign_new signs for the new one. */
wm_status wm_add_rekey(wm_message *message, const wm_key *new_key, wm_sign sign_new, void *context);

/* 50 and 51: numbers from and to of an epoch, this one or an older one, and all between, that never will come. */
typedef struct {
    uint64_t epoch;
    uint64_t from;
    uint64_t to;
} wm_gap;

wm_status wm_add_gaps(wm_message *message, const wm_gap *list, size_t count, uint64_t reason);
/* 60 and 61. */
wm_status wm_add_command_reply(wm_message *message, const uint8_t command[16], uint64_t result);

/*
 * Receipts: what may be forgotten. Until a receipt covers a message it stays on the device, whatever the broker said.
 */
typedef struct {
    uint64_t epoch;
    uint64_t from;
    uint64_t to;
    const uint8_t *digest; /* 32 bytes, of message `to`; points into the receipt */
    uint64_t index;        /* in the ledger */
} wm_range;

/* A receipt whose form, device and signature were checked. Points into the bytes given. */
typedef struct {
    uint32_t ready;
    uint64_t tree_size;
    uint64_t time_ms;
    const uint8_t *root; /* 32 bytes */
    uint8_t receipt_class; /* 0 stored, 1 replicated, 2 witnessed */
    size_t count;        /* 1 to 256 ranges */
    const uint8_t *ranges;
    size_t ranges_length;
    uint8_t anchor[32];
} wm_receipt;

/*
 * Checks a receipt as it came on d/ack.
 *
 * keys: the receipt keys this device trusts, pinned; with none everything is refused. scratch: for the signed bytes, length + 16 of them; may be null when
 * the keys are P-256. Anything but WM_OK leaves the receipt not ready.
 */
wm_status wm_receipt_read(
    wm_receipt *receipt,
    const wm_device *device,
    const wm_key *keys,
    size_t key_count,
    wm_verify verify,
    void *context,
    const uint8_t *bytes,
    size_t length,
    uint8_t *scratch,
    size_t scratch_capacity);

/* i < receipt->count. */
wm_status wm_receipt_range(const wm_receipt *receipt, size_t i, wm_range *range);

/* The caller's outbox. */
typedef struct {
    /* Returns 1 and the digest of the message it holds under this number, 0 when it holds none. */
    int (*digest)(void *context, uint64_t epoch, uint64_t seq, uint8_t digest[32]);
    /* The messages from..to (inclusive) of this epoch may go. They need not all be there. */
    void (*forget)(void *context, uint64_t epoch, uint64_t from, uint64_t to);
    void *context;
} wm_outbox;

/*
 * Forgets what the receipt covers and makes it the anchor of the messages to come when it is the newest seen. WM_OTHER_MESSAGE when it names another
 * message than the outbox holds: nothing is forgotten then.
 */
wm_status wm_receipt_accept(const wm_receipt *receipt, wm_chain *chain, const wm_outbox *outbox);

#ifdef __cplusplus
}
#endif

#endif
