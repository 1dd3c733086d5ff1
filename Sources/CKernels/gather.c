#include "gather.h"

#include <string.h>

#define FIXED_ROWS(type)                                                                          \
    static void pick_##type(const sl_gather *g, const type *table, type *result, size_t first,    \
                            size_t last) {                                                        \
        size_t index = first % g->count;                                                          \
        const type *slab = table + first / g->count * g->rows;                                    \
        for (size_t place = first; place < last; place++) {                                       \
            result[place] = slab[g->indices[index]];                                              \
            if (++index == g->count) {                                                            \
                index = 0;                                                                        \
                slab += g->rows;                                                                  \
            }                                                                                     \
        }                                                                                         \
    }

FIXED_ROWS(uint8_t)
FIXED_ROWS(uint16_t)
FIXED_ROWS(uint32_t)
FIXED_ROWS(uint64_t)

void sl_gather_run(const sl_gather *g, size_t bytes, const void *table, void *result, size_t first,
                   size_t last) {
    if (first >= last) return;
    switch (bytes) {
    case 1: pick_uint8_t(g, table, result, first, last); return;
    case 2: pick_uint16_t(g, table, result, first, last); return;
    case 4: pick_uint32_t(g, table, result, first, last); return;
    case 8: pick_uint64_t(g, table, result, first, last); return;
    }
    size_t index = first % g->count;
    const char *slab = (const char *)table + first / g->count * g->rows * bytes;
    for (size_t place = first; place < last; place++) {
        memcpy((char *)result + place * bytes, slab + (size_t)g->indices[index] * bytes, bytes);
        if (++index == g->count) {
            index = 0;
            slab += g->rows * bytes;
        }
    }
}

void sl_scatter_add(const sl_gather *g, size_t outer, size_t row, const float *rows, float *table,
                    size_t first, size_t last) {
    for (size_t o = 0; o < outer; o++) {
        float *slab = table + o * g->rows * row;
        for (size_t i = 0; i < g->count; i++, rows += row) {
            float *target = slab + (size_t)g->indices[i] * row;
            for (size_t c = first; c < last; c++) target[c] += rows[c];
        }
    }
}
