#include "convolution_scatter.h"

#include <string.h>

/* Channels and taps at most, filters at least, and floats of products that wait to be added. */
enum { MOST_CHANNELS = 4, MOST_TAPS = 64, LEAST_FILTERS = 8, MOST_WAITING = 96 << 10 };

typedef float four __attribute__((ext_vector_type(4), aligned(4), may_alias));
typedef int32_t four_bits __attribute__((ext_vector_type(4)));

/* Columns of the products, and floats from pixel to pixel of them. */
static size_t column_count(const sl_convolution *s) {
    return s->kernel[1] * s->kernel[2] * s->channels;
}

static size_t pixel_stride(const sl_convolution *s) { return (column_count(s) + 15) / 16 * 16; }

/* Lines of pixels that one line of the result meets, at most. */
static size_t met_lines(const sl_convolution *s) {
    return (s->kernel[1] - 1) * s->dilation[1] / s->stride[1] + 1;
}

/* Lines of pixels that are multiplied at once. */
static size_t line_capacity(const sl_convolution *s) {
    size_t capacity = MOST_WAITING / (s->output[2] * pixel_stride(s));
    return capacity < s->output[1] ? capacity : s->output[1];
}

bool sl_scatters(const sl_convolution *s) {
    if (s->groups != 1 || s->channels > MOST_CHANNELS || s->filters < LEAST_FILTERS ||
        s->storage != SL_STORAGE_FLOAT32 || s->kernel[0] != 1 || s->stride[0] != 1 ||
        s->padding[0] != 0 || s->input[0] != s->output[0])
        return false;
    size_t taps = s->kernel[1] * s->kernel[2], width = s->output[2];
    if (taps == 0 || taps > MOST_TAPS || s->output[1] == 0 || width == 0 || s->channels == 0 ||
        sl_volume(s->input) == 0 || width > MOST_WAITING)
        return false;
    size_t lines = met_lines(s) < s->output[1] ? met_lines(s) : s->output[1];
    return lines <= MOST_WAITING && lines * width * pixel_stride(s) <= MOST_WAITING;
}

size_t sl_scatter_rows(const sl_convolution *s) { return s->batch * s->input[0] * s->input[1]; }

/* Pixels × filters × (tap, channel); the caller sets m, a and c. */
static sl_product scatter_product(const sl_convolution *s, const float *kernel) {
    return (sl_product){
        .n = column_count(s), .k = s->filters, .left = SL_LEFT_MATRIX,
        .a_row = (ptrdiff_t)s->filters, .a_column = 1,
        .b = kernel, .b_rows = {{1, 1, 1, s->filters}, {0, 0, 0, 1}},
        .b_column = (ptrdiff_t)s->filters,
        .c_rows = {{1, 1, 1, 0}, {0, 0, 0, (ptrdiff_t)pixel_stride(s)}},
    };
}

static size_t panel_count(const sl_convolution *s) {
    size_t panel = sl_product_kernels_for(s->cpu)->panel;
    return (column_count(s) + panel - 1) / panel;
}

size_t sl_scatter_packed_count(const sl_convolution *s) {
    return panel_count(s) * sl_product_kernels_for(s->cpu)->panel * s->filters;
}

static size_t waiting_count(const sl_convolution *s) {
    return line_capacity(s) * s->output[2] * pixel_stride(s) + MOST_CHANNELS;
}

size_t sl_scatter_scratch(const sl_convolution *s) {
    return waiting_count(s) + s->input[2] * s->channels + MOST_CHANNELS + sl_product_scratch(true);
}

void sl_scatter_pack(const sl_convolution *s, const float *kernel, float *packed) {
    sl_product p = scatter_product(s, kernel);
    sl_product_kernels_for(s->cpu)->pack(&p, 0, panel_count(s), packed);
}

static ptrdiff_t floor_quotient(ptrdiff_t a, ptrdiff_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* Positions first …< last of 0 …< count whose `tap` falls on 0 …< extent. */
static void falling(const sl_convolution *s, int axis, size_t tap, size_t extent, size_t count,
                    ptrdiff_t *first, ptrdiff_t *last) {
    ptrdiff_t stride = (ptrdiff_t)s->stride[axis];
    ptrdiff_t start = (ptrdiff_t)(tap * s->dilation[axis]) - s->padding[axis];
    *first = -floor_quotient(start, stride); /* the least with position · stride + start ≥ 0 */
    *last = floor_quotient((ptrdiff_t)extent - 1 - start, stride) + 1;
    if (*first < 0) *first = 0;
    if (*last > (ptrdiff_t)count) *last = (ptrdiff_t)count;
}

/* Adds to a line of the result what one tap of a line of pixels brings. */
static void add_tap(const sl_convolution *s, const float *products, size_t row_tap,
                    size_t tap, float *line) {
    size_t channels = s->channels, stride = pixel_stride(s);
    ptrdiff_t first, last;
    falling(s, 2, tap, s->input[2], s->output[2], &first, &last);
    four_bits mask;
    for (int i = 0; i < 4; i++) mask[i] = (size_t)i < channels ? -1 : 0;
    const float *from = products + (row_tap * s->kernel[2] + tap) * channels;
    ptrdiff_t at = first * (ptrdiff_t)s->stride[2] + (ptrdiff_t)(tap * s->dilation[2]) - s->padding[2];
    float *to = line + at * (ptrdiff_t)channels;
    for (ptrdiff_t x = first; x < last; x++, to += s->stride[2] * channels) {
        four v = *(const four *)(from + (size_t)x * stride);
        *(four *)to += (four)((four_bits)v & mask);
    }
}

/* Line `y` of an image of the result; products of its pixels from line `first` on. */
static void add_taps(const sl_convolution *s, size_t y, const float *products, size_t first,
                     float *line) {
    memset(line, 0, (s->input[2] * s->channels + MOST_CHANNELS) * sizeof(float));
    for (size_t tap = 0; tap < s->kernel[1]; tap++) {
        ptrdiff_t distance =
            (ptrdiff_t)y + s->padding[1] - (ptrdiff_t)(tap * s->dilation[1]);
        if (distance < 0 || distance % (ptrdiff_t)s->stride[1] != 0) continue;
        size_t from = (size_t)distance / s->stride[1];
        if (from >= s->output[1]) continue;
        const float *row = products + (from - first) * s->output[2] * pixel_stride(s);
        for (size_t column = 0; column < s->kernel[2]; column++) add_tap(s, row, tap, column, line);
    }
}

static void finish_line(const sl_convolution *s, const sl_epilogue *e, size_t offset,
                        const float *line, float *input) {
    size_t count = s->input[2] * s->channels;
    float *to = input + offset;
    if (e == NULL) {
        memcpy(to, line, count * sizeof(float));
        return;
    }
    for (size_t x = 0, i = 0; x < s->input[2]; x++)
        for (size_t c = 0; c < s->channels; c++, i++)
            to[i] = e->bias == NULL ? line[i] : line[i] + e->bias[c];
    for (size_t i = 0; i < count && e->residual != NULL; i++) to[i] += e->residual[offset + i];
    if (e->activation == SL_ACTIVATION_UNARY)
        sl_unary_apply(e->unary, e->parameters, to, to, count);
    if (e->activation != SL_ACTIVATION_CLIP) return;
    for (size_t i = 0; i < count; i++) {
        float v = to[i] < e->low ? e->low : to[i];
        to[i] = v > e->high ? e->high : v;
    }
}

/* The lines of pixels that line `y` of the result meets: first …< last. */
static void pixel_lines(const sl_convolution *s, size_t y, size_t *first, size_t *last) {
    ptrdiff_t stride = (ptrdiff_t)s->stride[1], at = (ptrdiff_t)y + s->padding[1];
    ptrdiff_t reach = (ptrdiff_t)((s->kernel[1] - 1) * s->dilation[1]);
    ptrdiff_t low = -floor_quotient(reach - at, stride), high = floor_quotient(at, stride) + 1;
    if (high > (ptrdiff_t)s->output[1]) high = (ptrdiff_t)s->output[1];
    if (low < 0) low = 0;
    if (high < low) high = low;
    *first = (size_t)low, *last = (size_t)high;
}

void sl_scatter_run(const sl_convolution *s, const float *output, const float *packed,
                    const sl_epilogue *epilogue, size_t row, size_t row_end, float *input,
                    float *scratch) {
    float *waiting = scratch, *line = waiting + waiting_count(s);
    float *rest = line + s->input[2] * s->channels + MOST_CHANNELS;
    const size_t height = s->input[1], capacity = line_capacity(s);
    sl_product p = scatter_product(s, NULL);
    p.packed = packed;
    p.c = waiting;
    while (row < row_end) {
        size_t image = row / height, y = row % height, end = y, first, last, met = 0, past = 0;
        pixel_lines(s, y, &first, &last);
        for (; end < height && image * height + end < row_end; end++) {
            pixel_lines(s, end, &met, &past);
            if (past > first + capacity) break;
            if (past > last) last = past;
        }
        p.m = p.c_rows.extent[3] = (last - first) * s->output[2];
        p.a = output + (image * s->output[1] + first) * s->output[2] * s->filters;
        if (p.m > 0)
            sl_product_kernels_for(s->cpu)->run(&p, 0, p.m, 0, panel_count(s), rest);
        for (; y < end; y++, row++) {
            add_taps(s, y, waiting, first, line);
            finish_line(s, epilogue, row * s->input[2] * s->channels, line, input);
        }
    }
}
