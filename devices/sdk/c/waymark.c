/* See waymark.h. Section numbers are those of devices/evidence/FORMAT.md. */
#include "waymark.h"

/* Lengths of messages do not fit into 16 bits. */
typedef char wm_needs_a_size_t_of_32_bits[sizeof(size_t) >= 4 ? 1 : -1];

/* Neither zeroed nor erased memory, and three, so that one object is not taken for another. */
#define DEVICE_READY 0x574d4431u
#define CHAIN_READY 0x574d4331u
#define MESSAGE_READY 0x574d4d31u
#define RECEIPT_READY 0x574d5231u

#define LARGEST_UNSIGNED ((uint64_t)INT64_MAX)
#define LARGEST_INT ((uint32_t)INT32_MAX)
#define GROUPS_MAX 16
#define PROTECTED_LENGTH 13
#define SIGNATURE_LENGTH 64
#define SERIES_MAX 1440
#define CHUNKS_MAX 512
#define RANGES_MAX 256
#define RECEIPT_TYPE 64

/* Where bytes are only counted. */
static const uint8_t unknown[SIGNATURE_LENGTH];

static const uint8_t signature1[] = {0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'};

/* ---- SHA-256, FIPS 180-4 ---- */

#ifndef WM_SHA256_HEADER
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int by) {
    return x >> by | x << (32 - by);
}

static void compress(wm_sha256 *hash) {
    uint32_t w[16]; /* the last sixteen words of the schedule */
    uint32_t s[8];
    int i;
    for (i = 0; i < 16; i++) {
        const uint8_t *at = hash->block + 4 * i;
        w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    memcpy(s, hash->state, sizeof s);
    for (i = 0; i < 64; i++) {
        uint32_t t1, t2;
        if (i >= 16) {
            uint32_t a = w[(i + 1) & 15];
            uint32_t b = w[(i + 14) & 15];
            w[i & 15] += (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[(i + 9) & 15]
                + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
        }
        t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6]))
            + round_constants[i] + w[i & 15];
        t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (i = 0; i < 8; i++) hash->state[i] += s[i];
}

void wm_sha256_init(wm_sha256 *hash) {
    static const uint32_t start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, start, sizeof start);
    hash->length = 0;
}

void wm_sha256_update(wm_sha256 *hash, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        size_t used = (size_t)(hash->length & 63);
        size_t take = 64 - used < length ? 64 - used : length;
        memcpy(hash->block + used, bytes, take);
        hash->length += take;
        bytes += take;
        length -= take;
        if (used + take == 64) compress(hash);
    }
}

void wm_sha256_final(wm_sha256 *hash, uint8_t digest[32]) {
    size_t used = (size_t)(hash->length & 63);
    uint64_t bits = hash->length * 8;
    int i;
    hash->block[used++] = 0x80;
    if (used > 56) {
        memset(hash->block + used, 0, 64 - used);
        compress(hash);
        used = 0;
    }
    memset(hash->block + used, 0, 56 - used);
    for (i = 0; i < 8; i++) hash->block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    compress(hash);
    for (i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
#endif

/* First 16 bytes of HMAC-SHA256(secret, u8 i), RFC 2104: §4.1 salt_i. */
static void salt(const uint8_t secret[16], uint8_t i, uint8_t out[32]) {
    wm_sha256 hash;
    uint8_t pad[64];
    int k;
    for (k = 0; k < 64; k++) pad[k] = (uint8_t)((k < 16 ? secret[k] : 0) ^ 0x36);
    wm_sha256_init(&hash);
    wm_sha256_update(&hash, pad, sizeof pad);
    wm_sha256_update(&hash, &i, 1);
    wm_sha256_final(&hash, out);
    for (k = 0; k < 64; k++) pad[k] ^= 0x36 ^ 0x5c;
    wm_sha256_init(&hash);
    wm_sha256_update(&hash, pad, sizeof pad);
    wm_sha256_update(&hash, out, 32);
    wm_sha256_final(&hash, out);
}

static void sha256(const uint8_t *bytes, size_t length, uint8_t digest[32]) {
    wm_sha256 hash;
    wm_sha256_init(&hash);
    wm_sha256_update(&hash, bytes, length);
    wm_sha256_final(&hash, digest);
}

static int all_zero(const uint8_t *bytes, size_t length) {
    uint8_t any = 0;
    size_t i;
    for (i = 0; i < length; i++) any |= bytes[i];
    return any == 0;
}

/* ---- Writing CBOR, §1 ---- */

/* Writes, or counts when out is null. Once full it stays full and writes nothing more. */
typedef struct {
    uint8_t *out;
    size_t capacity;
    size_t length;
    int full;
} writer;

static writer writer_to(uint8_t *out, size_t capacity) {
    writer w;
    w.out = out;
    w.capacity = capacity;
    w.length = 0;
    w.full = 0;
    return w;
}

static void put(writer *w, const uint8_t *bytes, size_t length) {
    if (w->full || length > w->capacity - w->length) {
        w->full = 1;
        return;
    }
    if (w->out != NULL && length > 0) memcpy(w->out + w->length, bytes, length);
    w->length += length;
}

static void put_head(writer *w, uint8_t major, uint64_t value) {
    uint8_t head[9];
    int bytes = value < 24 ? 0 : value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffffu ? 4 : 8;
    int i;
    head[0] = (uint8_t)(major << 5
        | (bytes == 0 ? (uint8_t)value : bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27));
    for (i = 0; i < bytes; i++) head[1 + i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    put(w, head, (size_t)bytes + 1);
}

static void put_unsigned(writer *w, uint64_t value) {
    put_head(w, 0, value);
}

static void put_integer(writer *w, int64_t value) {
    if (value < 0) put_head(w, 1, ~(uint64_t)value); /* -1 - value */
    else put_head(w, 0, (uint64_t)value);
}

static void put_bytes(writer *w, const uint8_t *bytes, size_t length) {
    put_head(w, 2, length);
    put(w, bytes, length);
}

static void put_text(writer *w, const uint8_t *utf8, size_t length) {
    put_head(w, 3, length);
    put(w, utf8, length);
}

static void put_array(writer *w, uint64_t count) {
    put_head(w, 4, count);
}

static void put_null(writer *w) {
    static const uint8_t null = 0xf6;
    put(w, &null, 1);
}

/* RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. */
static int is_utf8(const uint8_t *bytes, size_t length) {
    size_t i = 0;
    while (i < length) {
        uint8_t first = bytes[i];
        size_t more = first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : (first & 0xf0) == 0xe0 ? 2 : 3;
        size_t k;
        if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return 0;
        if (more > length - i - 1) return 0;
        for (k = 1; k <= more; k++)
            if ((bytes[i + k] & 0xc0) != 0x80) return 0;
        if ((first == 0xe0 && bytes[i + 1] < 0xa0) || (first == 0xed && bytes[i + 1] > 0x9f)
            || (first == 0xf0 && bytes[i + 1] < 0x90) || (first == 0xf4 && bytes[i + 1] > 0x8f))
            return 0;
        i += more + 1;
    }
    return 1;
}

/* ---- Keys, §2 ---- */

static wm_status key_of(wm_key *key, wm_algorithm algorithm, const uint8_t *x, const uint8_t *y) {
    /* Ed25519 {1: 1, -1: 6, -2: x(32)}    P-256 {1: 2, -1: 1, -2: x(32), -3: y(32)} */
    writer w;
    uint8_t digest[32];
    int p256 = algorithm == WM_P256;
    if (key == NULL || x == NULL || (p256 && y == NULL)) return WM_ARGUMENT;
    memset(key, 0, sizeof *key);
    w = writer_to(key->cose_key, sizeof key->cose_key);
    put_head(&w, 5, p256 ? 4 : 3);
    put_integer(&w, 1);
    put_integer(&w, p256 ? 2 : 1);
    put_integer(&w, -1);
    put_integer(&w, p256 ? 1 : 6);
    put_integer(&w, -2);
    put_bytes(&w, x, 32);
    if (p256) {
        put_integer(&w, -3);
        put_bytes(&w, y, 32);
    }
    if (w.full) return WM_BUFFER_TOO_SMALL;
    key->cose_key_length = (uint8_t)w.length;
    sha256(key->cose_key, w.length, digest);
    memcpy(key->kid, digest, sizeof key->kid);
    key->algorithm = algorithm;
    return WM_OK;
}

wm_status wm_key_ed25519(wm_key *key, const uint8_t x[32]) {
    return key_of(key, WM_ED25519, x, NULL);
}

wm_status wm_key_p256(wm_key *key, const uint8_t x[32], const uint8_t y[32]) {
    return key_of(key, WM_P256, x, y);
}

static int is_key(const wm_key *key) {
    return (key->algorithm == WM_ED25519 || key->algorithm == WM_P256) && key->cose_key_length > 0
        && key->cose_key_length <= sizeof key->cose_key;
}

/* ---- Device and chain ---- */

wm_status wm_device_init(
    wm_device *device, const uint8_t id[16], const wm_key *key, wm_sign sign, wm_random random, void *context) {
    if (device == NULL) return WM_ARGUMENT;
    memset(device, 0, sizeof *device);
    if (id == NULL || all_zero(id, 16) || key == NULL || !is_key(key) || sign == NULL || random == NULL) return WM_ARGUMENT;
    memcpy(device->id, id, 16);
    device->key = *key;
    device->sign = sign;
    device->random = random;
    device->context = context;
    device->ready = DEVICE_READY;
    return WM_OK;
}

wm_status wm_chain_start(wm_chain *chain, uint64_t epoch) {
    if (chain == NULL) return WM_ARGUMENT;
    memset(chain, 0, sizeof *chain);
    if (epoch > LARGEST_UNSIGNED) return WM_ARGUMENT;
    chain->epoch = epoch;
    chain->ready = CHAIN_READY;
    return WM_OK;
}

static void put_u64(uint8_t out[8], uint64_t value) {
    int i;
    for (i = 0; i < 8; i++) out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t in[8]) {
    uint64_t value = 0;
    int i;
    for (i = 0; i < 8; i++) value = value << 8 | in[i];
    return value;
}

/* "WMC1" epoch seq prev(32) anchored anchor-tree-size anchor(32) check(9): the first bytes of SHA-256 over all before it */
#define CHAIN_CHECKED 93
wm_status wm_chain_store(const wm_chain *chain, uint8_t bytes[WM_CHAIN_BYTES]) {
    uint8_t digest[32];
    if (chain == NULL || bytes == NULL) return WM_ARGUMENT;
    if (chain->ready != CHAIN_READY) return WM_NOT_READY;
    memcpy(bytes, "WMC1", 4);
    put_u64(bytes + 4, chain->epoch);
    put_u64(bytes + 12, chain->seq);
    memcpy(bytes + 20, chain->prev, 32);
    bytes[52] = chain->anchored;
    put_u64(bytes + 53, chain->anchor_tree_size);
    memcpy(bytes + 61, chain->anchor, 32);
    sha256(bytes, CHAIN_CHECKED, digest);
    memcpy(bytes + CHAIN_CHECKED, digest, WM_CHAIN_BYTES - CHAIN_CHECKED);
    return WM_OK;
}

wm_status wm_chain_load(wm_chain *chain, const uint8_t bytes[WM_CHAIN_BYTES]) {
    uint8_t digest[32];
    if (chain == NULL) return WM_ARGUMENT;
    memset(chain, 0, sizeof *chain);
    if (bytes == NULL) return WM_ARGUMENT;
    sha256(bytes, CHAIN_CHECKED, digest);
    if (memcmp(bytes, "WMC1", 4) != 0 || memcmp(bytes + CHAIN_CHECKED, digest, WM_CHAIN_BYTES - CHAIN_CHECKED) != 0)
        return WM_MALFORMED;
    chain->epoch = get_u64(bytes + 4);
    chain->seq = get_u64(bytes + 12);
    memcpy(chain->prev, bytes + 20, 32);
    chain->anchored = bytes[52];
    chain->anchor_tree_size = get_u64(bytes + 53);
    memcpy(chain->anchor, bytes + 61, 32);
    chain->ready = CHAIN_READY;
    return WM_OK;
}

/* ---- Messages, §4.1 ---- */

static void put_payload(writer *w, const wm_message *m, const uint8_t root[32]) {
    /* {0: type, 1: id(16), 2: epoch, 3: seq, 4: prev(32)/null, 5: time, 6: [clock, uncertainty/null], ? 11: anchor(32), 15: fields-root(32)} */
    put_head(w, 5, m->chain->anchored ? 9 : 8);
    put_unsigned(w, 0);
    put_unsigned(w, m->type);
    put_unsigned(w, 1);
    put_bytes(w, m->device->id, 16);
    put_unsigned(w, 2);
    put_unsigned(w, m->epoch);
    put_unsigned(w, 3);
    put_unsigned(w, m->seq);
    put_unsigned(w, 4);
    if (m->seq == 0) put_null(w);
    else put_bytes(w, m->chain->prev, 32);
    put_unsigned(w, 5);
    put_unsigned(w, m->time_ms);
    put_unsigned(w, 6);
    put_array(w, 2);
    put_unsigned(w, m->clock);
    if (m->uncertainty_ms == WM_NO_UNCERTAINTY) put_null(w);
    else put_unsigned(w, m->uncertainty_ms);
    if (m->chain->anchored) {
        put_unsigned(w, 11);
        put_bytes(w, m->chain->anchor, 32);
    }
    put_unsigned(w, 15);
    put_bytes(w, root, 32);
}

static void put_protected(writer *w, const wm_key *key) {
    /* {1: alg, 4: kid(8)}; the numbers of RFC 9864 */
    uint8_t header[PROTECTED_LENGTH] = {0xa2, 0x01, 0, 0x04, 0x48};
    header[2] = key->algorithm == WM_ED25519 ? 0x32 : 0x28; /* -19, -9 */
    memcpy(header + 5, key->kid, 8);
    put_bytes(w, header, sizeof header);
}

static size_t payload_length(const wm_message *m) {
    writer w = writer_to(NULL, WM_SIGNED_MAX);
    put_payload(&w, m, unknown);
    return w.length;
}

static void put_cose(writer *w, const wm_message *m, const uint8_t root[32], const uint8_t signature[64]) {
    /* 18([protected, {}, payload, signature]), §3.3 */
    static const uint8_t begin[] = {0xd2, 0x84};
    static const uint8_t empty_map = 0xa0;
    put(w, begin, sizeof begin);
    put_protected(w, &m->device->key);
    put(w, &empty_map, 1);
    put_head(w, 2, payload_length(m));
    put_payload(w, m, root);
    put_bytes(w, signature, SIGNATURE_LENGTH);
}

static size_t cose_length(const wm_message *m) {
    writer w = writer_to(NULL, WM_WIRE_MAX);
    put_cose(&w, m, unknown, unknown);
    return w.length;
}

static wm_status fail(wm_message *m, wm_status why) {
    if (m->status == WM_OK) m->status = why;
    return m->status;
}

wm_status wm_begin(
    wm_message *m,
    const wm_device *device,
    wm_chain *chain,
    wm_type type,
    uint64_t time_ms,
    wm_clock clock,
    uint64_t uncertainty_ms,
    uint8_t *out,
    size_t capacity) {
    static const uint8_t three = 0x83;
    static const uint8_t none = 0x80;
    static const uint8_t marker = 0x03;
    writer w;
    if (m == NULL) return WM_ARGUMENT;
    memset(m, 0, sizeof *m);
    m->ready = MESSAGE_READY; /* also when this fails: wm_finish then says why */
    if (device == NULL || chain == NULL || out == NULL) return fail(m, WM_ARGUMENT);
    if (device->ready != DEVICE_READY || chain->ready != CHAIN_READY) return fail(m, WM_NOT_READY);
    if ((unsigned)type < WM_READING || (unsigned)type > WM_COMMAND_REPLY || (unsigned)clock > WM_CLOCK_AUTHENTICATED
        || time_ms > LARGEST_UNSIGNED || (uncertainty_ms > LARGEST_UNSIGNED && uncertainty_ms != WM_NO_UNCERTAINTY)
        || chain->epoch > LARGEST_UNSIGNED || chain->seq > LARGEST_UNSIGNED)
        return fail(m, WM_ARGUMENT);
    m->device = device;
    m->chain = chain;
    m->epoch = chain->epoch;
    m->seq = chain->seq;
    m->type = (uint8_t)type;
    m->time_ms = time_ms;
    m->clock = (uint8_t)clock;
    m->uncertainty_ms = uncertainty_ms;
    m->out = out;
    m->capacity = capacity < WM_WIRE_MAX ? capacity : WM_WIRE_MAX;
    if (device->random(device->context, m->secret, sizeof m->secret) != 0 || all_zero(m->secret, sizeof m->secret))
        return fail(m, WM_SIGNER_FAILED);

    /* wire = [cose: bstr, secret: bstr .size 16, groups]: the cose is signed last, but its length is known. */
    m->cose_length = cose_length(m);
    w = writer_to(NULL, WM_WIRE_MAX);
    put(&w, &three, 1);
    put_bytes(&w, out, m->cose_length); /* only counted */
    if (w.length > m->capacity) return fail(m, WM_BUFFER_TOO_SMALL);
    m->groups_at = w.length; /* of the secret, so far */
    w = writer_to(out + m->groups_at, m->capacity - m->groups_at);
    put_bytes(&w, m->secret, sizeof m->secret);
    put(&w, &none, 1); /* 0x80 + number of groups, at most 16, in wm_finish */
    if (w.full) return fail(m, WM_BUFFER_TOO_SMALL);
    m->groups_at += w.length - 1;
    m->length = m->groups_at + 1;
    wm_sha256_init(&m->root);
    wm_sha256_update(&m->root, &marker, 1);
    return WM_OK;
}

wm_status wm_finish(wm_message *m, size_t *length, uint8_t digest[32]) {
    /* Groups a type must have, §4.3: bit k for group k. */
    static const uint64_t required[] = {
        0,
        0,
        (uint64_t)0x1f << 20,
        (uint64_t)3 << 30,
        (uint64_t)3 << 40,
        (uint64_t)3 << 50,
        (uint64_t)3 << 60};
    static const uint8_t three = 0x83;
    static const uint8_t nothing = 0x40;
    uint8_t root[32];
    uint8_t named[32];
    uint8_t signature[SIGNATURE_LENGTH];
    uint8_t signed_bytes[WM_SIGNED_MAX];
    writer w;
    if (m == NULL || length == NULL || digest == NULL) return WM_ARGUMENT;
    *length = 0;
    if (m->ready != MESSAGE_READY) return WM_NOT_READY;
    m->ready = 0;
    if (m->status != WM_OK) return m->status;
    if (m->groups == 0 || (m->present & required[m->type]) != required[m->type]) return WM_ARGUMENT;
    /* Another message of this chain was finished meanwhile, or its first anchor came and the place for it is missing. */
    if (m->chain->ready != CHAIN_READY || m->chain->epoch != m->epoch || m->chain->seq != m->seq
        || cose_length(m) != m->cose_length)
        return WM_NOT_READY;
    wm_sha256_final(&m->root, root);

    /* signed = CBOR ["Signature1", protected, h'', payload], §3.3 */
    w = writer_to(signed_bytes, sizeof signed_bytes);
    put(&w, signature1, sizeof signature1);
    put_protected(&w, &m->device->key);
    put(&w, &nothing, 1);
    put_head(&w, 2, payload_length(m));
    put_payload(&w, m, root);
    if (w.full) return WM_BUFFER_TOO_SMALL;
    sha256(signed_bytes, w.length, named);
    if (m->device->sign(m->device->context, signed_bytes, w.length, named, signature) != 0) return WM_SIGNER_FAILED;

    m->out[m->groups_at] = (uint8_t)(0x80 + m->groups);
    w = writer_to(m->out, m->groups_at - 17); /* before the secret */
    put(&w, &three, 1);
    put_head(&w, 2, m->cose_length);
    put_cose(&w, m, root, signature);
    if (w.full) return WM_BUFFER_TOO_SMALL;

    memcpy(m->chain->prev, named, 32);
    m->chain->seq++;
    memcpy(digest, named, 32);
    *length = m->length;
    return WM_OK;
}

/* ---- Groups, §5 ---- */

/* Writes the value of a group; called twice, once to count. Returns WM_ARGUMENT for what must not be written. */
typedef wm_status (*value_writer)(writer *w, const void *value, size_t count);

/* Groups a type may have, §4.3. */
static int allowed(uint8_t type, int key) {
    static const uint64_t groups[] = {
        0,
        (uint64_t)1 << 7 | (uint64_t)1 << 8 | (uint64_t)1 << 9 | (uint64_t)1 << 10 | (uint64_t)1 << 12 | (uint64_t)1 << 13
            | (uint64_t)1 << 14,
        (uint64_t)1 << 7 | (uint64_t)1 << 8 | (uint64_t)0x3f << 20,
        (uint64_t)0xf << 30,
        (uint64_t)3 << 40,
        (uint64_t)3 << 50,
        (uint64_t)7 << 60};
    return (int)(groups[type] >> key & 1);
}

/* group = CBOR [key, value] in a byte string; and its leaf into the root. */
static wm_status add(wm_message *m, int key, value_writer value_of, const void *value, size_t count) {
    static const uint8_t marker = 0x02;
    writer counting, w;
    wm_status status;
    wm_sha256 hash;
    uint8_t digest[32];
    if (m == NULL) return WM_ARGUMENT;
    if (m->ready != MESSAGE_READY) return WM_NOT_READY;
    if (m->status != WM_OK) return m->status;
    /* Ascending, none twice, none beside group 14: nothing present at or above the key, nothing at all for 14. */
    if (!allowed(m->type, key) || m->groups == GROUPS_MAX || m->present >> key != 0 || (key == 14 && m->present != 0))
        return fail(m, WM_ARGUMENT);
    counting = writer_to(NULL, WM_WIRE_MAX);
    put_array(&counting, 2);
    put_unsigned(&counting, (uint64_t)key);
    status = value_of(&counting, value, count);
    if (status != WM_OK) return fail(m, status);
    if (counting.full) return fail(m, WM_BUFFER_TOO_SMALL);

    w = writer_to(m->out + m->length, m->capacity - m->length);
    put_head(&w, 2, counting.length);
    if (w.full || counting.length > w.capacity - w.length) return fail(m, WM_BUFFER_TOO_SMALL);
    put_array(&w, 2);
    put_unsigned(&w, (uint64_t)key);
    status = value_of(&w, value, count);
    if (status != WM_OK || w.full) return fail(m, WM_ARGUMENT); /* the caller's data changed in between */

    /* leaf_i = H(0x02 | salt_i | group_i) */
    salt(m->secret, m->groups, digest);
    wm_sha256_init(&hash);
    wm_sha256_update(&hash, &marker, 1);
    wm_sha256_update(&hash, digest, 16);
    wm_sha256_update(&hash, m->out + m->length + w.length - counting.length, counting.length);
    wm_sha256_final(&hash, digest);
    wm_sha256_update(&m->root, digest, 32);
    m->length += w.length;
    m->groups++;
    m->present |= (uint64_t)1 << key;
    return WM_OK;
}

static wm_status position_value(writer *w, const void *value, size_t count) {
    /* [lat, lon, ? accuracy m, ? source, ? altitude dm]; an absent one before a present one is null */
    const wm_position *p = value;
    int fields = p->has_altitude ? 5 : p->source != 0 ? 4 : p->has_accuracy ? 3 : 2;
    (void)count;
    if (p->latitude_e7 < -900000000 || p->latitude_e7 > 900000000 || p->longitude_e7 < -1800000000
        || p->longitude_e7 > 1800000000 || p->source > 4 || (p->has_accuracy && p->accuracy_m > LARGEST_INT))
        return WM_ARGUMENT;
    put_array(w, (uint64_t)fields);
    put_integer(w, p->latitude_e7);
    put_integer(w, p->longitude_e7);
    if (fields > 2) {
        if (p->has_accuracy) put_unsigned(w, p->accuracy_m);
        else put_null(w);
    }
    if (fields > 3) {
        if (p->source != 0) put_unsigned(w, p->source);
        else put_null(w);
    }
    if (fields > 4) put_integer(w, p->altitude_dm);
    return WM_OK;
}

wm_status wm_add_position(wm_message *m, const wm_position *position) {
    if (m != NULL && position == NULL) return fail(m, WM_ARGUMENT);
    return add(m, 7, position_value, position, 1);
}

static wm_status associations_value(writer *w, const void *value, size_t count) {
    const wm_association *list = value;
    size_t i;
    put_array(w, count);
    for (i = 0; i < count; i++) {
        const wm_association *a = list + i;
        if (a->key < 1 || a->key > 7 || (a->key == 1 && a->number > LARGEST_UNSIGNED)
            || (a->key != 1 && a->length > 0 && a->bytes == NULL) || a->length > WM_WIRE_MAX)
            return WM_ARGUMENT;
        put_array(w, 2);
        put_unsigned(w, a->key);
        if (a->key == 1) {
            put_unsigned(w, a->number);
        } else if (a->key == 7) {
            put_bytes(w, a->bytes, a->length);
        } else {
            if (!is_utf8(a->bytes, a->length)) return WM_ARGUMENT;
            put_text(w, a->bytes, a->length);
        }
    }
    return WM_OK;
}

/* A list of at least one. More than WM_WIRE_MAX items cannot fit, and are not walked. */
static wm_status add_list(wm_message *m, int key, value_writer value_of, const void *list, size_t count) {
    if (m != NULL && (list == NULL || count == 0)) return fail(m, WM_ARGUMENT);
    if (m != NULL && count > WM_WIRE_MAX) return fail(m, WM_BUFFER_TOO_SMALL);
    return add(m, key, value_of, list, count);
}

wm_status wm_add_associations(wm_message *m, const wm_association *list, size_t count) {
    return add_list(m, 8, associations_value, list, count);
}

/* -2 for temperature, humidity and shock, else 0. */
static int8_t default_exponent(uint32_t quantity) {
    return quantity >= WM_TEMPERATURE && quantity <= WM_SHOCK ? -2 : 0;
}

static int is_measured(uint32_t quantity, uint8_t has_exponent, int8_t exponent, uint32_t sensor) {
    return quantity >= 1 && quantity <= LARGEST_INT && sensor <= LARGEST_INT
        && (!has_exponent || (exponent >= -18 && exponent <= 18));
}

static wm_status measurements_value(writer *w, const void *value, size_t count) {
    /* [quantity, value, ? exponent, ? sensor, ? flags]; what has its default value is left out from the end */
    const wm_measurement *list = value;
    size_t i;
    put_array(w, count);
    for (i = 0; i < count; i++) {
        const wm_measurement *r = list + i;
        int8_t exponent = r->has_exponent ? r->exponent : default_exponent(r->quantity);
        int fields = r->flags != 0 ? 5
            : r->sensor != 0       ? 4
            : exponent != default_exponent(r->quantity) ? 3
                                                        : 2;
        if (!is_measured(r->quantity, r->has_exponent, r->exponent, r->sensor) || r->flags > LARGEST_INT) return WM_ARGUMENT;
        put_array(w, (uint64_t)fields);
        put_unsigned(w, r->quantity);
        put_integer(w, r->value);
        if (fields > 2) put_integer(w, exponent);
        if (fields > 3) put_unsigned(w, r->sensor);
        if (fields > 4) put_unsigned(w, r->flags);
    }
    return WM_OK;
}

wm_status wm_add_measurements(wm_message *m, const wm_measurement *list, size_t count) {
    return add_list(m, 9, measurements_value, list, count);
}

static wm_status series_value(writer *w, const void *value, size_t count) {
    /* [quantity, offset s, step s, [first, differences ...], ? exponent, ? sensor] */
    const wm_series *list = value;
    size_t i, k;
    put_array(w, count);
    for (i = 0; i < count; i++) {
        const wm_series *s = list + i;
        int8_t exponent = s->has_exponent ? s->exponent : default_exponent(s->quantity);
        int fields = s->sensor != 0 ? 6 : exponent != default_exponent(s->quantity) ? 5 : 4;
        int64_t previous = 0;
        if (!is_measured(s->quantity, s->has_exponent, s->exponent, s->sensor) || s->values == NULL || s->count < 1
            || s->count > SERIES_MAX || s->step_s < 1 || s->step_s > LARGEST_INT || s->offset_s > LARGEST_UNSIGNED)
            return WM_ARGUMENT;
        put_array(w, (uint64_t)fields);
        put_unsigned(w, s->quantity);
        put_unsigned(w, s->offset_s);
        put_unsigned(w, s->step_s);
        put_array(w, s->count);
        for (k = 0; k < s->count; k++) {
            put_integer(w, s->values[k] - previous);
            previous = s->values[k];
        }
        if (fields > 4) put_integer(w, exponent);
        if (fields > 5) put_unsigned(w, s->sensor);
    }
    return WM_OK;
}

wm_status wm_add_series(wm_message *m, const wm_series *list, size_t count) {
    return add_list(m, 10, series_value, list, count);
}

static wm_status digests_value(writer *w, const void *value, size_t count) {
    const uint8_t *digests = value;
    size_t i;
    put_array(w, count);
    for (i = 0; i < count; i++) put_bytes(w, digests + 32 * i, 32);
    return WM_OK;
}

wm_status wm_add_images(wm_message *m, const uint8_t *digests, size_t count) {
    return add_list(m, 12, digests_value, digests, count);
}

static wm_status bytes_value(writer *w, const void *value, size_t count) {
    put_bytes(w, value, count);
    return WM_OK;
}

static wm_status text_value(writer *w, const void *value, size_t count) {
    if (!is_utf8(value, count)) return WM_ARGUMENT;
    put_text(w, value, count);
    return WM_OK;
}

static wm_status null_value(writer *w, const void *value, size_t count) {
    (void)value;
    (void)count;
    put_null(w);
    return WM_OK;
}

static wm_status unsigned_value(writer *w, const void *value, size_t count) {
    uint64_t number = *(const uint64_t *)value;
    (void)count;
    if (number > LARGEST_UNSIGNED) return WM_ARGUMENT;
    put_unsigned(w, number);
    return WM_OK;
}

static wm_status pair_value(writer *w, const void *value, size_t count) {
    const uint64_t *pair = value;
    (void)count;
    if (pair[0] > LARGEST_UNSIGNED || pair[1] > LARGEST_UNSIGNED) return WM_ARGUMENT;
    put_array(w, 2);
    put_unsigned(w, pair[0]);
    put_unsigned(w, pair[1]);
    return WM_OK;
}

typedef struct {
    const wm_gap *list;
    uint64_t epoch; /* of the message */
} gaps;

static wm_status gaps_value(writer *w, const void *value, size_t count) {
    /* [from, to, ? epoch]; the message's own epoch is not repeated */
    const gaps *declared = value;
    size_t i;
    put_array(w, count);
    for (i = 0; i < count; i++) {
        const wm_gap *g = declared->list + i;
        if (g->epoch > LARGEST_UNSIGNED || g->to > LARGEST_UNSIGNED || g->from > g->to) return WM_ARGUMENT;
        put_array(w, g->epoch == declared->epoch ? 2 : 3);
        put_unsigned(w, g->from);
        put_unsigned(w, g->to);
        if (g->epoch != declared->epoch) put_unsigned(w, g->epoch);
    }
    return WM_OK;
}

/* Bytes that must be there, of a known length. */
static wm_status add_bytes(wm_message *m, int key, const uint8_t *bytes, size_t length) {
    if (m != NULL && bytes == NULL) return fail(m, WM_ARGUMENT);
    if (m != NULL && length > WM_WIRE_MAX) return fail(m, WM_BUFFER_TOO_SMALL);
    return add(m, key, bytes_value, bytes, length);
}

wm_status wm_add_calibration(wm_message *m, const uint8_t digest[32]) {
    return add_bytes(m, 13, digest, 32);
}

wm_status wm_add_no_content(wm_message *m) {
    return add(m, 14, null_value, NULL, 0);
}

wm_status wm_add_image_manifest(wm_message *m, const wm_image *image) {
    uint64_t pixels[2];
    size_t text = 0;
    if (m == NULL) return WM_ARGUMENT;
    if (image == NULL || image->media_type == NULL || image->chunks < 1 || image->chunks > CHUNKS_MAX || image->bytes < 1
        || image->chunk_bytes < 1 || (image->bytes - 1) / image->chunk_bytes + 1 != image->chunks)
        return fail(m, WM_ARGUMENT);
    while (image->media_type[text] != 0)
        if (++text > 255) return fail(m, WM_ARGUMENT);
    add_bytes(m, 20, image->digest, 32);
    add(m, 21, unsigned_value, &image->bytes, 1);
    add(m, 22, text_value, image->media_type, text);
    add(m, 23, unsigned_value, &image->chunk_bytes, 1);
    add_bytes(m, 24, image->chunk_digests, 32 * image->chunks);
    if (image->width != 0 && image->height != 0) {
        pixels[0] = image->width;
        pixels[1] = image->height;
        add(m, 25, pair_value, pixels, 2);
    }
    return m->ready == MESSAGE_READY ? m->status : WM_NOT_READY;
}

wm_status wm_add_boot(
    wm_message *m,
    uint64_t reason,
    const uint8_t firmware_digest[32],
    const uint8_t *evidence,
    size_t evidence_length,
    const uint64_t remembered[2]) {
    if (m == NULL) return WM_ARGUMENT;
    add(m, 30, unsigned_value, &reason, 1);
    add_bytes(m, 31, firmware_digest, 32);
    if (evidence != NULL) add_bytes(m, 32, evidence, evidence_length);
    if (remembered != NULL) add(m, 33, pair_value, remembered, 2);
    return m->ready == MESSAGE_READY ? m->status : WM_NOT_READY;
}

wm_status wm_add_rekey(wm_message *m, const wm_key *new_key, wm_sign sign_new, void *context) {
    /* 41: signature by the new key over CBOR [id, epoch, seq, new COSE_Key] */
    uint8_t over[WM_SIGNED_MAX];
    uint8_t digest[32];
    uint8_t signature[SIGNATURE_LENGTH];
    writer w;
    if (m == NULL) return WM_ARGUMENT;
    if (m->ready != MESSAGE_READY) return WM_NOT_READY;
    if (m->status != WM_OK) return m->status;
    if (new_key == NULL || !is_key(new_key) || sign_new == NULL) return fail(m, WM_ARGUMENT);
    w = writer_to(over, sizeof over);
    put_array(&w, 4);
    put_bytes(&w, m->device->id, 16);
    put_unsigned(&w, m->epoch);
    put_unsigned(&w, m->seq);
    put_bytes(&w, new_key->cose_key, new_key->cose_key_length);
    if (w.full) return fail(m, WM_BUFFER_TOO_SMALL);
    add_bytes(m, 40, new_key->cose_key, new_key->cose_key_length);
    if (m->status != WM_OK) return m->status;
    sha256(over, w.length, digest);
    if (sign_new(context, over, w.length, digest, signature) != 0) return fail(m, WM_SIGNER_FAILED);
    return add_bytes(m, 41, signature, sizeof signature);
}

wm_status wm_add_gaps(wm_message *m, const wm_gap *list, size_t count, uint64_t reason) {
    gaps declared;
    if (m == NULL) return WM_ARGUMENT;
    if (list == NULL || count == 0) return fail(m, WM_ARGUMENT);
    if (count > WM_WIRE_MAX) return fail(m, WM_BUFFER_TOO_SMALL);
    declared.list = list;
    declared.epoch = m->epoch;
    add(m, 50, gaps_value, &declared, count);
    return add(m, 51, unsigned_value, &reason, 1);
}

wm_status wm_add_command_reply(wm_message *m, const uint8_t command[16], uint64_t result) {
    if (m == NULL) return WM_ARGUMENT;
    add_bytes(m, 60, command, 16);
    return add(m, 61, unsigned_value, &result, 1);
}

/* ---- Receipts, §9 ---- */

/* Reads what must come next. Once anything was wrong it stays wrong and gives zeros. */
typedef struct {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    int bad;
} reader;

static reader reader_of(const uint8_t *bytes, size_t length) {
    reader r;
    r.bytes = bytes;
    r.length = length;
    r.at = 0;
    r.bad = 0;
    return r;
}

/* The argument of an item of this major type: shortest form, below 2^63. */
static uint64_t get_head(reader *r, uint8_t major) {
    uint64_t value = 0;
    uint8_t first, low;
    size_t width, i;
    if (r->bad || r->at >= r->length || r->bytes[r->at] >> 5 != major) {
        r->bad = 1;
        return 0;
    }
    first = r->bytes[r->at++];
    low = first & 0x1f;
    if (low < 24) return low;
    width = (size_t)1 << (low - 24);
    if (low > 27 || r->length - r->at < width) {
        r->bad = 1;
        return 0;
    }
    for (i = 0; i < width; i++) value = value << 8 | r->bytes[r->at++];
    if (value > LARGEST_UNSIGNED || value < (width == 1 ? 24 : (uint64_t)1 << (4 * width))) {
        r->bad = 1;
        return 0;
    }
    return value;
}

static uint64_t get_unsigned(reader *r) {
    return get_head(r, 0);
}

static void expect(reader *r, uint8_t major, uint64_t value) {
    if (get_head(r, major) != value) r->bad = 1;
}

/* Null, and bad, when they are not all there. */
static const uint8_t *get_bytes(reader *r, size_t *length) {
    uint64_t count = get_head(r, 2);
    const uint8_t *bytes;
    *length = 0;
    if (r->bad || count > r->length - r->at) {
        r->bad = 1;
        return NULL;
    }
    bytes = r->bytes + r->at;
    *length = (size_t)count;
    r->at += *length;
    return bytes;
}

static const uint8_t *get_exactly(reader *r, size_t wanted) {
    size_t length;
    const uint8_t *bytes = get_bytes(r, &length);
    if (length != wanted) r->bad = 1;
    return r->bad ? NULL : bytes;
}

static void get_range(reader *r, wm_range *range) {
    /* [epoch, from, to, digest of `to`(32), ledger index of `to`] */
    expect(r, 4, 5);
    range->epoch = get_unsigned(r);
    range->from = get_unsigned(r);
    range->to = get_unsigned(r);
    range->digest = get_exactly(r, 32);
    range->index = get_unsigned(r);
    if (range->to < range->from) r->bad = 1;
}

/* Everything but the signature. id, of the device named, is null when it is not a receipt. */
static const uint8_t *read_payload(wm_receipt *receipt, const uint8_t *payload, size_t length) {
    /* {0: 64, 1: device id(16), 2: [1*256 range], 3: tree size, 4: root(32), 5: class, 6: time ms} */
    reader r = reader_of(payload, length);
    const uint8_t *id;
    wm_range range;
    uint64_t count, receipt_class;
    size_t i;
    expect(&r, 5, 7);
    expect(&r, 0, 0);
    expect(&r, 0, RECEIPT_TYPE);
    expect(&r, 0, 1);
    id = get_exactly(&r, 16);
    expect(&r, 0, 2);
    count = get_head(&r, 4);
    if (r.bad || count < 1 || count > RANGES_MAX) return NULL;
    receipt->count = (size_t)count;
    receipt->ranges = payload + r.at;
    for (i = 0; i < receipt->count; i++) get_range(&r, &range);
    receipt->ranges_length = r.at - (size_t)(receipt->ranges - payload);
    expect(&r, 0, 3);
    receipt->tree_size = get_unsigned(&r);
    expect(&r, 0, 4);
    receipt->root = get_exactly(&r, 32);
    expect(&r, 0, 5);
    receipt_class = get_unsigned(&r);
    expect(&r, 0, 6);
    receipt->time_ms = get_unsigned(&r);
    if (r.bad || r.at != length || receipt_class > 2) return NULL;
    receipt->receipt_class = (uint8_t)receipt_class;
    return id;
}

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
    size_t scratch_capacity) {
    static const uint8_t begin[] = {0xd2, 0x84};
    static const uint8_t nothing = 0x40;
    reader r;
    writer w;
    wm_sha256 hash;
    uint8_t digest[32];
    wm_receipt found;
    wm_algorithm algorithm;
    const uint8_t *header, *kid, *payload, *payload_item, *signature, *id;
    size_t payload_size, header_length, i;
    if (receipt == NULL) return WM_ARGUMENT;
    memset(receipt, 0, sizeof *receipt);
    memset(&found, 0, sizeof found);
    if (device == NULL || bytes == NULL || verify == NULL || (keys == NULL && key_count > 0)) return WM_ARGUMENT;
    if (device->ready != DEVICE_READY) return WM_NOT_READY;

    /* 18([protected: {1: alg, 4: kid(8)}, {}, payload, signature(64)]) */
    if (length > WM_RECEIPT_MAX || length < sizeof begin || memcmp(bytes, begin, sizeof begin) != 0) return WM_MALFORMED;
    r = reader_of(bytes, length);
    r.at = sizeof begin;
    header = get_bytes(&r, &header_length);
    expect(&r, 5, 0);
    payload_item = bytes + r.at;
    payload = get_bytes(&r, &payload_size);
    signature = get_exactly(&r, SIGNATURE_LENGTH);
    if (r.bad || r.at != length || header_length != PROTECTED_LENGTH) return WM_MALFORMED;
    /* alg -19 or -8: Ed25519; -9 or -7: P-256. All four take one byte. */
    if (header[0] != 0xa2 || header[1] != 0x01 || header[3] != 0x04 || header[4] != 0x48) return WM_MALFORMED;
    if (header[2] == 0x32 || header[2] == 0x27) algorithm = WM_ED25519;
    else if (header[2] == 0x28 || header[2] == 0x26) algorithm = WM_P256;
    else return WM_MALFORMED;
    kid = header + 5;
    id = read_payload(&found, payload, payload_size);
    if (id == NULL) return WM_MALFORMED;
    if (memcmp(id, device->id, 16) != 0) return WM_OTHER_DEVICE;

    /* signed = CBOR ["Signature1", protected, h'', payload]: the payload's item is in the receipt as it is signed. */
    wm_sha256_init(&hash);
    w = writer_to(scratch, scratch == NULL ? 0 : scratch_capacity);
    put(&w, signature1, sizeof signature1);
    put_bytes(&w, header, PROTECTED_LENGTH);
    put(&w, &nothing, 1);
    put(&w, payload_item, (size_t)(payload - payload_item) + payload_size);
    if (w.full && algorithm == WM_ED25519) return WM_BUFFER_TOO_SMALL;
    wm_sha256_update(&hash, signature1, sizeof signature1);
    wm_sha256_update(&hash, header - 1, PROTECTED_LENGTH + 1); /* its head is one byte */
    wm_sha256_update(&hash, &nothing, 1);
    wm_sha256_update(&hash, payload_item, (size_t)(payload - payload_item) + payload_size);
    wm_sha256_final(&hash, digest);
    for (i = 0; i < key_count; i++) {
        if (!is_key(keys + i) || keys[i].algorithm != algorithm || memcmp(keys[i].kid, kid, 8) != 0) continue;
        if (verify(context, keys + i, w.full ? NULL : scratch, w.full ? 0 : w.length, digest, signature) != 0) continue;
        sha256(bytes, length, found.anchor);
        *receipt = found;
        receipt->ready = RECEIPT_READY;
        return WM_OK;
    }
    return WM_STRANGER;
}

wm_status wm_receipt_range(const wm_receipt *receipt, size_t i, wm_range *range) {
    reader r;
    size_t k;
    if (receipt == NULL || range == NULL) return WM_ARGUMENT;
    memset(range, 0, sizeof *range);
    if (receipt->ready != RECEIPT_READY) return WM_NOT_READY;
    if (i >= receipt->count) return WM_ARGUMENT;
    r = reader_of(receipt->ranges, receipt->ranges_length);
    for (k = 0; k <= i; k++) get_range(&r, range);
    return r.bad ? WM_MALFORMED : WM_OK; /* bad only when the bytes changed since they were checked */
}

wm_status wm_receipt_accept(const wm_receipt *receipt, wm_chain *chain, const wm_outbox *outbox) {
    reader r;
    wm_range range;
    uint8_t ours[32];
    size_t i;
    if (receipt == NULL || chain == NULL || outbox == NULL || outbox->digest == NULL || outbox->forget == NULL)
        return WM_ARGUMENT;
    if (receipt->ready != RECEIPT_READY || chain->ready != CHAIN_READY) return WM_NOT_READY;
    r = reader_of(receipt->ranges, receipt->ranges_length);
    for (i = 0; i < receipt->count; i++) {
        get_range(&r, &range);
        if (r.bad) return WM_MALFORMED;
        if (outbox->digest(outbox->context, range.epoch, range.to, ours) && memcmp(ours, range.digest, 32) != 0)
            return WM_OTHER_MESSAGE;
    }
    r = reader_of(receipt->ranges, receipt->ranges_length);
    for (i = 0; i < receipt->count; i++) {
        get_range(&r, &range);
        if (r.bad) return WM_MALFORMED;
        outbox->forget(outbox->context, range.epoch, range.from, range.to);
    }
    if (!chain->anchored || receipt->tree_size > chain->anchor_tree_size) {
        memcpy(chain->anchor, receipt->anchor, 32);
        chain->anchor_tree_size = receipt->tree_size;
        chain->anchored = 1;
    }
    return WM_OK;
}
