#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"
#include "bench.h"

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))
#else
#define AVX2
#endif

enum { chains = 12 };
typedef float eight __attribute__((vector_size(32)));
static volatile float factor = 0.999f, sink;

/* Independent multiply-adds in registers: nothing can beat it. (AVX2 and NEON; with AVX-512 the
 * peak is up to twice this.) */
AVX2 static void multiply_adds(void *iterations) {
    eight sums[chains], m = (eight){} + factor;
    for (int i = 0; i < chains; i++) sums[i] = (eight){} + (float)i;
    for (long k = 0; k < *(long *)iterations; k++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < chains; i++) sums[i] = sums[i] * m + m;
    }
    for (int i = 1; i < chains; i++) sums[0] += sums[i];
    sink = sums[0][0];
}

static double peak;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double best_time(void (*body)(void *), void *argument) {
    double begin = seconds(), best = 1e30;
    for (int run = 0; run < 5 || seconds() - begin < 0.25; run++) {
        double start = seconds();
        body(argument);
        double time = seconds() - start;
        if (time < best) best = time;
    }
    return best;
}

float *numbers(size_t count) {
    void *memory;
    if (posix_memalign(&memory, 64, count * sizeof(float) + 64) != 0) exit(1);
    float *floats = memory;
    for (size_t i = 0; i < count; i++) floats[i] = (float)(i * 2654435761u % 1000) / 1000 - 0.5f;
    return floats;
}

void print_row(const char *name, double flops, double time) {
    double rate = flops / time / 1e9;
    printf("%-44s %9.3f ms %8.1f GFLOP/s %5.1f %%\n", name, time * 1e3, rate, rate / peak * 100);
    fflush(stdout);
}

int main(int argc, char **argv) {
    long iterations = 2000000;
    peak = 2.0 * 8 * chains * iterations / best_time(multiply_adds, &iterations) / 1e9;
    printf("level %s, peak of one thread %.1f GFLOP/s\n", sl_cpu_name(SL_CPU_ACTIVE), peak);
    static const struct { const char *name; void (*run)(void); } groups[] = {
        {"matmul", bench_matmul}, {"skinny", bench_skinny},
        {"convolution", bench_convolution}, {"winograd", bench_winograd},
        {"gradient", bench_gradient}, {"elementwise", bench_elementwise},
        {"weights", bench_weights}, {"attention", bench_attention},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        bool wanted = argc == 1;
        for (int j = 1; j < argc; j++) wanted |= strcmp(argv[j], groups[i].name) == 0;
        if (wanted) groups[i].run();
    }
    return 0;
}
