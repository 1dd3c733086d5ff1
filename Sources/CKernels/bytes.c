#include "byte_kernels.h"

#include <string.h>

const sl_byte_kernels *sl_byte_kernels_for(sl_cpu level) {
    if (level == SL_CPU_ACTIVE) level = sl_cpu_active();
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level >= SL_CPU_AVX512 && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &sl_byte_vnni512;
    if (level >= SL_CPU_AVX2 && __builtin_cpu_supports("avxvnni")) return &sl_byte_vnni256;
    if (level >= SL_CPU_AVX2) return &sl_byte_avx2;
#endif
    return &sl_byte_baseline;
}

const char *sl_byte_kernel(sl_cpu cpu) { return sl_byte_kernels_for(cpu)->name; }

size_t sl_byte_panels(const sl_byte_product *p) {
    size_t columns = sl_byte_kernels_for(p->cpu)->panel;
    return (p->n + columns - 1) / columns;
}

size_t sl_byte_packed_size(const sl_byte_product *p) {
    return sl_byte_panels(p) * sl_byte_panel_size(p, sl_byte_kernels_for(p->cpu));
}

size_t sl_byte_rows_size(const sl_byte_product *p) {
    return sl_byte_scales_size(p) + p->m * sl_byte_row_size(p, sl_byte_kernels_for(p->cpu));
}

/* One panel of up to `columns` columns. */
static void pack_panel(const sl_byte_product *p, const sl_byte_kernels *kernels, const int8_t *b,
                       size_t columns, char *packed) {
    const size_t group = kernels->group, panel = kernels->panel;
    uint32_t *starts = (uint32_t *)packed;
    int8_t *d = (int8_t *)(packed + panel * sizeof(int32_t));
    memset(packed, 0, sl_byte_panel_size(p, kernels));
    for (size_t k = 0; k < p->k; k++) {
        const int8_t *row = b + (ptrdiff_t)k * p->b_row;
        int8_t *place = d + k / group * panel * group + k % group;
        for (size_t j = 0; j < columns; j++) {
            int8_t value = row[(ptrdiff_t)j * p->b_column];
            place[j * group] = value;
            starts[j] -= (uint32_t)(kernels->offset * value);
        }
    }
}

void sl_byte_pack(const sl_byte_product *p, size_t first, size_t last, void *packed) {
    const sl_byte_kernels *kernels = sl_byte_kernels_for(p->cpu);
    for (size_t panel = first; panel < last; panel++) {
        size_t column = panel * kernels->panel;
        size_t columns = p->n - column < kernels->panel ? p->n - column : kernels->panel;
        pack_panel(p, kernels, p->b + (ptrdiff_t)column * p->b_column, columns,
                   (char *)packed + panel * sl_byte_panel_size(p, kernels));
    }
}

void sl_byte_round(const sl_byte_product *p, size_t row, size_t row_end, void *rows) {
    sl_byte_kernels_for(p->cpu)->round(p, row, row_end, rows);
}

void sl_byte_run(const sl_byte_product *p, size_t row, size_t row_end, size_t panel,
                 size_t panel_end, const void *rows) {
    sl_byte_kernels_for(p->cpu)->run(p, row, row_end, panel, panel_end, rows);
}
