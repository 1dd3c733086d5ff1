/* Attention of one head against plain loops in double precision, whole and in parts. */
#include <stdio.h>
#include <string.h>

#include "random.h"

static uint8_t *truths(size_t count, size_t chance) {
    uint8_t *p = malloc(count);
    if (p == NULL) exit(2);
    for (size_t i = 0; i < count; i++) p[i] = below(chance) != 0;
    return p;
}

/* Rows somewhere among others. */
static float *rows(size_t count, size_t size, size_t *stride, bool random) {
    *stride = size + PICK(0, 0, 3, 64);
    return floats((count - 1) * *stride + size, random);
}

static bool sees(const sl_attention *a, size_t q, size_t k) {
    if (a->has_band && (k > q + a->ahead || (q > k && q - k > a->behind))) return false;
    for (size_t i = 0; i < SL_ATTENTION_MASKS && a->masks[i].truth != NULL; i++)
        if (!a->masks[i].truth[q * a->masks[i].row + k * a->masks[i].column]) return false;
    return true;
}

/* The results of query `q`, and with magnitudes of the values. */
static void reference(const sl_attention *a, size_t q, double *scores, double *y, double *sizes) {
    double largest = -INFINITY, total = 0;
    for (size_t k = 0; k < a->keys; k++) {
        double s = 0;
        for (size_t i = 0; i < a->size; i++)
            s += (double)a->query[q * a->query_row + i] * (double)a->key[k * a->key_row + i];
        s *= (double)a->scale;
        if (a->bias != NULL) s += (double)a->bias[q * a->bias_row + k * a->bias_column];
        if (!sees(a, q, k)) s = (double)(a->adds_hidden ? (float)s + a->hidden : a->hidden);
        scores[k] = s, largest = fmax(largest, s);
    }
    for (size_t k = 0; k < a->keys; k++) total += exp(scores[k] - largest);
    memset(y, 0, a->value_size * sizeof *y), memset(sizes, 0, a->value_size * sizeof *y);
    for (size_t k = 0; k < a->keys; k++) {
        if (a->zeroes_hidden && !sees(a, q, k)) continue;
        double weight = exp(scores[k] - largest) / total;
        for (size_t i = 0; i < a->value_size; i++) {
            double v = weight * (double)a->value[k * a->value_row + i];
            y[i] += v, sizes[i] += fabs(v);
        }
    }
}

static int check(const sl_attention *a, const float *output) {
    double *room = malloc((a->keys + 2 * a->value_size) * sizeof *room), *y = room + a->keys;
    if (room == NULL) exit(2);
    int wrong = 0;
    for (size_t q = 0; q < a->queries && !wrong; q++) {
        reference(a, q, room, y, y + a->value_size);
        for (size_t i = 0; i < a->value_size && !wrong; i++) {
            double found = (double)output[q * a->output_row + i];
            wrong = !(fabs(found - y[i]) <= 1e-6 + 5e-5 * y[a->value_size + i]);
            if (wrong) printf("attention %zu x %zu, %zu to %zu: %g, not %g at %zu, %zu\n",
                              a->queries, a->keys, a->size, a->value_size, found, y[i], q, i);
        }
    }
    free(room);
    return wrong;
}

static void run_in_parts(const sl_attention *a) {
    size_t block = sl_attention_block(a->queries);
    float *scratch = floats(sl_attention_scratch(a) + 15, false);
    float *aligned = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    for (size_t q = 0, end; q < a->queries; q = end) {
        end = q + block * (1 + below(3));
        if (end > a->queries) end = a->queries;
        sl_attention_run(a, q, end, aligned);
    }
    release(scratch);
}

int attend(sl_cpu cpu) {
    if (!sl_cpu_use(cpu)) return 0;
    sl_attention a = {.queries = 1 + below(PICK(2, 20, 130, 300)), .size = 1 + below(PICK(5, 70)),
                      .keys = 1 + below(PICK(2, 20, 130, 800)), .value_size = 1 + below(PICK(5, 70)),
                      .scale = (float)PICK(1, 1, 2) / 2, .has_band = below(2), .behind = SIZE_MAX};
    a.ahead = below(3) ? 0 : below(a.keys + 1);
    if (below(3) == 0) a.behind = below(a.keys + 1);
    a.hidden = below(4) ? -1e9f : -2.4e38f, a.zeroes_hidden = below(2);
    a.adds_hidden = a.hidden == -1e9f && below(3) == 0;
    a.query = rows(a.queries, a.size, &a.query_row, true);
    a.key = rows(a.keys, a.size, &a.key_row, true);
    a.value = rows(a.keys, a.value_size, &a.value_row, true);
    a.output = rows(a.queries, a.value_size, &a.output_row, false);
    float *bias = floats(a.queries * a.keys, true);
    uint8_t *masks[3];
    for (size_t i = 0; i < 3; i++) {
        masks[i] = truths(a.queries * a.keys, PICK(2, 5, 100));
        a.masks[i].column = below(4) ? 1 : 0;
        a.masks[i].row = below(2) ? a.keys : 0;
    }
    for (size_t i = 0, count = below(4); i < count && i < 3; i++) a.masks[i].truth = masks[i];
    if (below(3) == 0) a.bias = bias, a.bias_column = below(2), a.bias_row = below(2) ? a.keys : 0;
    run_in_parts(&a);
    int wrong = check(&a, a.output);
    release((float *)a.query), release((float *)a.key), release((float *)a.value);
    release(a.output), release(bias);
    for (size_t i = 0; i < 3; i++) free(masks[i]);
    sl_cpu_use(SL_CPU_ACTIVE);
    return wrong;
}
