/* FIPS 180-4 in one go over the whole input, written apart from waymark.c. */
#include "waymark.h"

#include <stdlib.h>

static uint32_t right(uint32_t x, int n) {
    return (x >> n) | (x << (32 - n));
}

/* The first 32 bits of the fractional part of the square root (power 2) or cube root (power 3) of p, by search in integers. */
static uint32_t fraction(uint32_t p, int power) {
    uint64_t low = 0, high = (uint64_t)1 << 36;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        __extension__ typedef unsigned __int128 wide;
        wide product = (wide)middle * middle;
        int above;
        if (power == 2) above = product > (wide)p << 64;
        else above = product * middle > (wide)p << 96;
        if (above) high = middle;
        else low = middle;
    }
    return (uint32_t)low;
}

void wm_sha256_init(wm_sha256 *hash) {
    hash->length = 0;
}

void wm_sha256_update(wm_sha256 *hash, const uint8_t *bytes, size_t length) {
    if (length > sizeof hash->bytes - hash->length) abort();
    if (length > 0) memcpy(hash->bytes + hash->length, bytes, length);
    hash->length += length;
}

void wm_sha256_final(wm_sha256 *hash, uint8_t digest[32]) {
    static uint32_t k[64], start[8];
    uint32_t state[8];
    size_t blocks = (hash->length + 9 + 63) / 64, b;
    int i;
    if (k[0] == 0) {
        uint32_t p = 1;
        for (i = 0; i < 64; i++) {
            uint32_t d;
            do {
                p++;
                for (d = 2; d * d <= p && p % d != 0; d++) continue;
            } while (d * d <= p);
            k[i] = fraction(p, 3);
            if (i < 8) start[i] = fraction(p, 2);
        }
    }
    memcpy(state, start, sizeof state);
    for (b = 0; b < blocks; b++) {
        uint32_t w[64], v[8];
        for (i = 0; i < 64; i++) {
            size_t at = 64 * b + (size_t)i;
            uint8_t byte = at < hash->length ? hash->bytes[at] : at == hash->length ? 0x80 : 0;
            if (at >= 64 * blocks - 8) byte = (uint8_t)((uint64_t)hash->length * 8 >> (8 * (64 * blocks - 1 - at)));
            w[i / 4] = i % 4 == 0 ? (uint32_t)byte << 24 : w[i / 4] | (uint32_t)byte << (24 - 8 * (i % 4));
        }
        for (i = 16; i < 64; i++)
            w[i] = w[i - 16] + (right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >> 3)) + w[i - 7]
                + (right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >> 10));
        memcpy(v, state, sizeof v);
        for (i = 0; i < 64; i++) {
            uint32_t t1 = v[7] + (right(v[4], 6) ^ right(v[4], 11) ^ right(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
            uint32_t t2 = (right(v[0], 2) ^ right(v[0], 13) ^ right(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            memmove(v + 1, v, 7 * sizeof v[0]);
            v[4] += t1;
            v[0] = t1 + t2;
        }
        for (i = 0; i < 8; i++) state[i] += v[i];
    }
    for (i = 0; i < 32; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}
