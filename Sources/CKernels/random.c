#include "random.h"

#include <math.h>

/* Four blocks at once: a word of each in 64 bits whose upper half is empty, since products of such
 * words are one instruction. */
#define LANES 4
typedef uint64_t words __attribute__((ext_vector_type(LANES)));

typedef struct blocks {
    words word[4];
} blocks;

static inline __attribute__((always_inline)) blocks draw(sl_random r, uint32_t first) {
    const words low = 0xffffffffu;
    words x0 = ((words){0, 1, 2, 3} + first) & low, x1 = r.step;
    words x2 = r.stream & 0xffffffffu, x3 = r.stream >> 32;
    uint32_t key0 = (uint32_t)r.seed, key1 = (uint32_t)(r.seed >> 32);
    for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) {
        words a = (x0 & low) * (words)0xd2511f53u, b = (x2 & low) * (words)0xcd9e8d57u;
        x0 = (b >> 32) ^ x1 ^ (words)key0;
        x1 = b & low;
        x2 = (a >> 32) ^ x3 ^ (words)key1;
        x3 = a & low;
    }
    return (blocks){{x0, x1, x2, x3}};
}

/* y[i] = `number` of blocks `b`, their `lane` and the `place` in it for positions first ..< first +
 * count; a block holds `per_block` numbers. */
#define FILL(per_block, number)                                                                   \
    for (size_t i = 0; i < count;) {                                                              \
        size_t place = (first + i) % (per_block);                                                 \
        blocks b = draw(random, (uint32_t)((first + i) / (per_block)));                           \
        for (size_t lane = 0; lane < LANES; lane++, place = 0)                                    \
            for (; place < (per_block) && i < count; place++, i++) y[i] = number;                 \
    }

/* The same loop without the looks at each position, where whole blocks are wanted. */
static size_t fill_whole_blocks(sl_random random, size_t first, size_t count, float *y) {
    size_t i = 0;
    if (first % 4 != 0) return i;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        blocks b = draw(random, (uint32_t)((first + i) / 4));
        for (int lane = 0; lane < LANES; lane++)
            for (int place = 0; place < 4; place++)
                y[i + 4 * lane + place] = (float)(int32_t)(b.word[place][lane] >> 8) * 0x1p-24f;
    }
    return i;
}

void sl_random_uniform(sl_random random, size_t first, size_t count, float *y) {
    size_t done = fill_whole_blocks(random, first, count, y);
    first += done;
    count -= done;
    y += done;
    FILL(4, (float)(b.word[place][lane] >> 8) * 0x1p-24f)
}

void sl_random_normal(sl_random random, size_t first, size_t count, float *y) {
    const double turn = 6.283185307179586476925;
    FILL(2, (float)(sqrt(-2 * log(1 - (b.word[2 * place][lane] >> 8) * 0x1p-24))
                    * cos(turn * b.word[2 * place + 1][lane] * 0x1p-32)))
}
