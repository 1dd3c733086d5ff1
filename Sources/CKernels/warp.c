#include "warp.h"

#include <math.h>

/// The pixels that one place of the result is made of; -1 is the fill value.
typedef struct {
    ptrdiff_t pixel[4];
    float weight[4];
} taps;

static float clamped(float value, ptrdiff_t length) {
    return fminf(fmaxf(value, 0), (float)(length - 1));
}

static float inside(float place, ptrdiff_t length, sl_warp_edge edge) {
    if (edge == SL_WARP_CONSTANT) return place;
    if (edge == SL_WARP_NEAREST) return clamped(place, length);
    if (length <= 1) return 0;
    // Beyond 2³¹ periods the remainder has no digits left anyway.
    if (!(fabsf(place) < 0x1p31f)) return clamped(place, length);
    if (edge == SL_WARP_REFLECT) {  // d c b a | a b c d | d c b a
        const float period = 2 * (float)length;
        if (place < 0) {
            place = period * truncf(-place / period) + place;
            place = place < -(float)length ? place + period : -place - 1;
        } else if (place > (float)(length - 1)) {
            place -= period * truncf(place / period);
            if (place >= (float)length) place = period - place - 1;
        }
    } else {  // a b c d | a b c d | a b c d
        const float span = (float)(length - 1);
        if (place < 0)
            place += (float)length * (truncf(-place / span) + 1);
        else if (place > span)
            place -= (float)length * truncf(place / span);
    }
    return clamped(place, length);
}

static ptrdiff_t pixel_at(const sl_warp *warp, float y, float x) {
    if (!(y >= 0 && x >= 0 && y < (float)warp->height && x < (float)warp->width)) return -1;
    return (ptrdiff_t)y * warp->width + (ptrdiff_t)x;
}

static taps taps_at(const sl_warp *warp, const float *map, ptrdiff_t column, ptrdiff_t row) {
    taps result = {{-1, -1, -1, -1}, {1, 0, 0, 0}};
    const float u = (float)column, v = (float)row;
    const float k = map[6] * u + map[7] * v + 1;
    if (k == 0) return result;
    const float x = inside((map[0] * u + map[1] * v + map[2]) / k, warp->width, warp->edge);
    const float y = inside((map[3] * u + map[4] * v + map[5]) / k, warp->height, warp->edge);
    if (!warp->bilinear) {
        result.pixel[0] = pixel_at(warp, roundf(y), roundf(x));
        return result;
    }
    const float left = floorf(x), top = floorf(y);
    const float right = x - left, bottom = y - top;
    for (int corner = 0; corner < 4; corner++) {
        const float dx = (float)(corner & 1), dy = (float)(corner >> 1);
        result.pixel[corner] = pixel_at(warp, top + dy, left + dx);
        result.weight[corner] = (dx > 0 ? right : 1 - right) * (dy > 0 ? bottom : 1 - bottom);
    }
    return result;
}

void sl_warp_run(
    const sl_warp *warp, const float *image, const float *map, float *result, ptrdiff_t from,
    ptrdiff_t to) {
    const ptrdiff_t channels = warp->channels;
    for (ptrdiff_t row = from; row < to; row++) {
        for (ptrdiff_t column = 0; column < warp->width; column++) {
            const taps at = taps_at(warp, map, column, row);
            float *target = result + (row * warp->width + column) * channels;
            for (ptrdiff_t channel = 0; channel < channels; channel++) {
                float sum = 0;
                for (int tap = 0; tap < 4; tap++) {
                    if (at.weight[tap] == 0) continue;
                    const float value =
                        at.pixel[tap] < 0 ? warp->fill : image[at.pixel[tap] * channels + channel];
                    sum += at.weight[tap] * value;
                }
                target[channel] = sum;
            }
        }
    }
}

void sl_warp_gradient(
    const sl_warp *warp, const float *gradient, const float *map, float *image) {
    const ptrdiff_t channels = warp->channels;
    for (ptrdiff_t row = 0; row < warp->height; row++) {
        for (ptrdiff_t column = 0; column < warp->width; column++) {
            const taps at = taps_at(warp, map, column, row);
            const float *source = gradient + (row * warp->width + column) * channels;
            for (int tap = 0; tap < 4; tap++) {
                if (at.pixel[tap] < 0) continue;
                for (ptrdiff_t channel = 0; channel < channels; channel++)
                    image[at.pixel[tap] * channels + channel] += at.weight[tap] * source[channel];
            }
        }
    }
}
