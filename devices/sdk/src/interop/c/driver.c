/*
 * Drives waymark.c for CInteropTest: one command per line on stdin, one answer per line on stdout. Byte strings are hexadecimal, "-" is absent (and the
 * empty byte string). Signatures are asked for on stdout and read from stdin, as a secure element would be.
 *
 *     device ID ALGORITHM X Y                        sets the device; the others refer to it
 *     chain EPOCH SEQ PREV ANCHOR
 *     message TYPE TIME CLOCK UNCERTAINTY SECRET     begins a script; the groups follow, then:
 *     finish CAPACITY                                  → ask, then "ok WIRE DIGEST EPOCH SEQ PREV" or "error N"
 *     cut                                              every capacity below the whole, each in a buffer of exactly that size: "ok N"
 *     receipt BYTES SCRATCH KEY…                     → ask, then "ok TREE TIME CLASS ROOT ANCHOR N EPOCH FROM TO DIGEST INDEX …" or "error N"
 *     accept OURS                                    the receipt read last against an outbox whose every digest is OURS ("-" holds none):
 *                                                    "ok FORGOTTEN…" or "error N"
 *     misuse                                         everything zeroed, erased and null is refused: "ok" or "wrong LINE"
 *     sha BYTES CUT                                  → "ok DIGEST", hashed in two updates
 *     sizes                                          → "ok sizeof…"
 *
 * ask: "sign BYTES DIGEST" answered by SIGNATURE or "no"; "verify KEY BYTES DIGEST SIGNATURE" answered by "yes" or "no".
 */
#include "waymark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE (1 << 20)
#define WORDS 20000
#define LINES 64

static char line[LINE];
static char script[LINES][LINE / 4];
static int script_lines;
static uint8_t answer_bytes[64];
static uint8_t secret[16];
static wm_device device;
static wm_chain chain;
static wm_receipt receipt;
static uint8_t *receipt_bytes;
static int dry; /* sign without asking */

static void die(const char *why) {
    fprintf(stderr, "driver: %s\n", why);
    exit(3);
}

static void *exactly(size_t length) {
    void *p = malloc(length == 0 ? 1 : length);
    if (p == NULL) die("memory");
    return p;
}

static int next_line(char *into, size_t size) {
    if (fgets(into, (int)size, stdin) == NULL) return 0;
    into[strcspn(into, "\n")] = 0;
    return 1;
}

static int split(char *text, char **words) {
    int n = 0;
    for (text = strtok(text, " "); text != NULL; text = strtok(NULL, " ")) {
        if (n == WORDS) die("words");
        words[n++] = text;
    }
    return n;
}

static int nibble(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In a buffer of exactly its size, so that one byte read beyond it is seen. */
static uint8_t *unhex(const char *hex, size_t *length) {
    size_t n = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    uint8_t *bytes = exactly(n);
    size_t i;
    for (i = 0; i < n; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) die("hex");
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *length = n;
    return bytes;
}

static void fixed(const char *hex, uint8_t *into, size_t length) {
    size_t n;
    uint8_t *bytes = unhex(hex, &n);
    if (n != length) die("length");
    memcpy(into, bytes, n);
    free(bytes);
}

static void print_hex(const uint8_t *bytes, size_t length) {
    size_t i;
    putchar(' ');
    if (length == 0) putchar('-');
    for (i = 0; i < length; i++) printf("%02x", bytes[i]);
}

static int64_t number(const char *word) {
    return (int64_t)strtoll(word, NULL, 10);
}

static uint64_t natural(const char *word) {
    return (uint64_t)strtoull(word, NULL, 10);
}

static int absent(const char *word) {
    return strcmp(word, "-") == 0;
}

static int sign(void *context, const uint8_t *signed_bytes, size_t length, const uint8_t digest[32], uint8_t signature[64]) {
    char reply[256];
    if (context != &device) die("context");
    if (dry) {
        memset(signature, 0xaa, 64);
        return 0;
    }
    printf("sign");
    print_hex(signed_bytes, length);
    print_hex(digest, 32);
    printf("\n");
    fflush(stdout);
    if (!next_line(reply, sizeof reply) || strcmp(reply, "no") == 0) return 1;
    fixed(reply, answer_bytes, 64);
    memcpy(signature, answer_bytes, 64);
    return 0;
}

static int verify(
    void *context, const wm_key *key, const uint8_t *signed_bytes, size_t length, const uint8_t digest[32], const uint8_t signature[64]) {
    char reply[16];
    (void)context;
    printf("verify");
    print_hex(key->cose_key, key->cose_key_length);
    print_hex(signed_bytes, length);
    print_hex(digest, 32);
    print_hex(signature, 64);
    printf("\n");
    fflush(stdout);
    return next_line(reply, sizeof reply) && strcmp(reply, "yes") == 0 ? 0 : 1;
}

static int random_bytes(void *context, uint8_t *bytes, size_t length) {
    if (context != &device || length != sizeof secret) die("random");
    memcpy(bytes, secret, length);
    return 0;
}

static wm_key key_of(const char *algorithm, const char *x, const char *y) {
    wm_key key;
    uint8_t a[32], b[32];
    wm_status status;
    fixed(x, a, 32);
    if (strcmp(algorithm, "ed25519") == 0) {
        status = wm_key_ed25519(&key, a);
    } else {
        fixed(y, b, 32);
        status = wm_key_p256(&key, a, b);
    }
    if (status != WM_OK) die("key");
    return key;
}

static void add(wm_message *m, char **word, int words) {
    const char *what = word[0];
    size_t n, length;
    size_t i, k;
    if (strcmp(what, "position") == 0) {
        wm_position p;
        memset(&p, 0, sizeof p);
        p.latitude_e7 = (int32_t)number(word[1]);
        p.longitude_e7 = (int32_t)number(word[2]);
        p.has_accuracy = !absent(word[3]);
        p.accuracy_m = absent(word[3]) ? 0 : (uint32_t)natural(word[3]);
        p.source = absent(word[4]) ? 0 : (uint8_t)natural(word[4]);
        p.has_altitude = !absent(word[5]);
        p.altitude_dm = absent(word[5]) ? 0 : (int32_t)number(word[5]);
        wm_add_position(m, &p);
    } else if (strcmp(what, "associations") == 0) {
        wm_association *list;
        n = (size_t)(words - 1) / 2;
        list = exactly(n * sizeof *list);
        memset(list, 0, n * sizeof *list);
        for (i = 0; i < n; i++) {
            list[i].key = (uint8_t)natural(word[1 + 2 * i]);
            if (list[i].key == 1) list[i].number = natural(word[2 + 2 * i]);
            else list[i].bytes = unhex(word[2 + 2 * i], &list[i].length);
        }
        wm_add_associations(m, list, n);
        for (i = 0; i < n; i++) free((void *)(uintptr_t)list[i].bytes);
        free(list);
    } else if (strcmp(what, "measurements") == 0) {
        wm_measurement *list;
        n = (size_t)(words - 1) / 5;
        list = exactly(n * sizeof *list);
        memset(list, 0, n * sizeof *list);
        for (i = 0; i < n; i++) {
            char **w = word + 1 + 5 * i;
            list[i].quantity = (uint32_t)natural(w[0]);
            list[i].value = number(w[1]);
            list[i].has_exponent = !absent(w[2]);
            list[i].exponent = absent(w[2]) ? 0 : (int8_t)number(w[2]);
            list[i].sensor = (uint32_t)natural(w[3]);
            list[i].flags = (uint32_t)natural(w[4]);
        }
        wm_add_measurements(m, list, n);
        free(list);
    } else if (strcmp(what, "series") == 0) { /* series N, then each QUANTITY OFFSET STEP EXPONENT SENSOR COUNT VALUE... */
        wm_series *list;
        char **w = word + 2;
        n = (size_t)natural(word[1]);
        list = exactly(n * sizeof *list);
        memset(list, 0, n * sizeof *list);
        for (i = 0; i < n; i++) {
            int32_t *values;
            list[i].quantity = (uint32_t)natural(w[0]);
            list[i].offset_s = natural(w[1]);
            list[i].step_s = (uint32_t)natural(w[2]);
            list[i].has_exponent = !absent(w[3]);
            list[i].exponent = absent(w[3]) ? 0 : (int8_t)number(w[3]);
            list[i].sensor = (uint32_t)natural(w[4]);
            list[i].count = (size_t)natural(w[5]);
            values = exactly(list[i].count * sizeof *values);
            for (k = 0; k < list[i].count; k++) values[k] = (int32_t)number(w[6 + k]);
            list[i].values = values;
            w += 6 + list[i].count;
        }
        wm_add_series(m, list, n);
        for (i = 0; i < n; i++) free((void *)(uintptr_t)list[i].values);
        free(list);
    } else if (strcmp(what, "images") == 0) {
        uint8_t *digests = unhex(word[1], &length);
        wm_add_images(m, digests, length / 32);
        free(digests);
    } else if (strcmp(what, "calibration") == 0) {
        uint8_t digest[32];
        fixed(word[1], digest, 32);
        wm_add_calibration(m, digest);
    } else if (strcmp(what, "no-content") == 0) {
        wm_add_no_content(m);
    } else if (strcmp(what, "manifest") == 0) { /* DIGEST BYTES MEDIA CHUNK DIGESTS WIDTH HEIGHT */
        wm_image image;
        uint8_t digest[32];
        uint8_t *digests = unhex(word[5], &length);
        memset(&image, 0, sizeof image);
        fixed(word[1], digest, 32);
        image.digest = digest;
        image.bytes = natural(word[2]);
        image.media_type = word[3];
        image.chunk_bytes = natural(word[4]);
        image.chunk_digests = digests;
        image.chunks = length / 32;
        image.width = (uint32_t)natural(word[6]);
        image.height = (uint32_t)natural(word[7]);
        wm_add_image_manifest(m, &image);
        free(digests);
    } else if (strcmp(what, "boot") == 0) { /* REASON FIRMWARE EVIDENCE EPOCH SEQ */
        uint8_t firmware[32];
        uint8_t *evidence = unhex(word[3], &length);
        uint64_t remembered[2];
        fixed(word[2], firmware, 32);
        if (!absent(word[4])) {
            remembered[0] = natural(word[4]);
            remembered[1] = natural(word[5]);
        }
        wm_add_boot(
            m, natural(word[1]), firmware, absent(word[3]) ? NULL : evidence, length, absent(word[4]) ? NULL : remembered);
        free(evidence);
    } else if (strcmp(what, "rekey") == 0) {
        wm_key key = key_of(word[1], word[2], words > 3 ? word[3] : "-");
        wm_add_rekey(m, &key, sign, &device);
    } else if (strcmp(what, "gaps") == 0) { /* REASON EPOCH FROM TO ... */
        wm_gap declared[32];
        n = (size_t)(words - 2) / 3;
        if (n > 32) die("gaps");
        for (i = 0; i < n; i++) {
            declared[i].epoch = natural(word[2 + 3 * i]);
            declared[i].from = natural(word[3 + 3 * i]);
            declared[i].to = natural(word[4 + 3 * i]);
        }
        wm_add_gaps(m, declared, n, natural(word[1]));
    } else if (strcmp(what, "reply") == 0) {
        uint8_t command[16];
        fixed(word[1], command, 16);
        wm_add_command_reply(m, command, natural(word[2]));
    } else {
        die(what);
    }
}

/* Runs the script into out. */
static wm_status build(uint8_t *out, size_t capacity, size_t *length, uint8_t digest[32]) {
    static char copy[LINE / 4];
    static char *word[WORDS];
    wm_message m;
    int i, words;
    strcpy(copy, script[0]);
    split(copy, word);
    fixed(word[5], secret, 16);
    wm_begin(
        &m,
        &device,
        &chain,
        (wm_type)natural(word[1]),
        natural(word[2]),
        (wm_clock)natural(word[3]),
        absent(word[4]) ? WM_NO_UNCERTAINTY : natural(word[4]),
        out,
        capacity);
    for (i = 1; i < script_lines; i++) {
        strcpy(copy, script[i]);
        words = split(copy, word);
        add(&m, word, words);
    }
    return wm_finish(&m, length, digest);
}

static void finish(size_t capacity) {
    uint8_t *out = exactly(capacity);
    uint8_t digest[32];
    size_t length;
    wm_chain before = chain;
    wm_status status = build(out, capacity, &length, digest);
    if (status == WM_OK) {
        printf("ok");
        print_hex(out, length);
        print_hex(digest, 32);
        printf(" %" PRIu64 " %" PRIu64, chain.epoch, chain.seq);
        print_hex(chain.prev, 32);
        printf("\n");
    } else {
        if (memcmp(&before, &chain, sizeof chain) != 0 || length != 0) die("an error moved the chain");
        printf("error %d\n", (int)status);
    }
    free(out);
}

static void cut(void) {
    uint8_t *out = exactly(WM_WIRE_MAX);
    uint8_t digest[32];
    size_t whole, length, capacity;
    wm_chain before = chain;
    dry = 1;
    if (build(out, WM_WIRE_MAX, &whole, digest) != WM_OK) die("cut of what cannot be built");
    free(out);
    for (capacity = 0; capacity <= whole; capacity++) {
        wm_status status;
        chain = before;
        out = exactly(capacity);
        status = build(out, capacity, &length, digest);
        free(out);
        if (capacity < whole
            && (status != WM_BUFFER_TOO_SMALL || length != 0 || memcmp(&before, &chain, sizeof chain) != 0)) {
            printf("wrong %zu status %d\n", capacity, (int)status);
            dry = 0;
            return;
        }
        if (capacity == whole && (status != WM_OK || length != whole)) die("the whole does not fit its own length");
    }
    chain = before;
    dry = 0;
    printf("ok %zu\n", whole);
}

static void read_receipt(char **word, int words) {
    static wm_key keys[8];
    size_t length, capacity = (size_t)natural(word[2]), i, count = 0;
    uint8_t *scratch = absent(word[2]) ? NULL : exactly(capacity);
    wm_status status;
    int w;
    free(receipt_bytes);
    receipt_bytes = unhex(word[1], &length);
    for (w = 3; w < words && count < 8; w += 3) keys[count++] = key_of(word[w], word[w + 1], word[w + 2]);
    status = wm_receipt_read(
        &receipt, &device, keys, count, verify, NULL, receipt_bytes, length, scratch, absent(word[2]) ? 0 : capacity);
    free(scratch);
    if (status != WM_OK) {
        printf("error %d\n", (int)status);
        return;
    }
    printf("ok %" PRIu64 " %" PRIu64 " %d", receipt.tree_size, receipt.time_ms, receipt.receipt_class);
    print_hex(receipt.root, 32);
    print_hex(receipt.anchor, 32);
    printf(" %zu", receipt.count);
    for (i = 0; i < receipt.count; i++) {
        wm_range range;
        if (wm_receipt_range(&receipt, i, &range) != WM_OK) die("range");
        printf(" %" PRIu64 " %" PRIu64 " %" PRIu64, range.epoch, range.from, range.to);
        print_hex(range.digest, 32);
        printf(" %" PRIu64, range.index);
    }
    printf("\n");
}

static char forgotten[LINE];
static const char *ours;

static int outbox_digest(void *context, uint64_t epoch, uint64_t seq, uint8_t digest[32]) {
    (void)context;
    (void)epoch;
    (void)seq;
    if (absent(ours)) return 0;
    fixed(ours, digest, 32);
    return 1;
}

static void outbox_forget(void *context, uint64_t epoch, uint64_t from, uint64_t to) {
    size_t at = strlen(forgotten);
    (void)context;
    snprintf(forgotten + at, sizeof forgotten - at, " %" PRIu64 ":%" PRIu64 "-%" PRIu64, epoch, from, to);
}

static void accept_receipt(const char *digest) {
    wm_outbox outbox;
    wm_status status;
    outbox.digest = outbox_digest;
    outbox.forget = outbox_forget;
    outbox.context = NULL;
    ours = digest;
    forgotten[0] = 0;
    status = wm_receipt_accept(&receipt, &chain, &outbox);
    if (status != WM_OK) printf("error %d%s\n", (int)status, forgotten);
    else {
        printf("ok");
        print_hex(chain.anchor, 32);
        printf("%s\n", forgotten);
    }
}

#define REFUSED(wanted, call)                   \
    do {                                        \
        if ((call) != (wanted)) {               \
            printf("wrong %d\n", __LINE__);     \
            return;                             \
        }                                       \
    } while (0)

static void misuse(void) {
    wm_device d, good = device;
    wm_chain c, started;
    wm_message m;
    wm_receipt r;
    wm_range range;
    wm_key k;
    wm_measurement t;
    wm_outbox o;
    uint8_t out[1024], id[16], x[32], digest[32], stored[WM_CHAIN_BYTES];
    size_t length, i;
    int erased;
    memset(id, 1, sizeof id);
    memset(x, 2, sizeof x);
    memset(&t, 0, sizeof t);
    memset(&k, 0, sizeof k);
    REFUSED(WM_OK, wm_chain_start(&started, 7));
    REFUSED(WM_ARGUMENT, wm_device_init(&d, id, &k, sign, random_bytes, &device)); /* a key of zeros */
    REFUSED(WM_OK, wm_key_ed25519(&k, x));
    REFUSED(WM_ARGUMENT, wm_device_init(&d, id, &k, NULL, random_bytes, &device));
    REFUSED(WM_ARGUMENT, wm_device_init(&d, id, &k, sign, NULL, &device));
    REFUSED(WM_ARGUMENT, wm_device_init(&d, NULL, &k, sign, random_bytes, &device));
    memset(id, 0, sizeof id);
    REFUSED(WM_ARGUMENT, wm_device_init(&d, id, &k, sign, random_bytes, &device));
    REFUSED(WM_NOT_READY, wm_begin(&m, &d, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_NOT_READY, wm_finish(&m, &length, digest)); /* the reason given by wm_begin */
    for (erased = 0; erased <= 0xff; erased += 0xff) {
        memset(&d, erased, sizeof d);
        memset(&c, erased, sizeof c);
        memset(&m, erased, sizeof m);
        memset(&r, erased, sizeof r);
        memset(stored, erased, sizeof stored);
        REFUSED(WM_NOT_READY, wm_add_measurements(&m, &t, 1));
        REFUSED(WM_NOT_READY, wm_add_boot(&m, 1, x, NULL, 0, NULL));
        REFUSED(WM_NOT_READY, wm_add_rekey(&m, &k, sign, &device));
        REFUSED(WM_NOT_READY, wm_finish(&m, &length, digest));
        REFUSED(WM_NOT_READY, wm_receipt_range(&r, 0, &range));
        memset(&o, 0, sizeof o);
        REFUSED(WM_ARGUMENT, wm_receipt_accept(&r, &started, &o));
        o.digest = outbox_digest;
        o.forget = outbox_forget;
        REFUSED(WM_NOT_READY, wm_receipt_accept(&r, &started, &o));
        REFUSED(WM_MALFORMED, wm_chain_load(&c, stored));
        REFUSED(WM_NOT_READY, wm_begin(&m, &good, &c, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
        REFUSED(WM_NOT_READY, wm_receipt_read(&r, &d, &k, 1, verify, NULL, out, 100, NULL, 0));
        memset(secret, erased, sizeof secret);
        REFUSED(
            erased == 0 ? WM_SIGNER_FAILED : WM_OK,
            wm_begin(&m, &good, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    }
    /* From here the message begun last. Quantity 0 is none. */
    REFUSED(WM_ARGUMENT, wm_add_measurements(&m, &t, 1));
    t.quantity = WM_TEMPERATURE;
    REFUSED(WM_ARGUMENT, wm_add_measurements(&m, &t, 1)); /* the first error stays */
    REFUSED(WM_ARGUMENT, wm_finish(&m, &length, digest));
    REFUSED(WM_NOT_READY, wm_finish(&m, &length, digest));
    REFUSED(WM_OK, wm_begin(&m, &good, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_ARGUMENT, wm_finish(&m, &length, digest)); /* no group */
    REFUSED(WM_OK, wm_begin(&m, &good, &started, WM_BOOT, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_ARGUMENT, wm_add_measurements(&m, &t, 1)); /* not in a boot message */
    REFUSED(WM_ARGUMENT, wm_finish(&m, &length, digest));
    REFUSED(WM_OK, wm_begin(&m, &good, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_OK, wm_add_no_content(&m));
    REFUSED(WM_ARGUMENT, wm_add_no_content(&m));
    REFUSED(WM_OK, wm_begin(&m, &good, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_OK, wm_add_measurements(&m, &t, 1));
    REFUSED(WM_ARGUMENT, wm_add_no_content(&m)); /* not beside content */
    REFUSED(WM_OK, wm_begin(&m, &good, &started, WM_READING, 1, WM_CLOCK_UNSET, 0, out, sizeof out));
    REFUSED(WM_OK, wm_add_measurements(&m, &t, 1));
    started.seq++; /* another message was finished meanwhile */
    REFUSED(WM_NOT_READY, wm_finish(&m, &length, digest));
    /* A stored chain comes back, and not with one bit turned. */
    REFUSED(WM_OK, wm_chain_store(&started, stored));
    REFUSED(WM_OK, wm_chain_load(&c, stored));
    if (c.epoch != started.epoch || c.seq != started.seq || memcmp(c.prev, started.prev, 32) != 0
        || c.anchored != started.anchored || memcmp(c.anchor, started.anchor, 32) != 0)
        die("the chain came back as another");
    for (i = 0; i < 8 * sizeof stored; i++) {
        stored[i / 8] ^= (uint8_t)(1 << i % 8);
        REFUSED(WM_MALFORMED, wm_chain_load(&c, stored));
        REFUSED(WM_NOT_READY, wm_chain_store(&c, out));
        stored[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    printf("ok\n");
}

int main(void) {
    static char *word[WORDS];
    while (next_line(line, sizeof line)) {
        int words;
        char *first_space;
        if (script_lines > 0 && strncmp(line, "finish", 6) != 0 && strncmp(line, "cut", 3) != 0) {
            if (script_lines == LINES || strlen(line) >= LINE / 4) die("script");
            strcpy(script[script_lines++], line);
            continue;
        }
        first_space = strchr(line, ' ');
        if (strncmp(line, "message ", 8) == 0 && first_space != NULL) {
            if (strlen(line) >= LINE / 4) die("script");
            strcpy(script[0], line);
            script_lines = 1;
            continue;
        }
        words = split(line, word);
        if (words == 0) die("empty line");
        if (strcmp(word[0], "device") == 0) {
            wm_key key = key_of(word[2], word[3], word[4]);
            uint8_t id[16];
            fixed(word[1], id, 16);
            printf("ok %d\n", (int)wm_device_init(&device, id, &key, sign, random_bytes, &device));
        } else if (strcmp(word[0], "chain") == 0) {
            wm_chain_start(&chain, natural(word[1]));
            chain.seq = natural(word[2]);
            if (!absent(word[3])) fixed(word[3], chain.prev, 32);
            chain.anchored = !absent(word[4]);
            if (chain.anchored) fixed(word[4], chain.anchor, 32);
            printf("ok\n");
        } else if (strcmp(word[0], "finish") == 0) {
            finish((size_t)natural(word[1]));
            script_lines = 0;
        } else if (strcmp(word[0], "cut") == 0) {
            cut();
            script_lines = 0;
        } else if (strcmp(word[0], "receipt") == 0) {
            read_receipt(word, words);
        } else if (strcmp(word[0], "accept") == 0) {
            accept_receipt(word[1]);
        } else if (strcmp(word[0], "misuse") == 0) {
            misuse();
        } else if (strcmp(word[0], "sha") == 0) {
            wm_sha256 hash;
            uint8_t digest[32];
            size_t length, at = (size_t)natural(word[2]);
            uint8_t *bytes = unhex(word[1], &length);
            wm_sha256_init(&hash);
            wm_sha256_update(&hash, bytes, at);
            wm_sha256_update(&hash, bytes + at, length - at);
            wm_sha256_final(&hash, digest);
            printf("ok");
            print_hex(digest, 32);
            printf("\n");
            free(bytes);
        } else if (strcmp(word[0], "sizes") == 0) {
            printf("ok device %zu chain %zu message %zu receipt %zu\n", sizeof device, sizeof chain, sizeof(wm_message), sizeof receipt);
        } else {
            die(word[0]);
        }
        fflush(stdout);
    }
    return 0;
}
