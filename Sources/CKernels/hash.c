#include "hash.h"

#include <string.h>

static const uint64_t k0 = 0xc3a5c85c97cb3127, k1 = 0xb492b66fbe98f273, k2 = 0x9ae16a3b2f90404f;

static uint64_t fetch64(const uint8_t *text) {
    uint64_t value = 0;
    for (int byte = 7; byte >= 0; byte--) value = value << 8 | text[byte];
    return value;
}

static uint64_t fetch32(const uint8_t *text) {
    return (uint64_t)text[0] | (uint64_t)text[1] << 8 | (uint64_t)text[2] << 16
        | (uint64_t)text[3] << 24;
}

static uint64_t rotated(uint64_t value, int shift) {  // right
    return value >> shift | value << (64 - shift);
}

static uint64_t mixed(uint64_t value) { return value ^ value >> 47; }

static uint64_t join(uint64_t u, uint64_t v, uint64_t factor) {
    const uint64_t a = mixed((u ^ v) * factor);
    return mixed((v ^ a) * factor) * factor;
}

static uint64_t hash_16(const uint8_t *s, size_t length) {
    if (length >= 8) {
        const uint64_t factor = k2 + length * 2, a = fetch64(s) + k2;
        const uint64_t b = fetch64(s + length - 8);
        return join(
            rotated(b, 37) * factor + a, (rotated(a, 25) + b) * factor, factor);
    }
    if (length >= 4)
        return join(
            length + (fetch32(s) << 3), fetch32(s + length - 4), k2 + length * 2);
    if (length > 0) {
        const uint32_t y = s[0] + ((uint32_t)s[length >> 1] << 8);
        const uint32_t z = (uint32_t)length + ((uint32_t)s[length - 1] << 2);
        return mixed(y * k2 ^ z * k0) * k2;
    }
    return k2;
}

static uint64_t hash_32(const uint8_t *s, size_t length) {
    const uint64_t factor = k2 + length * 2;
    const uint64_t a = fetch64(s) * k1, b = fetch64(s + 8);
    const uint64_t c = fetch64(s + length - 8) * factor, d = fetch64(s + length - 16) * k2;
    return join(
        rotated(a + b, 43) + rotated(c, 30) + d, a + rotated(b + k2, 18) + c, factor);
}

static uint64_t hash_64(const uint8_t *s, size_t length) {
    const uint64_t factor = k2 + length * 2;
    const uint64_t a = fetch64(s) * k2, b = fetch64(s + 8);
    const uint64_t c = fetch64(s + length - 8) * factor, d = fetch64(s + length - 16) * k2;
    const uint64_t y = rotated(a + b, 43) + rotated(c, 30) + d;
    const uint64_t z = join(y, a + rotated(b + k2, 18) + c, factor);
    const uint64_t e = fetch64(s + 16) * factor, f = fetch64(s + 24);
    const uint64_t g = (y + fetch64(s + length - 32)) * factor;
    const uint64_t h = (z + fetch64(s + length - 24)) * factor;
    return join(
        rotated(e + f, 43) + rotated(g, 30) + h, e + rotated(f + a, 18) + g, factor);
}

typedef struct {
    uint64_t first, second;
} pair;

static pair weak_hash(const uint8_t *s, uint64_t a, uint64_t b) {
    const uint64_t w = fetch64(s), x = fetch64(s + 8), y = fetch64(s + 16), z = fetch64(s + 24);
    a += w;
    b = rotated(b + a + z, 21);
    const uint64_t c = a;
    a += x + y;
    b += rotated(a, 44);
    return (pair){a + z, b + c};
}

typedef struct {
    uint64_t x, y, z;
    pair v, w;
} state;

static state block(state h, const uint8_t *s, uint64_t factor, uint64_t scale) {
    h.x = rotated(h.x + h.y + h.v.first + fetch64(s + 8), 37) * factor;
    h.y = rotated(h.y + h.v.second + fetch64(s + 48), 42) * factor;
    h.x ^= h.w.second * scale;
    h.y += h.v.first * scale + fetch64(s + 40);
    h.z = rotated(h.z + h.w.first, 33) * factor;
    h.v = weak_hash(s, h.v.second * factor, h.x + h.w.first);
    h.w = weak_hash(s + 32, h.z + h.w.second, h.y + fetch64(s + 16));
    const uint64_t z = h.z;
    h.z = h.x;
    h.x = z;
    return h;
}

uint64_t sl_fingerprint(const uint8_t *s, size_t length) {
    if (length <= 16) return hash_16(s, length);
    if (length <= 32) return hash_32(s, length);
    if (length <= 64) return hash_64(s, length);
    const uint64_t seed = 81;
    state h = {.x = seed, .y = seed * k1 + 113};
    h.z = mixed(h.y * k2 + 113) * k2;
    h.x = h.x * k2 + fetch64(s);
    const size_t tail = (length - 1) & 63;
    const uint8_t *end = s + (length - 1) / 64 * 64, *last = end + tail - 63;
    for (; s != end; s += 64) h = block(h, s, k1, 1);
    const uint64_t factor = k1 + ((h.z & 0xff) << 1);
    h.w.first += tail;
    h.v.first += h.w.first;
    h.w.first += h.v.first;
    h = block(h, last, factor, 9);
    return join(
        join(h.v.first, h.w.first, factor) + mixed(h.y) * k0 + h.z,
        join(h.v.second, h.w.second, factor) + h.x, factor);
}

uint64_t sl_fingerprint_join(uint64_t first, uint64_t second) {
    const uint64_t factor = 0xc6a4a7935bd1e995;
    uint64_t result = first ^ factor;
    result ^= mixed(second * factor) * factor;
    result *= factor;
    result = mixed(result) * factor;
    return mixed(result);
}

static void sip_rounds(uint64_t v[4], int count) {
    for (; count > 0; count--) {
        v[0] += v[1];
        v[1] = rotated(v[1], 64 - 13) ^ v[0];
        v[0] = rotated(v[0], 32);
        v[2] += v[3];
        v[3] = rotated(v[3], 64 - 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotated(v[3], 64 - 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotated(v[1], 64 - 17) ^ v[2];
        v[2] = rotated(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

uint64_t sl_siphash(const uint64_t key[2], const uint8_t *text, size_t length) {
    uint64_t v[4] = {
        key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
        key[1] ^ 0x7465646279746573,
    };
    size_t place = 0;
    for (; place + 8 <= length; place += 8) sip_word(v, fetch64(text + place));
    uint64_t last = (uint64_t)length << 56;
    for (size_t byte = place; byte < length; byte++)
        last |= (uint64_t)text[byte] << 8 * (byte - place);
    sip_word(v, last);
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
