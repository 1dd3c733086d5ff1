/* Transposed convolution to few channels, as the last layer of a decoder has them.
 *
 * Gathered output by output, so few columns leave most of a vector idle. Here every pixel is
 * multiplied by all taps at once, pixels × filters × (tap, channel), and each line of the result then
 * adds up what falls on it: taps in their order, whatever lines are computed together. */
#ifndef SWIFTLET_CONVOLUTION_SCATTER_H
#define SWIFTLET_CONVOLUTION_SCATTER_H

#include "convolution_product.h"

/* Whether the input gradient of this convolution is computed so. */
bool sl_scatters(const sl_convolution *convolution);

/* Rows are lines of the result, of all images. */
size_t sl_scatter_rows(const sl_convolution *convolution);
size_t sl_scatter_packed_count(const sl_convolution *convolution);
size_t sl_scatter_scratch(const sl_convolution *convolution);

void sl_scatter_pack(const sl_convolution *convolution, const float *kernel, float *packed);

/* Lines row …< row_end. */
void sl_scatter_run(const sl_convolution *convolution, const float *output, const float *packed,
                    const sl_epilogue *epilogue, size_t row, size_t row_end, float *input,
                    float *scratch);

#endif
