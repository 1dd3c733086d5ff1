#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"
#include "bench.h"

enum { COUNT = 4096 }; /* numbers at once: they stay in the first cache */

typedef struct { enum sl_unary code; float *x, *y; } job;

static void apply(void *argument) {
    static const float parameters[3] = {0, 1e30f, 0};
    job *j = argument;
    for (int i = 0; i < 100; i++) sl_unary_apply(j->code, parameters, j->x, j->y, COUNT);
}

void bench_elementwise(void) {
    static const struct { const char *name; enum sl_unary code; } functions[] = {
        {"relu", SL_UNARY_RELU}, {"exp", SL_UNARY_EXP}, {"sigmoid", SL_UNARY_SIGMOID},
        {"silu", SL_UNARY_SILU}, {"tanh", SL_UNARY_TANH}, {"gelu", SL_UNARY_GELU},
        {"gelu, approximate", SL_UNARY_GELU_TANH}, {"erf", SL_UNARY_ERF},
        {"hard silu", SL_UNARY_HARD_SILU}, {"softplus", SL_UNARY_SOFTPLUS},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        job j = {functions[i].code, numbers(COUNT), numbers(COUNT)};
        double seconds = best_time(apply, &j) / 100;
        printf("%-44s %9.3f ns per number %6.1f GB/s\n", functions[i].name, seconds / COUNT * 1e9,
               2 * sizeof(float) * COUNT / seconds / 1e9);
        free(j.x), free(j.y);
    }
}
