#include "winograd.h"

#include <math.h>

/* G: rows of the transformed kernel from the three taps of one axis. */
static void kernel_transform(size_t size, double g[SL_WINOGRAD_SIDE][3]) {
    if (size == 2) {
        static const double two[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 3; j++) g[i][j] = two[i][j];
        return;
    }
    const double points[5] = {0, M_SQRT1_2, -M_SQRT1_2, M_SQRT2, -M_SQRT2};
    for (int i = 0; i < 5; i++) {
        double divisor = 1;
        for (int j = 0; j < 5; j++)
            if (j != i) divisor *= points[i] - points[j];
        for (int j = 0; j < 3; j++) g[i][j] = pow(points[i], j) / divisor;
    }
    g[5][0] = 0, g[5][1] = 0, g[5][2] = 1;
}

sl_winograd sl_winograd_of(const sl_convolution *s) {
    size_t size = s->winograd, tiles = SL_WINOGRAD_TILES;
    sl_winograd w = {
        .convolution = s, .kernels = sl_product_kernels_for(s->cpu),
        .size = size, .side = size + 2, .images = s->batch * s->output[0],
        .down = (s->output[1] + size - 1) / size, .across = (s->output[2] + size - 1) / size,
        /* Rows and places a power of two apart would fall into the same cache sets. */
        .v_row = (s->channels + 15) / 16 * 16 + 16, .m_row = SL_WINOGRAD_PANEL + 16,
    };
    if (sl_winograd_tiles(&w) < tiles) tiles = sl_winograd_tiles(&w);
    w.v_place = tiles * w.v_row + 16;
    w.m_place = tiles * w.m_row + 16;
    return w;
}

size_t sl_winograd_columns(const sl_winograd *w, size_t panel) {
    size_t left = w->convolution->filters - panel * SL_WINOGRAD_PANEL;
    size_t width = w->kernels->panel;
    return left < SL_WINOGRAD_PANEL ? (left + width - 1) / width * width : SL_WINOGRAD_PANEL;
}

size_t sl_winograd_packed_count(const sl_winograd *w) {
    size_t last = sl_winograd_panels(w) - 1;
    size_t place = w->convolution->channels * sl_winograd_columns(w, last);
    return sl_winograd_packed_before(w, last) + w->side * w->side * place;
}

size_t sl_winograd_scratch(const sl_winograd *w) {
    return w->side * w->side * (w->v_place + w->m_place) + sl_product_packed_scratch(w->convolution->storage);
}

/* The kernel's taps of one channel for `count` filters, transformed, as rows of `columns`. */
static void transform_taps(const sl_winograd *w, const double g[][3], const float *kernel,
                           size_t count, double *places) {
    size_t side = w->side, tap = w->convolution->channels * w->convolution->filters;
    double half[SL_WINOGRAD_SIDE][3][SL_WINOGRAD_PANEL];
    for (size_t i = 0; i < side; i++)
        for (size_t t = 0; t < 3; t++) {
            const float *top = kernel + t * tap;
            for (size_t j = 0; j < count; j++)
                half[i][t][j] = g[i][0] * (double)top[j] + g[i][1] * (double)top[3 * tap + j] +
                                g[i][2] * (double)top[6 * tap + j];
        }
    for (size_t i = 0; i < side; i++)
        for (size_t k = 0; k < side; k++, places += SL_WINOGRAD_PANEL)
            for (size_t j = 0; j < count; j++)
                places[j] = g[k][0] * half[i][0][j] + g[k][1] * half[i][1][j] +
                            g[k][2] * half[i][2][j];
}

/* Rounds transformed taps to what they are held in, number `at` of `packed` and those after it. */
static void store_taps(sl_storage storage, const double *from, size_t count, float *packed,
                       size_t at) {
    float values[SL_MOST_PANEL];
    for (size_t i = 0; i < count; i++) values[i] = (float)from[i];
    sl_narrow(storage, values, (float *)sl_packed_at(packed, storage, at), count);
}

/* Panel after panel, in it place after place a matrix channels × columns as the product engine
 * packs it: block of channels, panel of the engine, channel. */
void sl_winograd_pack(const sl_winograd *w, const float *kernel, sl_part part, float *packed) {
    double g[SL_WINOGRAD_SIDE][3];
    kernel_transform(w->size, g);
    const sl_convolution *s = w->convolution;
    size_t width = w->kernels->panel, block = sl_block_length(s->channels), places = w->side * w->side;
    double transformed[SL_WINOGRAD_SIDE * SL_WINOGRAD_SIDE * SL_WINOGRAD_PANEL] = {0};
    for (size_t panel = part.panel; panel < part.panel_end; panel++) {
        size_t columns = sl_winograd_columns(w, panel), first = panel * SL_WINOGRAD_PANEL;
        size_t count = s->filters - first < columns ? s->filters - first : columns;
        for (size_t place = 0; place < places; place++)
            for (size_t j = count; j < columns; j++)
                transformed[place * SL_WINOGRAD_PANEL + j] = 0;
        for (size_t c = 0; c < s->channels; c++) {
            transform_taps(w, g, kernel + c * s->filters + first, count, transformed);
            size_t start = c / block * block;
            size_t length = s->channels - start < block ? s->channels - start : block;
            size_t d = sl_winograd_packed_before(w, panel) + start * columns + (c - start) * width;
            const double *from = transformed;
            for (size_t place = 0; place < places; place++, from += SL_WINOGRAD_PANEL) {
                for (size_t j = 0; j < columns; j += width)
                    store_taps(s->storage, from + j, width, packed, d + j * length);
                d += s->channels * columns;
            }
        }
    }
}
