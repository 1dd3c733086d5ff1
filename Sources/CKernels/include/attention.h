/* Attention without the matrix of scores: blocks of queries against blocks of keys. */
#ifndef SWIFTLET_ATTENTION_H
#define SWIFTLET_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Masks that a head can have beside a band. */
enum { SL_ATTENTION_MASKS = 4 };

/* A byte for every query and key, 0 where the key is hidden from the query; steps of 0 repeat. */
typedef struct sl_attention_mask {
    const uint8_t *truth;
    size_t row, column;
} sl_attention_mask;

/* One head:
 *
 *     output[q, :] = Σ_k softmax_k(scale · query[q, :] · key[k, :] + bias[q, k]) · value[k, :]
 *
 * Rows are so many floats apart as the strides say; what lies within a row is contiguous. */
typedef struct sl_attention {
    size_t queries, keys, size, value_size;
    const float *query, *key, *value;
    float *output;
    size_t query_row, key_row, value_row, output_row;
    float scale;
    const float *bias; /* or NULL; its columns are 0 or 1 apart */
    size_t bias_row, bias_column;
    sl_attention_mask masks[SL_ATTENTION_MASKS]; /* the first without truth ends them */
    /* Query q sees the keys from q − behind to q + ahead; values of others that would weigh nothing are
     * not read, be they numbers or not. */
    bool has_band;
    size_t behind, ahead;
    /* What a hidden score becomes, or what is added to it. A hidden key's weight may be 0 even where
     * the query sees no key at all; it is a weight like others otherwise. */
    float hidden;
    bool adds_hidden, zeroes_hidden;
} sl_attention;

/* Queries that are worked on together. */
size_t sl_attention_block(size_t queries);

/* Floats of scratch that a concurrent call of sl_attention_run needs. */
size_t sl_attention_scratch(const sl_attention *attention);

/* Queries query ..< query_end, which are whole blocks but for the last query of all; `scratch` is
 * aligned to doubles. Every division gives the same result, bit for bit. */
void sl_attention_run(const sl_attention *attention, size_t query, size_t query_end,
                      float *scratch);

#endif
