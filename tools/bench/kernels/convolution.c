#include <stdio.h>
#include <stdlib.h>

#include "CKernels.h"
#include <math.h>

#include "bench.h"

typedef struct {
    sl_convolution convolution;
    sl_convolution_pass pass;
    float *input, *output, *kernel, *packed, *scratch;
} job;

static void convolve(void *argument) {
    job *j = argument;
    sl_part whole = sl_convolution_whole(&j->convolution, j->pass);
    sl_epilogue epilogue = {.bias = j->packed, .activation = SL_ACTIVATION_CLIP, .high = INFINITY};
    switch (j->pass) {
    case SL_CONVOLUTION_OUTPUT:
        sl_convolution_output(&j->convolution, j->input, j->packed, &epilogue, whole, j->output,
                              j->scratch);
        break;
    case SL_CONVOLUTION_INPUT_GRADIENT:
        sl_convolution_input_gradient(&j->convolution, j->output, j->packed, NULL, whole, j->input,
                                      j->scratch);
        break;
    case SL_CONVOLUTION_KERNEL_GRADIENT:
        sl_convolution_kernel_gradient(&j->convolution, j->input, j->output, 0,
                                       j->convolution.batch, false, whole, j->kernel, j->scratch);
        break;
    }
}

/* Square images and kernels, padded so that the output has input / stride pixels. */
typedef struct { const char *name; size_t batch, size, channels, filters, kernel, stride, groups; } shape;

static void bench(shape s, sl_convolution_pass pass, size_t winograd) {
    size_t out = (s.size + s.stride - 1) / s.stride;
    job j = {.pass = pass, .convolution = {
        .batch = s.batch, .input = {1, s.size, s.size}, .output = {1, out, out},
        .kernel = {1, s.kernel, s.kernel}, .stride = {1, s.stride, s.stride}, .dilation = {1, 1, 1},
        .padding = {0, (ptrdiff_t)(s.kernel - 1) / 2, (ptrdiff_t)(s.kernel - 1) / 2},
        .channels = s.channels, .filters = s.filters, .groups = s.groups, .winograd = winograd}};
    size_t weights = s.kernel * s.kernel * s.channels / s.groups * s.filters;
    j.input = numbers(s.batch * s.size * s.size * s.channels);
    j.output = numbers(s.batch * out * out * s.filters);
    j.kernel = numbers(weights);
    j.packed = numbers(sl_convolution_packed_count(&j.convolution, pass));
    j.scratch = numbers(sl_convolution_scratch(&j.convolution, pass));
    if (pass != SL_CONVOLUTION_KERNEL_GRADIENT)
        sl_convolution_pack(&j.convolution, pass, j.kernel, sl_convolution_whole(&j.convolution, pass),
                            j.packed);
    static const char *const passes[] = {"output", "input gradient", "kernel gradient"};
    char name[80];
    snprintf(name, sizeof name, "%s, %s", s.name, passes[pass]);
    if (winograd != 0)
        snprintf(name, sizeof name, "%s, winograd %zu x %zu%s", s.name, winograd, winograd,
                 sl_convolution_tile(&j.convolution) == winograd ? " *" : "");
    print_row(name, 2.0 * s.batch * out * out * weights, best_time(convolve, &j));
    free(j.input), free(j.output), free(j.kernel), free(j.packed), free(j.scratch);
}

static const shape shapes[] = {
    {"7x7/2 3-64 @224", 1, 224, 3, 64, 7, 2, 1},
    {"3x3/2 3-32 @224", 1, 224, 3, 32, 3, 2, 1},
    {"1x1 16-96 @112", 1, 112, 16, 96, 1, 1, 1},
    {"1x1 144-24 @56", 1, 56, 144, 24, 1, 1, 1},
    {"1x1 64-64 @56", 1, 56, 64, 64, 1, 1, 1},
    {"3x3 64-64 @56", 1, 56, 64, 64, 3, 1, 1},
    {"1x1 64-256 @56", 1, 56, 64, 256, 1, 1, 1},
    {"1x1 256-64 @56", 1, 56, 256, 64, 1, 1, 1},
    {"1x1/2 256-512 @56", 1, 56, 256, 512, 1, 2, 1},
    {"3x3 128-128 @28", 1, 28, 128, 128, 3, 1, 1},
    {"1x1 128-512 @28", 1, 28, 128, 512, 1, 1, 1},
    {"3x3 256-256 @14", 1, 14, 256, 256, 3, 1, 1},
    {"1x1 1024-256 @14", 1, 14, 1024, 256, 1, 1, 1},
    {"3x3 512-512 @7", 1, 7, 512, 512, 3, 1, 1},
    {"1x1 512-2048 @7", 1, 7, 512, 2048, 1, 1, 1},
    {"3x3 1-32 @28, batch 32", 32, 28, 1, 32, 3, 1, 1},
    {"3x3 32-64 @14, batch 32", 32, 14, 32, 64, 3, 1, 1},
    {"5x5 1-6 @28, batch 64", 64, 28, 1, 6, 5, 1, 1},
    {"5x5 6-16 @14, batch 64", 64, 14, 6, 16, 5, 1, 1},
    {"3x3 16-16 @32, batch 32", 32, 32, 16, 16, 3, 1, 1},
    {"3x3 64-64 @8, batch 32", 32, 8, 64, 64, 3, 1, 1},
    {"3x3 32-1 @28, batch 8", 8, 28, 32, 1, 3, 1, 1},
    {"3x3 depthwise 64 @56", 1, 56, 64, 64, 3, 1, 64},
    {"3x3 depthwise 512 @14", 1, 14, 512, 512, 3, 1, 512},
    {"3x3/2 depthwise 96 @112", 1, 112, 96, 96, 3, 2, 96},
    {"3x3 depthwise 144 @56", 1, 56, 144, 144, 3, 1, 144},
    {"3x3 depthwise 960 @7", 1, 7, 960, 960, 3, 1, 960},
    {"5x5 depthwise 240 @28", 1, 28, 240, 240, 5, 1, 240},
    {"5x5/2 depthwise 144 @56", 1, 56, 144, 144, 5, 2, 144},
    {"7x7 depthwise 96 @56", 1, 56, 96, 96, 7, 1, 96},
    {"3x3 128-128 in 32 groups @28", 1, 28, 128, 128, 3, 1, 32},
};

void bench_convolution(void) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        bench(shapes[i], SL_CONVOLUTION_OUTPUT, 0);
}

static const shape winograd_shapes[] = {
    {"3x3 64-64 @224", 1, 224, 64, 64, 3, 1, 1},   {"3x3 64-128 @112", 1, 112, 64, 128, 3, 1, 1},
    {"3x3 128-128 @112", 1, 112, 128, 128, 3, 1, 1}, {"3x3 256-256 @56", 1, 56, 256, 256, 3, 1, 1},
    {"3x3 512-512 @28", 1, 28, 512, 512, 3, 1, 1}, {"3x3 512-512 @14", 1, 14, 512, 512, 3, 1, 1},
    {"3x3 64-64 @56", 1, 56, 64, 64, 3, 1, 1},     {"3x3 128-128 @28", 1, 28, 128, 128, 3, 1, 1},
    {"3x3 256-256 @14", 1, 14, 256, 256, 3, 1, 1}, {"3x3 512-512 @7", 1, 7, 512, 512, 3, 1, 1},
    {"3x3 512-512 @7, batch 8", 8, 7, 512, 512, 3, 1, 1},
    {"3x3 128-32 @28", 1, 28, 128, 32, 3, 1, 1},   {"3x3 128-32 @7", 1, 7, 128, 32, 3, 1, 1},
    {"3x3 64-96 @35", 1, 35, 64, 96, 3, 1, 1},     {"3x3 32-64 @147", 1, 147, 32, 64, 3, 1, 1},
    {"3x3 16-16 @56", 1, 56, 16, 16, 3, 1, 1},
};

/* Shares above 100 %: the multiplications counted are those of plain sums. A star: the choice. */
void bench_winograd(void) {
    for (size_t i = 0; i < sizeof winograd_shapes / sizeof *winograd_shapes; i++)
        for (size_t tile = 0; tile <= 4; tile += 2)
            bench(winograd_shapes[i], SL_CONVOLUTION_OUTPUT, tile);
}

void bench_gradient(void) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bench(shapes[i], SL_CONVOLUTION_INPUT_GRADIENT, 0);
        bench(shapes[i], SL_CONVOLUTION_KERNEL_GRADIENT, 0);
    }
}
