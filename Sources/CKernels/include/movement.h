/* Elements moved from one layout to another: transposition, slices, padding, tiling. */
#ifndef SWIFTLET_MOVEMENT_H
#define SWIFTLET_MOVEMENT_H

#include <stdbool.h>
#include <stddef.h>

/* More axes of at least two elements than any array in an address space can have. */
#define SL_MOVEMENT_RANK 48

/* Steps count elements and may be negative; `from` may be 0, which repeats. */
typedef struct sl_axis {
    size_t extent;
    ptrdiff_t from, to;
} sl_axis;

/* A copy of elements of 1, 2, 4 or 8 bytes. Start from zeroes, add the axes, outermost first, then
 * plan. */
typedef struct sl_movement {
    bool is_empty;
    bool crosses; /* the axes along which source and target lie closest are not the same */
    size_t rank;
    size_t tile, tiles; /* the axis before last (crossing) or the last one is cut */
    sl_axis axes[SL_MOVEMENT_RANK];
} sl_movement;

void sl_movement_add(sl_movement *movement, size_t extent, ptrdiff_t from, ptrdiff_t to);
void sl_movement_plan(sl_movement *movement);

/* Parts into which the work may be divided, and about how many elements each has. */
size_t sl_movement_units(const sl_movement *movement);
size_t sl_movement_unit_elements(const sl_movement *movement);

/* Moves units first ..< last; `from` and `to` are the addresses of the first element. */
void sl_movement_run(const sl_movement *movement, size_t element_bytes, const void *from, void *to,
                     size_t first, size_t last);

#endif
