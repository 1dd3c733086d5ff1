#include "cpu.h"
#include "scores.h"
#include <math.h>

enum { TAPS = 11, HALF = TAPS / 2, MAPS = 4 };

static double squared_difference_deep(const uint16_t *a, const uint16_t *b, size_t pixels,
                                      size_t channels, size_t counted_channels) {
    double sum = 0;
    for (size_t pixel = 0; pixel < pixels; pixel++, a += channels, b += channels) {
        uint64_t part = 0;
        for (size_t channel = 0; channel < counted_channels; channel++) {
            int64_t e = (int64_t)a[channel] - b[channel];
            part += (uint64_t)(e * e);
        }
        sum += (double)part;
    }
    return sum;
}

static double squared_difference_doubles(const double *a, const double *b, size_t pixels,
                                         size_t channels, size_t counted_channels) {
    double sum = 0;
    for (size_t pixel = 0; pixel < pixels; pixel++, a += channels, b += channels) {
        for (size_t channel = 0; channel < counted_channels; channel++) {
            double e = a[channel] - b[channel];
            sum += e * e;
        }
    }
    return sum;
}

double sl_score_squared_difference(const void *reference, const void *candidate,
                                   sl_score_samples kind, size_t pixels, size_t channels,
                                   size_t counted_channels) {
    if (kind == SL_SCORE_WORDS)
        return squared_difference_deep(reference, candidate, pixels, channels, counted_channels);
    if (kind == SL_SCORE_DOUBLES) {
        return squared_difference_doubles(reference, candidate, pixels, channels,
                                          counted_channels);
    }
    const uint8_t *a = reference, *b = candidate;
    uint64_t sum = 0;
    if (channels == counted_channels) {
        size_t count = pixels * channels;
        // Blocks small enough for a 32-bit sum, which vectorises wider.
        for (size_t start = 0; start < count; start += 16384) {
            size_t end = count - start < 16384 ? count : start + 16384;
            uint32_t part = 0;
            for (size_t i = start; i < end; i++) {
                int32_t e = (int32_t)a[i] - b[i];
                part += (uint32_t)(e * e);
            }
            sum += part;
        }
        return (double)sum;
    }
    for (size_t pixel = 0; pixel < pixels; pixel++, a += channels, b += channels) {
        for (size_t channel = 0; channel < counted_channels; channel++) {
            int32_t e = (int32_t)a[channel] - b[channel];
            sum += (uint32_t)(e * e);
        }
    }
    return (double)sum;
}

#define COPY_PLANE(type, operation)                                                                \
    {                                                                                              \
        const type *samples = pixels;                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            plane[i] = (float)samples[i * channels + channel] operation;                           \
    }

void sl_score_image_plane(const void *pixels, sl_score_samples kind, size_t count,
                          size_t channels, size_t channel, float *plane) {
    if (kind == SL_SCORE_BYTES) COPY_PLANE(uint8_t, )
    if (kind == SL_SCORE_WORDS) COPY_PLANE(uint16_t, / 257.0f)
    if (kind == SL_SCORE_DOUBLES) COPY_PLANE(double, )
}

void sl_score_halve_plane(const float *plane, size_t height, size_t width, float *halved) {
    for (size_t row = 0; row < height; row += 2) {
        const float *upper = plane + row * width;
        const float *lower = row + 1 < height ? upper + width : upper;
        for (size_t column = 0; column < width; column += 2) {
            size_t right = column + 1 < width ? column + 1 : column;
            // Exact: after four halvings of 8-bit values the sum still fits the fraction.
            *halved++ = (upper[column] + upper[right] + lower[column] + lower[right]) * 0.25f;
        }
    }
}

// The normalised Gaussian of σ = 1.5, one half and the middle.
static void gaussian(double *g) {
    double sum = 0;
    for (int i = 0; i <= HALF; i++) {
        double distance = HALF - i;
        g[i] = exp(-distance * distance / (2 * 1.5 * 1.5));
        sum += i < HALF ? 2 * g[i] : g[i];
    }
    for (int i = 0; i <= HALF; i++) g[i] /= sum;
}

// Elements between rows. An odd number of cache lines, lest all the rows of a column compete for
// the same few places of the cache where a width is a power of two.
static inline size_t row_stride(size_t width, size_t border) {
    return ((width + 2 * border + 7) / 8 | 1) * 8;
}

size_t sl_score_ssim_scratch(size_t width, size_t border) {
    // Four source rows, a ring of filtered rows, and two rows of results.
    return (MAPS + TAPS * MAPS + 2) * row_stride(width, border);
}

// d c b | a b c d | c b a
static inline size_t reflect(size_t position, size_t border, size_t count) {
    if (position < border) return border - position;
    position -= border;
    return position < count ? position : 2 * (count - 1) - position;
}

static inline __attribute__((always_inline)) void load_row(
    const float *a, const float *b, size_t width, size_t border, size_t stride,
    double *restrict rows) {
    size_t wide = width + 2 * border;
    double *restrict x = rows, *restrict y = rows + stride;
    double *restrict squares = rows + 2 * stride, *restrict product = rows + 3 * stride;
    for (size_t i = 0; i < width; i++) {
        x[border + i] = a[i];
        y[border + i] = b[i];
    }
    for (size_t i = 0; i < border; i++) {
        x[i] = a[border - i];
        y[i] = b[border - i];
        x[border + width + i] = a[width - 2 - i];
        y[border + width + i] = b[width - 2 - i];
    }
    for (size_t i = 0; i < wide; i++) {
        squares[i] = x[i] * x[i] + y[i] * y[i];
        product[i] = x[i] * y[i];
    }
}

static inline __attribute__((always_inline)) void filter_row(
    const double *restrict in, const double *g, size_t count, double *restrict out) {
    for (size_t i = 0; i < count; i++) {
        out[i] = g[5] * in[i + 5] + g[4] * (in[i + 4] + in[i + 6]) + g[3] * (in[i + 3] + in[i + 7])
                 + g[2] * (in[i + 2] + in[i + 8]) + g[1] * (in[i + 1] + in[i + 9])
                 + g[0] * (in[i] + in[i + 10]);
    }
}

#define FILTER_COLUMN(m)                                                                           \
    (g[5] * rows[5][m * stride + i] + g[4] * (rows[4][m * stride + i] + rows[6][m * stride + i])   \
     + g[3] * (rows[3][m * stride + i] + rows[7][m * stride + i])                                  \
     + g[2] * (rows[2][m * stride + i] + rows[8][m * stride + i])                                  \
     + g[1] * (rows[1][m * stride + i] + rows[9][m * stride + i])                                  \
     + g[0] * (rows[0][m * stride + i] + rows[10][m * stride + i]))

static inline __attribute__((always_inline)) void similarity_row(
    const double *const *rows, const double *g, size_t stride, size_t count,
    double *restrict similarity, double *restrict contrast) {
    const double c1 = (0.01 * 255) * (0.01 * 255), c2 = (0.03 * 255) * (0.03 * 255);
    for (size_t i = 0; i < count; i++) {
        double x = FILTER_COLUMN(0), y = FILTER_COLUMN(1);
        double squares = FILTER_COLUMN(2), product = FILTER_COLUMN(3);
        double means = x * x + y * y, xy = x * y;
        double cs = (2 * (product - xy) + c2) / (squares - means + c2);
        contrast[i] = cs;
        similarity[i] = cs * (2 * xy + c1) / (means + c1);
    }
}

static inline double sum_of(const double *values, size_t count) {
    double sums[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t lane = 0; lane < 4; lane++) sums[lane] += values[i + lane];
    }
    for (; i < count; i++) sums[0] += values[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Rows are filtered along x once and kept in a ring; every eleven of them give one row of results.
static inline __attribute__((always_inline)) sl_score_similarity ssim_body(
    const float *a, const float *b, size_t height, size_t width, size_t border, double *scratch) {
    double g[HALF + 1];
    gaussian(g);
    size_t tall = height + 2 * border, columns = width + 2 * border - TAPS + 1;
    size_t stride = row_stride(width, border);
    double *source = scratch, *ring = source + MAPS * stride;
    double *results = ring + TAPS * MAPS * stride;
    double ssim = 0, contrast = 0;
    for (size_t row = 0; row < tall; row++) {
        size_t from = reflect(row, border, height);
        load_row(a + from * width, b + from * width, width, border, stride, source);
        double *slot = ring + (row % TAPS) * MAPS * stride;
        for (size_t map = 0; map < MAPS; map++) {
            filter_row(source + map * stride, g, columns, slot + map * stride);
        }
        if (row + 1 < TAPS) continue;
        const double *rows[TAPS];
        for (size_t tap = 0; tap < TAPS; tap++) {
            rows[tap] = ring + ((row + 1 + tap) % TAPS) * MAPS * stride;
        }
        similarity_row(rows, g, stride, columns, results, results + stride);
        ssim += sum_of(results, columns);
        contrast += sum_of(results + stride, columns);
    }
    double windows = (double)columns * (double)(tall - TAPS + 1);
    return (sl_score_similarity){ssim / windows, contrast / windows};
}

static sl_score_similarity ssim_baseline(const float *a, const float *b, size_t height,
                                         size_t width, size_t border, double *scratch) {
    return ssim_body(a, b, height, width, border, scratch);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static sl_score_similarity ssim_avx2(
    const float *a, const float *b, size_t height, size_t width, size_t border, double *scratch) {
    return ssim_body(a, b, height, width, border, scratch);
}
#endif

sl_score_similarity sl_score_ssim(const float *a, const float *b, size_t height, size_t width,
                                  size_t border, double *scratch) {
#if defined(__x86_64__)
    if (sl_cpu_active() >= SL_CPU_AVX2) {
        return ssim_avx2(a, b, height, width, border, scratch);
    }
#endif
    return ssim_baseline(a, b, height, width, border, scratch);
}

// Moments of a window: sums of x, y, x², y² and x·y.
enum { MOMENTS = 5 };

static inline void add_pixel(double *sums, double x, double y, double sign) {
    sums[0] += sign * x;
    sums[1] += sign * y;
    sums[2] += sign * x * x;
    sums[3] += sign * y * y;
    sums[4] += sign * x * y;
}

// Sums of whole numbers stay exact while the window slides.
double sl_score_uniform_ssim(const float *a, const float *b, size_t height, size_t width,
                             size_t window, double *scratch) {
    double count = (double)(window * window), sample = count / (count - 1), total = 0;
    double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    for (size_t i = 0; i < width * MOMENTS; i++) scratch[i] = 0;
    for (size_t row = 0; row < height; row++) {
        for (size_t column = 0; column < width; column++) {
            double *sums = scratch + column * MOMENTS;
            add_pixel(sums, a[row * width + column], b[row * width + column], 1);
            if (row < window) continue;
            size_t old = (row - window) * width + column;
            add_pixel(sums, a[old], b[old], -1);
        }
        if (row + 1 < window) continue;
        double sums[MOMENTS] = {0};
        for (size_t column = 0; column < width; column++) {
            for (int m = 0; m < MOMENTS; m++) {
                sums[m] += scratch[column * MOMENTS + m];
                if (column >= window) sums[m] -= scratch[(column - window) * MOMENTS + m];
            }
            if (column + 1 < window) continue;
            double x = sums[0] / count, y = sums[1] / count;
            double xx = sample * (sums[2] / count - x * x);
            double yy = sample * (sums[3] / count - y * y);
            double xy = sample * (sums[4] / count - x * y);
            total += (2 * x * y + c1) * (2 * xy + c2) / ((x * x + y * y + c1) * (xx + yy + c2));
        }
    }
    return total / (double)((height - window + 1) * (width - window + 1));
}
