#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"
#include "bench.h"

typedef struct { sl_matmul product; float *scratch, *packed; bool packs; } job;

static void multiply(void *argument) {
    job *j = argument;
    size_t panels = sl_panel_count(SL_CPU_ACTIVE, j->product.n);
    if (j->packs) sl_matmul_pack(&j->product, 0, panels, j->packed);
    sl_matmul_run(&j->product, 0, j->product.m, 0, panels, j->scratch);
}

typedef struct { size_t m, n, k; bool a_transposed, b_transposed; } shape;

static void bench(shape s, const char *kind) {
    float *a = numbers(s.m * s.k), *b = numbers(s.k * s.n), *c = numbers(s.m * s.n);
    job j = {.product = {.m = s.m, .n = s.n, .k = s.k, .a = a, .b = b, .c = c,
                         .c_row = (ptrdiff_t)s.n, .a_column = 1, .b_column = 1}};
    j.product.a_row = (ptrdiff_t)s.k;
    j.product.b_row = (ptrdiff_t)s.n;
    if (s.a_transposed) j.product.a_row = 1, j.product.a_column = (ptrdiff_t)s.m;
    if (s.b_transposed) j.product.b_row = 1, j.product.b_column = (ptrdiff_t)s.k;
    j.packed = numbers(sl_matmul_packed_count(&j.product));
    if (kind[0] != 'i') {
        sl_matmul_pack(&j.product, 0, sl_panel_count(SL_CPU_ACTIVE, s.n), j.packed);
        j.product.packed = j.packed;
        j.packs = kind[0] == 'e';
    }
    j.scratch = numbers(sl_matmul_scratch(&j.product));
    char name[80];
    snprintf(name, sizeof name, "%zu x %zu x %zu%s%s, %s", s.m, s.n, s.k, s.a_transposed ? " At" : "",
             s.b_transposed ? " Bt" : "", kind);
    print_row(name, 2.0 * s.m * s.n * s.k, best_time(multiply, &j));
    free(a), free(b), free(c), free(j.packed), free(j.scratch);
}

void bench_matmul(void) {
    static const shape shapes[] = {
        {1024, 1024, 1024, 0, 0}, {1024, 1024, 1024, 1, 0}, {1024, 1024, 1024, 0, 1},
        {256, 256, 256, 0, 0},    {128, 128, 64, 0, 1},     {64, 64, 64, 0, 0},
        {32, 1024, 1024, 0, 0},  {32, 10, 128, 0, 0},      {3136, 64, 64, 0, 0},     {3136, 64, 576, 0, 0},
        {784, 128, 1152, 0, 0},   {196, 256, 2304, 0, 0},   {49, 512, 4608, 0, 0},
        {49, 2048, 512, 0, 0},    {12544, 64, 147, 0, 0},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        bench(shapes[i], "packed once");
    for (size_t i = 0; i < 8; i++) bench(shapes[i], "each call packs");
    for (size_t i = 0; i < 8; i++) bench(shapes[i], "in place");
}

void bench_skinny(void) {
    for (size_t m = 1; m <= 4; m++) bench((shape){m, 4096, 4096, 0, 0}, "packed once");
    for (size_t m = 1; m <= 4; m++) bench((shape){m, 512, 512, 0, 0}, "packed once");
    for (size_t m = 1; m <= 64; m *= 2) { /* a step of a recurrent layer */
        bench((shape){m, 512, 128, 0, 0}, "packed once");
        bench((shape){m, 512, 128, 0, 0}, "in place");
    }
    bench((shape){1, 4096, 4096, 0, 0}, "in place");
    bench((shape){1, 4096, 4096, 0, 1}, "in place");
    bench((shape){1, 512, 512, 0, 1}, "in place");
    bench((shape){4096, 1, 4096, 0, 0}, "packed once");
    bench((shape){4096, 8, 4096, 0, 0}, "packed once");
}
