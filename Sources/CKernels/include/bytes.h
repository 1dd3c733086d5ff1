/* Products of matrices of bytes, as quantized layers multiply: rows of floats are rounded to bytes by
 * their largest magnitude as they come, the sums are whole numbers without rounding. */
#ifndef SWIFTLET_BYTES_H
#define SWIFTLET_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "epilogue.h"

/* For each row of A with the scale s = largest / (max |a| + epsilon):
 *
 *     C[row, column] = Σ_k clip(round(A[row, k] · s)) · B[k, column] / (scale[column] · s),
 *
 * then the epilogue. Sums are of 32 bits and wrap around. Rounding is to nearest, of two to the even
 * number; bounds are from −128 to 127. */
typedef struct sl_byte_product {
    sl_cpu cpu;
    size_t m, n, k;
    const float *a;
    ptrdiff_t a_row;
    float lowest, largest, epsilon;
    const int8_t *b; /* read by sl_byte_pack; strides count bytes */
    ptrdiff_t b_row, b_column;
    const void *packed;
    const float *scale;
    float *c;
    ptrdiff_t c_row;
    sl_epilogue epilogue;
} sl_byte_product;

/* How products are made here: "vnni 512", "vnni 256", "avx2", "baseline". */
const char *sl_byte_kernel(sl_cpu cpu);

/* Panels of C's columns. */
size_t sl_byte_panels(const sl_byte_product *product);

/* Bytes that B takes when packed: its own, padded to whole panels, and a sum for each column. */
size_t sl_byte_packed_size(const sl_byte_product *product);

/* Packs panels first ..< last of B; `packed` is the start of the whole. */
void sl_byte_pack(const sl_byte_product *product, size_t first, size_t last, void *packed);

/* Bytes that the rounded rows of A take. */
size_t sl_byte_rows_size(const sl_byte_product *product);

/* Rounds rows row ..< row_end of A; `rows` is the start of the whole. */
void sl_byte_round(const sl_byte_product *product, size_t row, size_t row_end, void *rows);

/* Rows × panels of C from rounded rows and packed panels. Every division gives the same result. */
void sl_byte_run(const sl_byte_product *product, size_t row, size_t row_end, size_t panel,
                 size_t panel_end, const void *rows);

#endif
