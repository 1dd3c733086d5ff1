/* What one instruction set brings to products of bytes.
 *
 * Packed B: panel after panel a 32-bit number for each column, at which its sums begin, then for each
 * group of k, column after column, the group's bytes. Rounded A: the rows' scales, then row after row
 * of numbers, each padded with zeros to whole groups. */
#ifndef SWIFTLET_BYTE_KERNELS_H
#define SWIFTLET_BYTE_KERNELS_H

#include "bytes.h"

typedef struct sl_byte_kernels {
    const char *name;
    size_t panel;   /* columns */
    size_t group;   /* numbers of k that are multiplied together: they take 32 bits of a row */
    int32_t offset; /* added to the numbers of A, so that they have no sign */
    void (*round)(const sl_byte_product *, size_t row, size_t row_end, char *rows);
    void (*run)(const sl_byte_product *, size_t row, size_t row_end, size_t panel, size_t panel_end,
                const char *rows);
} sl_byte_kernels;

/* All of the choice is here. */
const sl_byte_kernels *sl_byte_kernels_for(sl_cpu level);

extern const sl_byte_kernels sl_byte_baseline;
#if defined(__x86_64__)
extern const sl_byte_kernels sl_byte_avx2, sl_byte_vnni256, sl_byte_vnni512;
#endif

enum { SL_BYTE_ALIGNMENT = 64 };

static inline size_t sl_byte_groups(const sl_byte_product *p, const sl_byte_kernels *kernels) {
    return (p->k + kernels->group - 1) / kernels->group;
}

/* Bytes of one packed panel, and of one rounded row. */
static inline size_t sl_byte_panel_size(const sl_byte_product *p, const sl_byte_kernels *kernels) {
    return kernels->panel * (sizeof(int32_t) + sl_byte_groups(p, kernels) * kernels->group);
}

static inline size_t sl_byte_row_size(const sl_byte_product *p, const sl_byte_kernels *kernels) {
    size_t bytes = sl_byte_groups(p, kernels) * sizeof(int32_t);
    return (bytes + SL_BYTE_ALIGNMENT - 1) / SL_BYTE_ALIGNMENT * SL_BYTE_ALIGNMENT;
}

/* Bytes of the rows' scales. */
static inline size_t sl_byte_scales_size(const sl_byte_product *p) {
    size_t bytes = p->m * sizeof(float);
    return (bytes + SL_BYTE_ALIGNMENT - 1) / SL_BYTE_ALIGNMENT * SL_BYTE_ALIGNMENT;
}

#endif
