/* Matrix products of 32-bit floats. */
#ifndef SWIFTLET_MATMUL_H
#define SWIFTLET_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

#include "cpu.h"
#include "epilogue.h"
#include "storage.h"

/* C[m, n] (+)= A[m, k] · B[k, n], then the epilogue. Strides count floats; a transposed operand is
 * one with its strides exchanged. C's columns are contiguous. */
typedef struct sl_matmul {
    sl_cpu cpu;
    size_t m, n, k;
    const float *a;
    ptrdiff_t a_row, a_column;
    const float *b; /* read by sl_matmul_pack, and by sl_matmul_run if `packed` is NULL */
    ptrdiff_t b_row, b_column;
    const float *packed;
    sl_storage storage; /* of `packed` */
    float *c;
    ptrdiff_t c_row;
    bool accumulate; /* add to C */
    sl_epilogue epilogue;
} sl_matmul;

/* Columns of C are worked on in panels of this many. */
size_t sl_panel_columns(sl_cpu cpu);

/* Panels of `n` columns. */
size_t sl_panel_count(sl_cpu cpu, size_t n);

/* Rows of B that are packed as one block; B's blocks lie behind each other, and each is packed as a
 * matrix of its own would be, if it has more than 4 columns. */
size_t sl_matmul_block(size_t k);

/* Numbers that B takes when packed, each of `storage`. */
size_t sl_matmul_packed_count(const sl_matmul *matmul);

/* Packs panels first ..< last of B; `packed` is the start of the whole, 64-byte aligned at best. */
void sl_matmul_pack(const sl_matmul *matmul, size_t first, size_t last, float *packed);

/* Floats of scratch that a concurrent call of sl_matmul_run needs. */
size_t sl_matmul_scratch(const sl_matmul *matmul);

/* Rows row ..< row_end, panels panel ..< panel_end of C. Every division of C into such parts gives
 * the same result, bit for bit. */
void sl_matmul_run(const sl_matmul *matmul, size_t row, size_t row_end, size_t panel,
                   size_t panel_end, float *scratch);

#endif
