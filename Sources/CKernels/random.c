#include "random.h"

#include <math.h>

#define LANES 8 /* blocks at once, for the compiler's vectors */

typedef struct blocks {
    uint32_t word[4][LANES];
} blocks;

static void draw(sl_random r, uint32_t first, blocks *b) {
    for (uint32_t lane = 0; lane < LANES; lane++) {
        b->word[0][lane] = first + lane;
        b->word[1][lane] = r.step;
        b->word[2][lane] = (uint32_t)r.stream;
        b->word[3][lane] = (uint32_t)(r.stream >> 32);
    }
    uint32_t key0 = (uint32_t)r.seed, key1 = (uint32_t)(r.seed >> 32);
    for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) {
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t a = 0xd2511f53ull * b->word[0][lane], c = 0xcd9e8d57ull * b->word[2][lane];
            b->word[0][lane] = (uint32_t)(c >> 32) ^ b->word[1][lane] ^ key0;
            b->word[1][lane] = (uint32_t)c;
            b->word[2][lane] = (uint32_t)(a >> 32) ^ b->word[3][lane] ^ key1;
            b->word[3][lane] = (uint32_t)a;
        }
    }
}

/* Calls number(blocks, lane, place in the block) for each of `count` positions from `first`; a block
 * holds `per_block` numbers. */
#define FILL(per_block, number)                                                                   \
    for (size_t i = 0; i < count;) {                                                              \
        blocks b;                                                                                 \
        size_t place = (first + i) % (per_block);                                                 \
        draw(random, (uint32_t)((first + i) / (per_block)), &b);                                  \
        for (size_t lane = 0; lane < LANES; lane++, place = 0)                                    \
            for (; place < (per_block) && i < count; place++, i++) y[i] = number;                 \
    }

void sl_random_uniform(sl_random random, size_t first, size_t count, float *y) {
    FILL(4, (float)(b.word[place][lane] >> 8) * 0x1p-24f)
}

void sl_random_normal(sl_random random, size_t first, size_t count, float *y) {
    const double turn = 6.283185307179586476925;
    FILL(2, (float)(sqrt(-2 * log(1 - (b.word[2 * place][lane] >> 8) * 0x1p-24))
                    * cos(turn * b.word[2 * place + 1][lane] * 0x1p-32)))
}
