/* Which algorithm computes a convolution's output. All of the choice is here. */
#include "convolution_product.h"

/* Multiply-adds in the time of: reading a packed weight from memory (so fewer rows than that leave
 * the multipliers idle); transforming one number of a tile. */
static const double weight_cost = 12, transform_cost = 4;
/* What tiles must save to be worth their rounding errors and larger packed kernels. */
static const double smallest_gain = 1.2;

static double rows_cost(double rows) { return rows < weight_cost ? weight_cost : rows; }

/* Time by tiles of `size` × `size`, in multiply-adds. */
static double tile_cost(const sl_convolution *s, size_t size) {
    double down = (double)((s->output[1] + size - 1) / size);
    double across = (double)((s->output[2] + size - 1) / size);
    double tiles = (double)(s->batch * s->output[0]) * down * across;
    double places = (double)((size + 2) * (size + 2));
    double channels = (double)s->channels, filters = (double)s->filters;
    return places * (rows_cost(tiles) * channels * filters +
                     tiles * transform_cost * (channels + filters));
}

size_t sl_convolution_tile(const sl_convolution *s) {
    bool applies = s->groups == 1 && s->kernel[0] == 1 && s->stride[0] == 1 && s->padding[0] == 0 &&
                   s->output[0] == s->input[0] && sl_volume(s->output) > 0 && s->batch > 0 &&
                   s->channels >= 16 && s->filters >= 16;
    for (int i = 1; i < 3; i++)
        applies = applies && s->kernel[i] == 3 && s->stride[i] == 1 && s->dilation[i] == 1;
    if (!applies) return 0;
    double positions = (double)(s->batch * sl_volume(s->output));
    double best = 9 * rows_cost(positions) * (double)s->channels * (double)s->filters;
    best /= smallest_gain;
    size_t choice = 0;
    for (size_t size = 2; size <= 4; size += 2) {
        double cost = tile_cost(s, size);
        if (cost < best) best = cost, choice = size;
    }
    return choice;
}
