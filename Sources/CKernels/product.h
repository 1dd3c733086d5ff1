/* The one engine under matrix products and convolutions:
 *
 *     C[row, column] (+)= Σ_k A[row, k] · B[k, column],   then the epilogue.
 *
 * What differs is where things lie. Rows of C and the summed index k are points of grids with any
 * strides; A is a matrix or is gathered from an image; B comes packed or is packed block by block.
 *
 * Order of summation: k runs in blocks of sl_block_length(K). Each block is one chain of
 * multiply-adds from zero (of packed B with few columns: a chain per vector lane, the lanes added
 * pairwise), and the blocks' sums are added in order. So an element of C does not depend on which
 * rows and columns are computed together. */
#ifndef SWIFTLET_PRODUCT_H
#define SWIFTLET_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "cpu.h"
#include "epilogue.h"
#include "storage.h"

/* Points numbered in row-major order, each at a sum of index times stride. */
typedef struct sl_grid {
    size_t extent[4];
    ptrdiff_t stride[4];
} sl_grid;

/* How one spatial axis of an image is read: the point at `position` of the row grid meets tap t at
 * input coordinate position · scale + first + t · step, zero outside 0 ..< input. */
typedef struct sl_axis {
    size_t taps, input;
    ptrdiff_t scale, first, step;
} sl_axis;

/* Where an image is read. Row grid: batch and three spatial extents. */
typedef struct sl_patches {
    size_t positions[4];
    sl_axis axis[3];
    ptrdiff_t pixel_stride; /* floats from pixel to pixel */
    size_t channels;        /* consecutive floats that take part */
} sl_patches;

typedef enum sl_left {
    SL_LEFT_MATRIX,         /* A[row, k] at a[row · a_row + k · a_column] */
    SL_LEFT_PATCHES,        /* row: a position, k: (tap, channel) */
    SL_LEFT_PATCHES_COLUMNS /* row: (tap, channel), k: a position */
} sl_left;

typedef struct sl_product {
    size_t m, n, k;
    sl_left left;
    const float *a;
    ptrdiff_t a_row, a_column;
    const float *a_scale; /* A[row, k] times a_scale[row / scaled_rows · K + k], if contiguous in k; or NULL */
    size_t scaled_rows;
    sl_patches patches;

    const float *packed;  /* what `pack` of the kernels made, or NULL: read b */
    sl_storage storage;   /* what it is held in */
    const float *b;
    sl_grid b_rows;       /* k as points of a grid */
    ptrdiff_t b_column;

    float *c;
    sl_grid c_rows;
    bool accumulate;      /* add to what C holds */
    sl_epilogue epilogue; /* its residual is indexed like c */
} sl_product;

/* Longest run of k that is summed before it is added to C, rows and columns held packed, and columns
 * of a panel at most. */
enum { SL_BLOCK_K = 320, SL_BLOCK_ROWS = 144, SL_BLOCK_COLUMNS = 512, SL_MOST_PANEL = 32 };

/* Products of so few columns and so long sums run along k; see narrow.inc. */
enum { SL_NARROW = 4, SL_NARROW_K = 24 };

/* Filters of a depthwise convolution that are packed together. */
enum { SL_DEPTHWISE_PANEL = 64 };

struct sl_winograd;
struct sl_part;

/* What one level brings. */
typedef struct sl_product_kernels {
    size_t panel; /* columns of a packed panel */
    /* Packs panels first ..< last of B; `packed` is the start of the whole. */
    void (*pack)(const sl_product *, size_t first, size_t last, float *packed);
    /* Rows × panels of C. `scratch` holds sl_product_scratch floats. */
    void (*run)(const sl_product *, size_t row, size_t row_end, size_t panel, size_t panel_end,
                float *scratch);
    /* Rows × panels of SL_DEPTHWISE_PANEL filters of a depthwise convolution. */
    void (*depthwise)(const sl_product *, size_t row, size_t row_end, size_t panel,
                      size_t panel_end);
    /* Taps × such panels of its kernel's gradient. */
    void (*depthwise_gradient)(const sl_product *, size_t row, size_t row_end, size_t panel,
                               size_t panel_end);
    /* Tiles × panels of SL_WINOGRAD_PANEL filters of a convolution; see winograd.h. */
    void (*winograd)(const struct sl_winograd *, const float *input, const float *packed,
                     const sl_epilogue *, struct sl_part, float *output, float *scratch);
    /* Packs such panels of its kernel; `packed` is the start of the whole. */
    void (*winograd_pack)(const struct sl_winograd *, const float *kernel, struct sl_part, float *packed);
    /* See storage.h; not for 32-bit floats. */
    void (*narrow)(sl_storage, const float *x, uint16_t *y, size_t n);
    void (*widen)(sl_storage, const float *x, float *y, size_t n);
    /* Multiply-adds in registers, and nothing else; how many operations they were. */
    double (*multiply_adds)(long iterations);
} sl_product_kernels;

const sl_product_kernels *sl_product_kernels_for(sl_cpu level);

extern const sl_product_kernels sl_product_baseline, sl_product_avx2, sl_product_avx512;

/* Floats of scratch for one call of run: with B packed, and with B read in place. */
size_t sl_product_scratch(bool packed);

/* The first, for a B that is packed in this type. */
size_t sl_product_packed_scratch(sl_storage storage);

/* Even blocks, so that no short one is left over. */
static inline size_t sl_block_length(size_t k) {
    size_t blocks = (k + SL_BLOCK_K - 1) / SL_BLOCK_K;
    return blocks < 2 ? k : (k + blocks - 1) / blocks;
}

/* The offsets of `count` points from `point`. */
static inline void sl_grid_offsets(const sl_grid *grid, size_t point, size_t count,
                                   ptrdiff_t *offsets) {
    size_t index[4], rest = point;
    for (int axis = 3; axis > 0; axis--) {
        index[axis] = rest % grid->extent[axis];
        rest /= grid->extent[axis];
    }
    index[0] = rest;
    for (size_t i = 0; i < count;) {
        ptrdiff_t offset = 0;
        for (int axis = 0; axis < 4; axis++) offset += (ptrdiff_t)index[axis] * grid->stride[axis];
        size_t run = grid->extent[3] - index[3]; /* along the last axis */
        if (run > count - i) run = count - i;
        for (size_t j = 0; j < run; j++, offset += grid->stride[3]) offsets[i + j] = offset;
        i += run;
        index[3] += run;
        for (int axis = 3; axis > 0 && index[axis] == grid->extent[axis]; axis--) {
            index[axis] = 0;
            index[axis - 1]++;
        }
    }
}

#endif
