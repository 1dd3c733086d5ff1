#include "movement.h"

#include <stdint.h>
#include <string.h>

/* A tile of this many rows and columns of source and target stays in the first cache. */
#define BLOCK 32
#define UNIT_ELEMENTS 8192

void sl_movement_add(sl_movement *m, size_t extent, ptrdiff_t from, ptrdiff_t to) {
    if (extent == 0) m->is_empty = true;
    if (extent <= 1 || m->is_empty) return;
    sl_axis *last = m->rank > 0 ? &m->axes[m->rank - 1] : NULL;
    if (last != NULL && last->from == from * (ptrdiff_t)extent
        && last->to == to * (ptrdiff_t)extent) {
        *last = (sl_axis){last->extent * extent, from, to};
    } else {
        m->axes[m->rank++] = (sl_axis){extent, from, to};
    }
}

static size_t magnitude(ptrdiff_t step) { return step < 0 ? -(size_t)step : (size_t)step; }

/* Moves axis `index` behind the others. */
static void put_last(sl_movement *m, size_t index) {
    sl_axis axis = m->axes[index];
    memmove(&m->axes[index], &m->axes[index + 1], (m->rank - 1 - index) * sizeof axis);
    m->axes[m->rank - 1] = axis;
}

void sl_movement_plan(sl_movement *m) {
    if (m->is_empty) return;
    if (m->rank == 0) m->axes[m->rank++] = (sl_axis){1, 1, 1};
    size_t near_to = m->rank - 1;
    for (size_t i = m->rank - 1; i-- > 0;)
        if (magnitude(m->axes[i].to) < magnitude(m->axes[near_to].to)) near_to = i;
    put_last(m, near_to);
    sl_axis inner = m->axes[m->rank - 1];
    size_t near_from = m->rank - 1;
    for (size_t i = 0; i + 1 < m->rank && inner.from != 0; i++)
        if (m->axes[i].from != 0
            && magnitude(m->axes[i].from) < magnitude(m->axes[near_from].from))
            near_from = i;
    m->crosses = near_from != m->rank - 1;
    size_t extent = inner.extent;
    m->tile = UNIT_ELEMENTS;
    if (m->crosses) {
        put_last(m, near_from);
        put_last(m, m->rank - 2);
        extent = m->axes[m->rank - 2].extent;
        size_t blocks = UNIT_ELEMENTS / BLOCK / inner.extent;
        m->tile = BLOCK * (blocks > 1 ? blocks : 1);
    }
    m->tiles = (extent + m->tile - 1) / m->tile;
}

static size_t outer_rank(const sl_movement *m) { return m->rank - (m->crosses ? 2 : 1); }

size_t sl_movement_units(const sl_movement *m) {
    if (m->is_empty) return 0;
    size_t units = m->tiles;
    for (size_t axis = 0; axis < outer_rank(m); axis++) units *= m->axes[axis].extent;
    return units;
}

size_t sl_movement_unit_elements(const sl_movement *m) {
    if (m->is_empty) return 0;
    sl_axis cut = m->axes[outer_rank(m)];
    size_t rows = cut.extent < m->tile ? cut.extent : m->tile;
    return m->crosses ? rows * m->axes[m->rank - 1].extent : rows;
}

typedef uint32_t quad __attribute__((ext_vector_type(4), aligned(4), may_alias));

/* Four rows of four words become four columns. */
static void turn_4x4(const uint32_t *from, ptrdiff_t from_step, uint32_t *to, ptrdiff_t to_step) {
    quad a = *(const quad *)from, b = *(const quad *)(from + from_step);
    quad c = *(const quad *)(from + 2 * from_step), d = *(const quad *)(from + 3 * from_step);
    quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    *(quad *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quad *)(to + to_step) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)(to + 2 * to_step) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quad *)(to + 3 * to_step) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/* The loops of one element size: a row, and a plane whose rows in the source are columns in the
 * target. `turned` is how much of the plane is done already. */
#define LOOPS(bits)                                                                               \
    static void row_##bits(sl_axis x, size_t count, const uint##bits##_t *from,                   \
                           uint##bits##_t *to) {                                                  \
        if (x.from == 1 && x.to == 1) {                                                           \
            memcpy(to, from, count * sizeof *to);                                                 \
        } else if (x.from == 0 && x.to == 1) {                                                    \
            uint##bits##_t value = *from;                                                         \
            for (size_t i = 0; i < count; i++) to[i] = value;                                     \
        } else {                                                                                  \
            for (size_t i = 0; i < count; i++)                                                    \
                to[(ptrdiff_t)i * x.to] = from[(ptrdiff_t)i * x.from];                            \
        }                                                                                         \
    }                                                                                             \
    static void block_##bits(sl_axis y, sl_axis x, size_t rows, size_t columns,                   \
                             const uint##bits##_t *from, uint##bits##_t *to) {                    \
        for (size_t j = 0; j < rows; j++)                                                         \
            for (size_t i = 0; i < columns; i++)                                                  \
                to[(ptrdiff_t)j * y.to + (ptrdiff_t)i * x.to] =                                   \
                    from[(ptrdiff_t)j * y.from + (ptrdiff_t)i * x.from];                          \
    }

LOOPS(8)
LOOPS(16)
LOOPS(32)
LOOPS(64)

static void turn_block(sl_axis y, sl_axis x, size_t rows, size_t columns, const uint32_t *from,
                       uint32_t *to) {
    size_t j = 0;
    if (y.from == 1 && x.to == 1) {
        size_t whole = columns & ~(size_t)3;
        for (; j + 4 <= rows; j += 4) {
            const uint32_t *source = from + j;
            uint32_t *target = to + (ptrdiff_t)j * y.to;
            for (size_t i = 0; i < whole; i += 4)
                turn_4x4(source + (ptrdiff_t)i * x.from, x.from, target + i, y.to);
            block_32(y, x, 4, columns - whole, source + (ptrdiff_t)whole * x.from, target + whole);
        }
    }
    block_32(y, x, rows - j, columns, from + (ptrdiff_t)j * y.from, to + (ptrdiff_t)j * y.to);
}

static void move_block(sl_axis y, sl_axis x, size_t rows, size_t columns, size_t bytes,
                       const void *from, void *to) {
    switch (bytes) {
    case 1: block_8(y, x, rows, columns, from, to); break;
    case 2: block_16(y, x, rows, columns, from, to); break;
    case 4: turn_block(y, x, rows, columns, from, to); break;
    case 8: block_64(y, x, rows, columns, from, to); break;
    }
}

static void move_plane(sl_axis y, sl_axis x, size_t rows, size_t bytes, const char *from,
                       char *to) {
    ptrdiff_t size = (ptrdiff_t)bytes;
    for (size_t j = 0; j < rows; j += BLOCK) {
        size_t height = rows - j < BLOCK ? rows - j : BLOCK;
        for (size_t i = 0; i < x.extent; i += BLOCK) {
            size_t width = x.extent - i < BLOCK ? x.extent - i : BLOCK;
            ptrdiff_t source = (ptrdiff_t)j * y.from + (ptrdiff_t)i * x.from;
            ptrdiff_t target = (ptrdiff_t)j * y.to + (ptrdiff_t)i * x.to;
            move_block(y, x, height, width, bytes, from + source * size, to + target * size);
        }
    }
}

static void move_row(sl_axis x, size_t count, size_t bytes, const void *from, void *to) {
    switch (bytes) {
    case 1: row_8(x, count, from, to); break;
    case 2: row_16(x, count, from, to); break;
    case 4: row_32(x, count, from, to); break;
    case 8: row_64(x, count, from, to); break;
    }
}

void sl_movement_run(const sl_movement *m, size_t bytes, const void *from, void *to, size_t first,
                     size_t last) {
    if (m->is_empty || first >= last) return;
    size_t outer = outer_rank(m), place[SL_MOVEMENT_RANK];
    ptrdiff_t size = (ptrdiff_t)bytes, source = 0, target = 0;
    size_t rest = first / m->tiles, tile = first % m->tiles;
    for (size_t axis = outer; axis-- > 0; rest /= m->axes[axis].extent) {
        place[axis] = rest % m->axes[axis].extent;
        source += (ptrdiff_t)place[axis] * m->axes[axis].from;
        target += (ptrdiff_t)place[axis] * m->axes[axis].to;
    }
    sl_axis cut = m->axes[outer], inner = m->axes[m->rank - 1];
    for (size_t unit = first; unit < last; unit++) {
        size_t start = tile * m->tile;
        size_t count = cut.extent - start < m->tile ? cut.extent - start : m->tile;
        const char *here = (const char *)from + (source + (ptrdiff_t)start * cut.from) * size;
        char *there = (char *)to + (target + (ptrdiff_t)start * cut.to) * size;
        if (m->crosses)
            move_plane(cut, inner, count, bytes, here, there);
        else
            move_row(inner, count, bytes, here, there);
        if (++tile < m->tiles) continue;
        tile = 0;
        for (size_t axis = outer; axis-- > 0;) {
            source += m->axes[axis].from;
            target += m->axes[axis].to;
            if (++place[axis] < m->axes[axis].extent) break;
            source -= (ptrdiff_t)place[axis] * m->axes[axis].from;
            target -= (ptrdiff_t)place[axis] * m->axes[axis].to;
            place[axis] = 0;
        }
    }
}
