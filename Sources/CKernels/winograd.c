#include "winograd.h"

#include <math.h>

void sl_winograd_kernel_transform(size_t size, double g[SL_WINOGRAD_SIDE][3]) {
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
