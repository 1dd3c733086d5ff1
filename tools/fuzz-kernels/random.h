/* Random numbers and memory of exactly the size asked for. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "CKernels.h"

extern uint64_t state;

static inline size_t below(size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % bound;
}

static inline size_t pick(const size_t *values, size_t count) { return values[below(count)]; }
#define PICK(...) \
    pick((const size_t[]){__VA_ARGS__}, sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

/* Floats of their own, one float off the allocation's alignment. */
static inline float *floats(size_t count, bool random) {
    float *p = malloc((count + 1) * sizeof(float));
    if (p == NULL) exit(2);
    for (size_t i = 0; i < count; i++)
        p[i + 1] = random ? (float)below(2001) / 1000 - 1 : NAN;
    return p + 1;
}

static inline void release(float *p) { free(p - 1); }

/* Attention of random shapes; whether it was wrong. */
int attend(sl_cpu cpu);

#endif
