#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"
#include "bench.h"

/* The same product with weights of 32 and 16 bits and of bytes, rounding of the rows included. */

typedef struct { sl_matmul product; float *scratch; } float_job;

static void multiply(void *argument) {
    float_job *j = argument;
    sl_matmul_run(&j->product, 0, j->product.m, 0, sl_panel_count(SL_CPU_ACTIVE, j->product.n),
                  j->scratch);
}

typedef struct { sl_byte_product product; void *rows; } byte_job;

static void multiply_bytes(void *argument) {
    byte_job *j = argument;
    sl_byte_round(&j->product, 0, j->product.m, j->rows);
    sl_byte_run(&j->product, 0, j->product.m, 0, sl_byte_panels(&j->product), j->rows);
}

static void bench(size_t m, size_t n, size_t k) {
    static const char *const names[] = {"float32", "bfloat16", "float16"};
    float *a = numbers(m * k), *b = numbers(k * n), *c = numbers(m * n), *scale = numbers(n);
    char name[80];
    for (int storage = 0; storage < 3; storage++) {
        float_job j = {.product = {.m = m, .n = n, .k = k, .a = a, .b = b, .c = c,
                                   .a_row = (ptrdiff_t)k, .a_column = 1, .b_row = (ptrdiff_t)n,
                                   .b_column = 1, .c_row = (ptrdiff_t)n,
                                   .storage = (sl_storage)storage}};
        float *packed = numbers(sl_matmul_packed_count(&j.product));
        sl_matmul_pack(&j.product, 0, sl_panel_count(SL_CPU_ACTIVE, n), packed);
        j.product.packed = packed, j.product.b = NULL;
        j.scratch = numbers(sl_matmul_scratch(&j.product));
        snprintf(name, sizeof name, "%zu x %zu x %zu, %s", m, n, k, names[storage]);
        print_row(name, 2.0 * m * n * k, best_time(multiply, &j));
        free(packed), free(j.scratch);
    }
    int8_t *bytes = (int8_t *)numbers(k * n / 4 + 1);
    byte_job j = {.product = {.m = m, .n = n, .k = k, .a = a, .a_row = (ptrdiff_t)k, .b = bytes,
                              .b_row = (ptrdiff_t)n, .b_column = 1, .lowest = -127, .largest = 127,
                              .epsilon = 1e-7f, .scale = scale, .c = c, .c_row = (ptrdiff_t)n}};
    void *packed = numbers(sl_byte_packed_size(&j.product) / 4 + 1);
    sl_byte_pack(&j.product, 0, sl_byte_panels(&j.product), packed);
    j.product.packed = packed;
    j.rows = numbers(sl_byte_rows_size(&j.product) / 4 + 1);
    snprintf(name, sizeof name, "%zu x %zu x %zu, %s", m, n, k, sl_byte_kernel(SL_CPU_ACTIVE));
    print_row(name, 2.0 * m * n * k, best_time(multiply_bytes, &j));
    free(a), free(b), free(c), free(scale), free(bytes), free(packed), free(j.rows);
}

void bench_weights(void) {
    static const size_t rows[] = {1, 2, 8, 32, 256};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench(rows[i], 4096, 4096);
        bench(rows[i], 1024, 1024);
    }
}
