/* What a maker writes for a chip with a SHA-256 peripheral; this one stands in for it and keeps the whole input, as some peripherals want. */
#ifndef HARDWARE_SHA256_H
#define HARDWARE_SHA256_H
#include <stddef.h>
typedef struct {
    size_t length;
    uint8_t bytes[70000];
} wm_sha256;
#endif
