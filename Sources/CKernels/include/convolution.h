/* Convolutions of 32-bit floats, channels last, over up to three spatial axes, and their gradients.
 *
 * Nothing is expanded in memory: image patches are gathered block by block into scratch. Work is
 * cut into rows × panels; every division gives the same result, bit for bit. */
#ifndef SWIFTLET_CONVOLUTION_H
#define SWIFTLET_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "cpu.h"
#include "epilogue.h"
#include "storage.h"

/* Layouts: input [batch, input…, channels], kernel [kernel…, channels / groups, filters],
 * output [batch, output…, filters]. Unused spatial axes are 1 (padding 0). Along each axis
 *
 *     output[o] = Σ_t input[o · stride + t · dilation − padding] · kernel[t],
 *
 * the input being zero outside; so the padding behind follows from `output`. */
typedef struct sl_convolution {
    sl_cpu cpu;
    size_t batch;
    size_t input[3], output[3], kernel[3];
    size_t stride[3], dilation[3];
    ptrdiff_t padding[3]; /* before the first element */
    size_t channels, filters;
    size_t groups; /* divides both */
    /* The output by Winograd's algorithm in tiles of 2 × 2 or 4 × 4; 0: by plain sums. A kernel is
     * packed for one of them; see sl_convolution_tile. */
    size_t winograd;
    /* What the input is multiplied by as it is read, [batch, channels], or NULL: for an output whose
     * kernel has one tap, no stride and no padding. */
    const float *input_scale;
    sl_storage storage; /* of the packed kernel; of a depthwise one it must be 32-bit floats */
} sl_convolution;

/* The fastest `winograd` for this shape, by a model of the work; 0 where the algorithm does not
 * apply. Results differ from plain sums within 1e-5 of their spread. */
size_t sl_convolution_tile(const sl_convolution *convolution);

/* Whether the input gradient is added up line by line of the input, all taps of a pixel at once. */
bool sl_convolution_scatters(const sl_convolution *convolution);

/* A part of the work: rows × panels. */
typedef struct sl_part {
    size_t row, row_end, panel, panel_end;
} sl_part;

typedef enum sl_convolution_pass {
    SL_CONVOLUTION_OUTPUT,         /* output from input and kernel */
    SL_CONVOLUTION_INPUT_GRADIENT, /* input from output and kernel: also transposed convolution */
    SL_CONVOLUTION_KERNEL_GRADIENT /* kernel from input and output */
} sl_convolution_pass;

/* Rows and panels of the whole work. Rows are output positions (batch included; tiles of them if
 * `winograd`), input positions (lines of them if it `scatters`), or kernel rows (tap, channel); the sum runs over the third. Panels
 * go through the groups. */
sl_part sl_convolution_whole(const sl_convolution *convolution, sl_convolution_pass pass);

/* Numbers that the kernel takes when packed for the output or for the input gradient, each of
 * `storage`. */
size_t sl_convolution_packed_count(const sl_convolution *convolution, sl_convolution_pass pass);

/* Packs the panels of `part` (rows do not matter); `packed` is the start of the whole. */
void sl_convolution_pack(const sl_convolution *convolution, sl_convolution_pass pass,
                         const float *kernel, sl_part part, float *packed);

/* Floats of scratch that a concurrent call of the functions below needs. */
size_t sl_convolution_scratch(const sl_convolution *convolution, sl_convolution_pass pass);

/* The output, with an epilogue. */
void sl_convolution_output(const sl_convolution *convolution, const float *input,
                           const float *packed, const sl_epilogue *epilogue, sl_part part,
                           float *output, float *scratch);

/* The derivative with respect to the input; as a layer of its own, a transposed convolution from
 * `output` to `input`, with an epilogue. */
void sl_convolution_input_gradient(const sl_convolution *convolution, const float *output,
                                   const float *packed, const sl_epilogue *epilogue, sl_part part,
                                   float *input, float *scratch);

/* The derivative with respect to the kernel, summed over the images first ..< last; added to
 * `kernel` if `accumulate`. */
void sl_convolution_kernel_gradient(const sl_convolution *convolution, const float *input,
                                    const float *output, size_t first, size_t last,
                                    bool accumulate, sl_part part, float *kernel, float *scratch);

#endif
