/* Rows picked by index, and their derivatives added back. */
#ifndef SWIFTLET_GATHER_H
#define SWIFTLET_GATHER_H

#include <stddef.h>
#include <stdint.h>

/* Indices point into the middle axis of a table [outer, rows, row]; `count` of them. */
typedef struct sl_gather {
    size_t rows, count;
    const int64_t *indices; /* each in 0 ..< rows */
} sl_gather;

/* result[o, i, :] = table[o, indices[i], :] for the flat positions o · count + i in
 * first ..< last. */
void sl_gather_run(const sl_gather *gather, size_t row_bytes, const void *table, void *result,
                   size_t first, size_t last);

/* table[o, indices[i], c] += rows[o, i, c] for columns first ..< last, in the order of i. */
void sl_scatter_add(const sl_gather *gather, size_t outer, size_t row, const float *rows,
                    float *table, size_t first, size_t last);

#endif
