#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"
#include "bench.h"

/* One head as a whole, and by products of matrices around a softmax of all scores. */
typedef struct { sl_attention head; float *scores, *scratch; } job;

static void attend(void *argument) {
    job *j = argument;
    sl_attention_run(&j->head, 0, j->head.queries, j->scratch);
}

static sl_matmul product(const float *a, const float *b, float *c, size_t m, size_t n, size_t k) {
    return (sl_matmul){.m = m, .n = n, .k = k, .a = a, .b = b, .c = c, .a_row = (ptrdiff_t)k,
                       .a_column = 1, .b_row = (ptrdiff_t)n, .b_column = 1, .c_row = (ptrdiff_t)n};
}

static void run(const sl_matmul *p, float *scratch) {
    sl_matmul_run(p, 0, p->m, 0, sl_panel_count(SL_CPU_ACTIVE, p->n), scratch);
}

static void attend_apart(void *argument) {
    job *j = argument;
    const sl_attention *h = &j->head;
    sl_matmul scores = product(h->query, h->key, j->scores, h->queries, h->keys, h->size);
    scores.b_row = 1, scores.b_column = (ptrdiff_t)h->size;
    run(&scores, j->scratch);
    sl_softmax(j->scores, j->scores, h->queries, h->keys);
    sl_matmul values = product(j->scores, h->value, h->output, h->queries, h->value_size, h->keys);
    run(&values, j->scratch);
}

static void bench(size_t queries, size_t keys, size_t size, bool causal, size_t heads) {
    job j = {.head = {
        .queries = queries, .keys = keys, .size = size, .value_size = size, .scale = 0.125f,
        .query = numbers(queries * size * heads), .key = numbers(keys * size * heads),
        .value = numbers(keys * size * heads), .output = numbers(queries * size * heads),
        .query_row = size * heads, .key_row = size * heads, .value_row = size * heads,
        .output_row = size * heads, .has_band = causal, .behind = SIZE_MAX, .hidden = -1e9f}};
    j.scores = numbers(queries * keys);
    sl_matmul any = {.n = 1};
    size_t floats = sl_attention_scratch(&j.head), others = sl_matmul_scratch(&any);
    j.scratch = numbers(floats > others ? floats : others);
    double flops = 4.0 * (double)(queries * keys * size);
    char name[80];
    snprintf(name, sizeof name, "%zu x %zu, %zu, one of %zu heads%s", queries, keys, size, heads,
             causal ? ", causal" : "");
    print_row(name, flops, best_time(attend, &j));
    if (heads == 1 && !causal) print_row("  scores kept", flops, best_time(attend_apart, &j));
    free((void *)j.head.query), free((void *)j.head.key), free((void *)j.head.value);
    free(j.head.output), free(j.scores), free(j.scratch);
}

void bench_attention(void) {
    static const size_t lengths[] = {16, 64, 128, 197, 512, 1024, 4096};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bench(lengths[i], lengths[i], 64, false, 1);
        bench(lengths[i], lengths[i], 64, false, 8);
        bench(lengths[i], lengths[i], 64, true, 8);
    }
    bench(1, 1024, 64, false, 1);
    bench(1, 1024, 64, false, 8);
    bench(1024, 1024, 128, false, 1);
}
