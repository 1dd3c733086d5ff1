#include "scores.h"

void sl_score_column_sums(const double *rows, size_t count, size_t width, double *sums) {
    for (size_t row = 0; row < count; row++) {
        const double *values = rows + row * width;
        for (size_t column = 0; column < width; column++) sums[column] += values[column];
    }
}

void sl_score_subtract_row(double *rows, size_t count, size_t width, const double *mean,
                           double factor) {
    for (size_t row = 0; row < count; row++) {
        double *values = rows + row * width;
        for (size_t column = 0; column < width; column++) {
            values[column] = (values[column] - mean[column]) * factor;
        }
    }
}

void sl_score_squared_lengths(const double *rows, size_t count, size_t width, double *lengths) {
    for (size_t row = 0; row < count; row++) {
        const double *values = rows + row * width;
        double sum = 0;
        for (size_t column = 0; column < width; column++) sum += values[column] * values[column];
        lengths[row] = sum;
    }
}

double sl_score_squared_distance(const double *a, const double *b, size_t width) {
    double sum = 0;
    for (size_t column = 0; column < width; column++) {
        double difference = a[column] - b[column];
        sum += difference * difference;
    }
    return sum;
}

void sl_score_cubic_kernel(const double *products, size_t rows, size_t columns, size_t ld,
                           double factor, ptrdiff_t diagonal, double *row_sums,
                           double *column_sums) {
    for (size_t row = 0; row < rows; row++) {
        const double *values = products + row * ld;
        double sum = 0;
        for (size_t column = 0; column < columns; column++) {
            double base = values[column] * factor + 1;
            double kernel = base * base * base;
            if ((ptrdiff_t)column - (ptrdiff_t)row == diagonal) continue;
            sum += kernel;
            if (column_sums) column_sums[column] += kernel;
        }
        row_sums[row] += sum;
    }
}

// Puts a distance that is less than the last of k ascending ones in its place among them.
static inline void insert(double distance, ptrdiff_t index, size_t k, double *best, ptrdiff_t *at) {
    size_t place = k - 1;
    while (place > 0 && distance < best[place - 1]) {
        best[place] = best[place - 1];
        at[place] = at[place - 1];
        place--;
    }
    best[place] = distance;
    at[place] = index;
}

void sl_score_nearest(const sl_score_distances *block, size_t k, ptrdiff_t diagonal,
                      size_t first_row, size_t first_column, double *nearest, ptrdiff_t *indices,
                      double *column_nearest, ptrdiff_t *column_indices) {
    for (size_t row = 0; row < block->rows; row++) {
        const double *products = block->products + row * block->ld;
        double *best = nearest + row * k;
        ptrdiff_t *at = indices + row * k;
        double length = block->row_lengths[row];
        for (size_t column = 0; column < block->columns; column++) {
            double distance = length + block->column_lengths[column] - 2 * products[column];
            if (distance < best[k - 1] && (ptrdiff_t)column - (ptrdiff_t)row != diagonal) {
                insert(distance, (ptrdiff_t)(first_column + column), k, best, at);
            }
            if (column_nearest && distance < column_nearest[column * k + k - 1]) {
                insert(distance, (ptrdiff_t)(first_row + row), k, column_nearest + column * k,
                       column_indices + column * k);
            }
        }
    }
}

/// Far above the rounding of a product of rows, far below what tells samples apart.
static const double unsure = 0x1p-36;

void sl_score_count_balls(const sl_score_distances *block, const double *rows,
                          const double *columns, size_t width, const double *row_radii,
                          const double *column_radii, bool closed, uint32_t *in_row_balls,
                          uint8_t *in_column_ball, uint8_t *row_ball_used) {
    for (size_t row = 0; row < block->rows; row++) {
        const double *products = block->products + row * block->ld;
        double length = block->row_lengths[row], radius = row_radii[row];
        for (size_t column = 0; column < block->columns; column++) {
            double lengths = length + block->column_lengths[column];
            double distance = lengths - 2 * products[column], other = column_radii[column];
            double margin = unsure * lengths;
            double to_radius = distance - radius, to_other = distance - other;
            if ((to_radius <= margin && to_radius >= -margin) ||
                (to_other <= margin && to_other >= -margin)) {
                distance = sl_score_squared_distance(rows + row * width, columns + column * width,
                                                     width);
            }
            if (distance < radius || (closed && distance == radius)) {
                in_row_balls[column]++;
                row_ball_used[row] = 1;
            }
            if (distance < other || (closed && distance == other)) in_column_ball[row] = 1;
        }
    }
}
