#include "convolution_product.h"

sl_groups sl_groups_of(const sl_convolution *s, sl_convolution_pass pass) {
    bool inputs = pass == SL_CONVOLUTION_INPUT_GRADIENT;
    sl_groups g = {.kernels = sl_product_kernels_for(s->cpu)};
    /* With several filters per channel the input gradient sums over them: group by group. */
    g.depthwise = s->groups > 1 && s->groups == s->channels &&
                  (!inputs || s->filters == s->channels);
    size_t channels = s->channels / s->groups, filters = s->filters / s->groups;
    size_t columns = g.depthwise ? s->filters : inputs ? channels : filters;
    g.count = g.depthwise ? 1 : s->groups;
    g.panel = g.depthwise ? SL_DEPTHWISE_PANEL : g.kernels->panel;
    g.panels = (columns + g.panel - 1) / g.panel;
    g.summed = inputs ? filters : channels;
    if (g.depthwise) g.summed = 1;
    return g;
}

/* Output positions read the input. */
static sl_patches output_patches(const sl_convolution *s, size_t images, size_t channels) {
    sl_patches patches = {
        .positions = {images, s->output[0], s->output[1], s->output[2]},
        .pixel_stride = (ptrdiff_t)s->channels,
        .channels = channels,
    };
    for (int i = 0; i < 3; i++)
        patches.axis[i] = (sl_axis){
            .taps = s->kernel[i], .input = s->input[i], .scale = (ptrdiff_t)s->stride[i],
            .first = -s->padding[i], .step = (ptrdiff_t)s->dilation[i],
        };
    return patches;
}

/* An image's points of `pixel` floats each. */
static sl_grid image_grid(size_t batch, const size_t extent[3], size_t pixel) {
    ptrdiff_t line = (ptrdiff_t)(extent[2] * pixel), plane = (ptrdiff_t)extent[1] * line;
    return (sl_grid){{batch, extent[0], extent[1], extent[2]},
                     {(ptrdiff_t)extent[0] * plane, plane, line, (ptrdiff_t)pixel}};
}

static sl_grid line_grid(size_t count, size_t stride) {
    return (sl_grid){{1, 1, 1, count}, {0, 0, 0, (ptrdiff_t)stride}};
}

/* Whether the patches are the pixels themselves. */
static bool is_pointwise(const sl_convolution *s) {
    for (int i = 0; i < 3; i++)
        if (s->kernel[i] != 1 || s->stride[i] != 1 || s->padding[i] != 0 ||
            s->output[i] != s->input[i])
            return false;
    return true;
}

sl_product sl_output_product(const sl_convolution *s, const sl_groups *g, size_t group,
                             const float *kernel) {
    size_t filters = s->filters / g->count, channels = s->channels / g->count;
    size_t sums = sl_volume(s->kernel) * g->summed;
    return (sl_product){
        .m = s->batch * sl_volume(s->output), .n = filters, .k = sums,
        .left = is_pointwise(s) && !g->depthwise ? SL_LEFT_MATRIX : SL_LEFT_PATCHES,
        .a_row = (ptrdiff_t)s->channels, .a_column = 1,
        .a_scale = s->input_scale, .scaled_rows = sl_volume(s->output),
        .patches = output_patches(s, s->batch, channels),
        .b = kernel == NULL ? NULL : kernel + group * filters,
        .b_rows = line_grid(sums, s->filters), .b_column = 1,
        .c_rows = image_grid(s->batch, s->output, s->filters), .storage = s->storage,
    };
}

sl_product sl_kernel_product(const sl_convolution *s, const sl_groups *g, size_t images) {
    size_t filters = s->filters / g->count, channels = s->channels / g->count;
    size_t rows = sl_volume(s->kernel) * g->summed, sums = images * sl_volume(s->output);
    return (sl_product){
        .m = rows, .n = filters, .k = sums,
        .left = is_pointwise(s) ? SL_LEFT_MATRIX : SL_LEFT_PATCHES_COLUMNS,
        .a_row = 1, .a_column = (ptrdiff_t)s->channels,
        .patches = output_patches(s, images, channels),
        .b_rows = line_grid(sums, s->filters), .b_column = 1,
        .c_rows = line_grid(rows, s->filters),
    };
}

static size_t common_divisor(size_t a, size_t b) {
    while (b != 0) {
        size_t rest = a % b;
        a = b, b = rest;
    }
    return a;
}

size_t sl_phase_count(const sl_convolution *s) { return sl_volume(s->stride); }

sl_phase sl_phase_of(const sl_convolution *s, size_t index) {
    sl_phase phase = {.offset = 0};
    size_t starts[3];
    for (int i = 2; i >= 0; i--) {
        starts[i] = index % s->stride[i];
        index /= s->stride[i];
    }
    for (int i = 0; i < 3; i++) {
        size_t stride = s->stride[i], dilation = s->dilation[i], start = starts[i];
        size_t divisor = common_divisor(stride, dilation), step = stride / divisor;
        phase.offset = phase.offset * (ptrdiff_t)s->input[i] + (ptrdiff_t)start;
        phase.axis[i].count = start < s->input[i] ? (s->input[i] - start - 1) / stride + 1 : 0;
        phase.axis[i].tap_step = -(ptrdiff_t)step;
        phase.axis[i].output = (sl_axis){.input = s->output[i], .scale = 1,
                                         .step = (ptrdiff_t)(dilation / divisor)};
        /* The first tap, if any, with tap · dilation ≡ start + padding (modulo stride). */
        for (size_t tap = 0; tap < step && tap < s->kernel[i]; tap++) {
            ptrdiff_t distance = (ptrdiff_t)start + s->padding[i] - (ptrdiff_t)(tap * dilation);
            if (distance % (ptrdiff_t)stride != 0) continue;
            size_t after = (s->kernel[i] - tap - 1) / step; /* further taps */
            phase.axis[i].tap = tap + after * step;
            phase.axis[i].output.taps = after + 1;
            phase.axis[i].output.first = distance / (ptrdiff_t)stride -
                                         (ptrdiff_t)after * phase.axis[i].output.step;
            break;
        }
    }
    phase.offset *= (ptrdiff_t)s->channels;
    return phase;
}

sl_product sl_phase_product(const sl_convolution *s, const sl_groups *g, const sl_phase *phase,
                            size_t group, const float *kernel) {
    size_t filters = s->filters / g->count, channels = s->channels / g->count;
    /* Floats from tap to tap of the kernel, along each axis. */
    ptrdiff_t tap = (ptrdiff_t)(s->channels / s->groups * s->filters);
    ptrdiff_t taps[3] = {(ptrdiff_t)(s->kernel[1] * s->kernel[2]) * tap,
                         (ptrdiff_t)s->kernel[2] * tap, tap};
    sl_product p = {
        .m = s->batch, .n = channels, .k = g->summed,
        .left = SL_LEFT_PATCHES,
        .patches = {.positions = {s->batch}, .pixel_stride = (ptrdiff_t)s->filters,
                    .channels = filters},
        .b = kernel == NULL ? NULL : kernel + group * filters,
        .b_rows = {.extent = {0, 0, 0, g->summed}, .stride = {0, 0, 0, 1}},
        .b_column = g->depthwise ? 1 : (ptrdiff_t)s->filters,
        .c_rows = image_grid(s->batch, s->input, s->channels), .storage = s->storage,
    };
    for (int i = 0; i < 3; i++) {
        size_t count = phase->axis[i].count, used = phase->axis[i].output.taps;
        p.m *= count;
        p.k *= used;
        p.patches.positions[i + 1] = p.c_rows.extent[i + 1] = count;
        p.patches.axis[i] = phase->axis[i].output;
        p.b_rows.extent[i] = used;
        p.b_rows.stride[i] = phase->axis[i].tap_step * taps[i];
        if (kernel != NULL) p.b += (ptrdiff_t)phase->axis[i].tap * taps[i];
        p.c_rows.stride[i + 1] *= (ptrdiff_t)s->stride[i];
    }
    return p;
}
