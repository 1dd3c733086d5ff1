/* Online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) over blocks of keys that stay in the
 * cache (Dao et al. 2022, arXiv:2205.14135): what has been added up for a query is scaled whenever a
 * larger score turns up, and divided by the sum of the weights in the end. */
#include "attention.h"

#include <math.h>
#include <string.h>

#include "lanes.h"
#include "matmul.h"

/* Queries and keys of a block at most: whole register tiles, and one run of sums of the products. */
enum { BLOCK_ROWS = 96, ROW_STEP = 24, BLOCK_KEYS = 320, KEY_STEP = 32 };

/* Even blocks of whole steps. */
static size_t block_length(size_t count, size_t most, size_t step) {
    size_t blocks = (count + most - 1) / most;
    size_t length = blocks == 0 ? 1 : (count + blocks - 1) / blocks;
    return blocks < 2 ? length : (length + step - 1) / step * step;
}

size_t sl_attention_block(size_t queries) {
    return block_length(queries, BLOCK_ROWS, ROW_STEP);
}

/* Where everything lies in scratch; sizes in floats. */
typedef struct {
    const sl_attention *a;
    const sl_lanes *lanes;
    size_t rows, keys, score_row;
    bool packs; /* keys and values, which several blocks of queries share */
    double *totals;
    float *largest, *query, *scores, *packed_keys, *packed_values, *engine;
    uint8_t *truth;
    size_t count; /* all of it */
} plan;

/* The product of queries and keys, and that of weights and values, for one block. */
static sl_matmul score_product(const plan *p, size_t key, size_t keys) {
    const sl_attention *a = p->a;
    return (sl_matmul){
        .m = p->rows, .n = keys, .k = a->size,
        .a_column = 1,
        .b = a->key + key * a->key_row, .b_row = 1, .b_column = (ptrdiff_t)a->key_row,
        .packed = p->packs ? p->packed_keys : NULL,
        .c = p->scores, .c_row = (ptrdiff_t)p->score_row,
    };
}

static sl_matmul value_product(const plan *p, size_t key, size_t keys) {
    const sl_attention *a = p->a;
    return (sl_matmul){
        .m = p->rows, .n = a->value_size, .k = keys,
        .a = p->scores, .a_row = (ptrdiff_t)p->score_row, .a_column = 1,
        .b = a->value + key * a->value_row, .b_row = (ptrdiff_t)a->value_row, .b_column = 1,
        .packed = p->packs ? p->packed_values : NULL,
        .c_row = (ptrdiff_t)a->output_row,
        .accumulate = true,
    };
}

static float *take(plan *p, float *scratch, size_t floats) {
    float *start = scratch + p->count;
    p->count += (floats + 15) / 16 * 16;
    return start;
}

static plan plan_of(const sl_attention *a, float *scratch) {
    plan p = {.a = a, .lanes = sl_lanes_active()};
    p.rows = sl_attention_block(a->queries);
    p.keys = block_length(a->keys, BLOCK_KEYS, KEY_STEP);
    p.packs = a->queries > p.rows;
    /* Rows a power of two apart would fall into the same cache sets. */
    p.score_row = (p.keys + 15) / 16 * 16 + 16;
    p.totals = (double *)take(&p, scratch, 2 * a->queries);
    p.largest = take(&p, scratch, a->queries);
    p.query = take(&p, scratch, a->scale == 1 ? 0 : p.rows * a->size);
    p.scores = take(&p, scratch, p.rows * p.score_row);
    p.truth = (uint8_t *)take(&p, scratch, (p.keys + 3) / 4);
    sl_matmul scores = score_product(&p, 0, p.keys), values = value_product(&p, 0, p.keys);
    p.packed_keys = take(&p, scratch, p.packs ? sl_matmul_packed_count(&scores) : 0);
    p.packed_values = take(&p, scratch, p.packs ? sl_matmul_packed_count(&values) : 0);
    /* Any address: only whether there is one counts. */
    scores.packed = p.packs ? (const float *)64 : NULL;
    p.engine = take(&p, scratch, sl_matmul_scratch(&scores));
    return p;
}

size_t sl_attention_scratch(const sl_attention *a) {
    return plan_of(a, (float *)64).count;
}

/* Where the band of keys that `q` sees begins and ends. */
static size_t band_begin(const sl_attention *a, size_t q) {
    return a->has_band && q > a->behind ? q - a->behind : 0;
}

static size_t band_end(const sl_attention *a, size_t q) {
    return a->has_band && a->ahead < a->keys && q < a->keys - a->ahead ? q + a->ahead + 1 : a->keys;
}

/* Whether the band hides all of these keys from all of these queries. */
static bool hides_block(const sl_attention *a, size_t q, size_t rows, size_t key, size_t keys) {
    return band_end(a, q + rows - 1) <= key || band_begin(a, q) >= key + keys;
}

/* Where a place lies among so many from `key` on. */
static size_t within(size_t place, size_t key, size_t keys) {
    return place <= key ? 0 : place - key < keys ? place - key : keys;
}

/* Whether all of a block's hidden keys weigh nothing: each query has seen a score beside which they
 * vanish. */
static bool hidden_vanish(const plan *p, size_t q, size_t rows) {
    for (size_t r = 0; r < rows; r++)
        if (!(p->largest[q + r] - p->a->hidden > 256.0f)) return false;
    return true;
}

/* A byte for each key that says whether `q` sees it; NULL if it sees all. */
static const uint8_t *truth_of(const plan *p, size_t q, size_t key, size_t keys) {
    const sl_attention *a = p->a;
    const sl_attention_mask *m = a->masks;
    size_t first = within(band_begin(a, q), key, keys), last = within(band_end(a, q), key, keys);
    bool is_whole = first == 0 && last == keys;
    if (is_whole && m[0].truth == NULL) return NULL;
    if (is_whole && m[1].truth == NULL && m[0].column == 1)
        return m[0].truth + q * m[0].row + key;
    memset(p->truth, 0, first);
    memset(p->truth + first, 1, last - first);
    memset(p->truth + last, 0, keys - last);
    for (size_t i = 0; i < SL_ATTENTION_MASKS && m[i].truth != NULL; i++) {
        const uint8_t *truth = m[i].truth + q * m[i].row;
        if (m[i].column == 1)
            for (size_t k = 0; k < keys; k++) p->truth[k] &= truth[key + k] != 0;
        else if (truth[0] == 0)
            memset(p->truth, 0, keys);
    }
    return p->truth;
}

/* Scales a row in place, or into another one. */
static void scale_row(const plan *p, const float *x, float factor, float *y, size_t n) {
    p->lanes->binary[SL_BINARY_MULTIPLY](x, 1, &factor, 0, y, n);
}

/* One block of queries against one of keys, which are packed if they are to be. */
static void run_block(const plan *p, size_t q, size_t rows, size_t key, size_t keys) {
    const sl_attention *a = p->a;
    float *output = a->output + q * a->output_row;
    sl_matmul scores = score_product(p, key, keys), values = value_product(p, key, keys);
    scores.m = values.m = rows;
    scores.a = a->query + q * a->query_row, scores.a_row = (ptrdiff_t)a->query_row;
    if (a->scale != 1) {
        for (size_t r = 0; r < rows; r++)
            scale_row(p, scores.a + r * a->query_row, a->scale, p->query + r * a->size, a->size);
        scores.a = p->query, scores.a_row = (ptrdiff_t)a->size;
    }
    sl_matmul_run(&scores, 0, rows, 0, sl_panel_count(SL_CPU_ACTIVE, keys), p->engine);
    for (size_t r = 0; r < rows; r++) {
        float *row = p->scores + r * p->score_row;
        if (a->bias != NULL) {
            const float *bias = a->bias + (q + r) * a->bias_row + key * a->bias_column;
            p->lanes->binary[SL_BINARY_ADD](row, 1, bias, a->bias_column, row, keys);
        }
        const float factor = p->lanes->attention(
            row, truth_of(p, q + r, key, keys), a, p->largest + q + r, p->totals + q + r, keys);
        if (factor != 1)
            scale_row(p, output + r * a->output_row, factor, output + r * a->output_row,
                      a->value_size);
    }
    values.c = output;
    sl_matmul_run(&values, 0, rows, 0, sl_panel_count(SL_CPU_ACTIVE, a->value_size), p->engine);
}

static void pack(const plan *p, size_t key, size_t keys) {
    sl_matmul scores = score_product(p, key, keys), values = value_product(p, key, keys);
    sl_matmul_pack(&scores, 0, sl_panel_count(SL_CPU_ACTIVE, scores.n), p->packed_keys);
    sl_matmul_pack(&values, 0, sl_panel_count(SL_CPU_ACTIVE, values.n), p->packed_values);
}

/* Either the blocks that some of their queries see, or then those that none does: these count only
 * for a query that has seen nothing else. */
static void run_blocks(const plan *p, size_t query, size_t query_end, bool hidden) {
    const sl_attention *a = p->a;
    for (size_t key = 0; key < a->keys; key += p->keys) {
        size_t keys = a->keys - key < p->keys ? a->keys - key : p->keys;
        bool is_packed = !p->packs;
        for (size_t q = query; q < query_end; q += p->rows) {
            size_t rows = query_end - q < p->rows ? query_end - q : p->rows;
            bool skips = !a->adds_hidden && hides_block(a, q, rows, key, keys);
            if (skips != hidden || (hidden && hidden_vanish(p, q, rows))) continue;
            if (!is_packed) pack(p, key, keys);
            is_packed = true;
            run_block(p, q, rows, key, keys);
        }
    }
}

void sl_attention_run(const sl_attention *a, size_t query, size_t query_end, float *scratch) {
    const plan p = plan_of(a, scratch);
    for (size_t q = query; q < query_end; q++) {
        p.largest[q] = -INFINITY, p.totals[q] = 0;
        memset(a->output + q * a->output_row, 0, a->value_size * sizeof(float));
    }
    run_blocks(&p, query, query_end, false);
    if (a->has_band) run_blocks(&p, query, query_end, true);
    for (size_t q = query; q < query_end; q++) {
        float *row = a->output + q * a->output_row;
        scale_row(&p, row, (float)(1 / p.totals[q]), row, a->value_size);
    }
}
