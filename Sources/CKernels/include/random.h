/* Random numbers as a pure function of a key and a counter (Philox4x32-10), as CounterRandom in
 * SwiftletTensor draws them. */
#ifndef SWIFTLET_RANDOM_H
#define SWIFTLET_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct sl_random {
    uint64_t seed, stream;
    uint32_t step; /* the upper half of the counter */
} sl_random;

/* y[i] = number first + i of [0, 1), with 24 random bits. */
void sl_random_uniform(sl_random random, size_t first, size_t count, float *y);

/* y[i] = number first + i of the standard normal distribution (Box-Muller). */
void sl_random_normal(sl_random random, size_t first, size_t count, float *y);

#endif
