#include "sort.h"

#include <math.h>
#include <string.h>

/* A number's rank among all numbers and below it the number's place, so that no two entries are
 * equal and every way of sorting gives the same. */
static uint64_t entry(uint32_t rank, bool descending, size_t place) {
    return (uint64_t)(descending ? ~rank : rank) << 32 | place;
}

static uint32_t rank_float(float x) {
    if (isnan(x)) return UINT32_MAX;
    if (x == 0) x = 0; /* of either sign */
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 1u << 31;
}

static uint32_t rank_int32(int32_t x) { return (uint32_t)x ^ 1u << 31; }

static void sift_down(uint64_t *heap, size_t count, size_t at) {
    uint64_t value = heap[at];
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= value) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

/* Brings the `taken` smallest to the front: a heap of them with the largest on top. */
static void select_smallest(uint64_t *entries, size_t count, size_t taken) {
    for (size_t i = taken / 2; i-- > 0;) sift_down(entries, taken, i);
    for (size_t i = taken; i < count; i++) {
        if (entries[i] >= entries[0]) continue;
        entries[0] = entries[i];
        sift_down(entries, taken, 0);
    }
}

static void merge_sort(uint64_t *entries, uint64_t *other, size_t count) {
    const size_t run = 16;
    for (size_t start = 0; start < count; start += run) {
        size_t end = start + run < count ? start + run : count;
        for (size_t i = start + 1; i < end; i++) {
            uint64_t value = entries[i];
            size_t j = i;
            for (; j > start && entries[j - 1] > value; j--) entries[j] = entries[j - 1];
            entries[j] = value;
        }
    }
    uint64_t *from = entries, *to = other;
    for (size_t width = run; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            for (size_t a = start, b = middle, k = start; k < end; k++)
                to[k] = b == end || (a < middle && from[a] < from[b]) ? from[a++] : from[b++];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries) memcpy(entries, from, count * sizeof *entries);
}

#define SORT(name, type, rank)                                                                    \
    void name(sl_sort s, const type *x, type *values, int32_t *places, uint64_t *scratch) {       \
        if (s.taken == 0) return;                                                                 \
        for (size_t i = 0; i < s.count; i++) scratch[i] = entry(rank(x[i]), s.descending, i);     \
        if (s.taken < s.count) select_smallest(scratch, s.count, s.taken);                        \
        merge_sort(scratch, scratch + s.count, s.taken);                                          \
        for (size_t i = 0; i < s.taken; i++) {                                                    \
            places[i] = (int32_t)(uint32_t)scratch[i];                                            \
            values[i] = x[places[i]];                                                             \
        }                                                                                         \
    }

SORT(sl_sort_float, float, rank_float)
SORT(sl_sort_int32, int32_t, rank_int32)

void sl_sort_gradient(sl_sort s, const float *seed, const int32_t *places, float *gradient) {
    memset(gradient, 0, s.count * sizeof *gradient);
    for (size_t i = 0; i < s.taken; i++) gradient[places[i]] = seed[i];
}
