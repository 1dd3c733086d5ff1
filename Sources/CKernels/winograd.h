/* Winograd's algorithm for 3 × 3 kernels of stride 1: a tile of m × m outputs costs (m + 2)²
 * multiplications per channel and filter instead of 9 m².
 *
 *     Y = Aᵀ [ Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 * For each of the (m + 2)² places of a transformed tile the sum over channels is a matrix product,
 * tiles × channels × filters. m = 2 takes the points 0, ±1, ∞; m = 4 takes 0, ±√½, ±√2, ∞, which
 * lose a quarter of the digits that 0, ±1, ±2, ∞ do: with 256 channels the largest error is about
 * 1e-5 of the output's standard deviation (plain summation: 2e-6). See Lavin and Gray,
 * arXiv:1509.09308. */
#ifndef SWIFTLET_WINOGRAD_H
#define SWIFTLET_WINOGRAD_H

#include "convolution_product.h"

/* Filters that are packed and multiplied together, and tiles transformed together, at most. */
enum { SL_WINOGRAD_PANEL = 64, SL_WINOGRAD_TILES = 64, SL_WINOGRAD_SIDE = 6 };

typedef struct sl_winograd {
    const sl_convolution *convolution;
    const sl_product_kernels *kernels;
    size_t size, side;      /* of the output tile, and of the input tile: size + 2 */
    size_t images;          /* depth planes count as images */
    size_t down, across;    /* tiles of an image */
    size_t v_row, v_place;  /* floats from tile to tile, and from place to place, of the input */
    size_t m_row, m_place;  /* and of the products */
} sl_winograd;

/* How `convolution` is computed by tiles; its `winograd` is not 0. */
sl_winograd sl_winograd_of(const sl_convolution *convolution);

static inline size_t sl_winograd_tiles(const sl_winograd *w) {
    return w->images * w->down * w->across;
}

/* Panels of SL_WINOGRAD_PANEL filters; columns of one, whole vectors of every level. */
static inline size_t sl_winograd_panels(const sl_winograd *w) {
    return (w->convolution->filters + SL_WINOGRAD_PANEL - 1) / SL_WINOGRAD_PANEL;
}

size_t sl_winograd_columns(const sl_winograd *w, size_t panel);

/* Floats of packed weights before `panel`. */
static inline size_t sl_winograd_packed_before(const sl_winograd *w, size_t panel) {
    return w->side * w->side * w->convolution->channels * panel * SL_WINOGRAD_PANEL;
}

size_t sl_winograd_packed_count(const sl_winograd *w);
size_t sl_winograd_scratch(const sl_winograd *w);

/* G: rows of the transformed kernel from the three taps of one axis. */
void sl_winograd_kernel_transform(size_t size, double g[SL_WINOGRAD_SIDE][3]);

#endif
