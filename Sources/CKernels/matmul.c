#include "matmul.h"

#include "product.h"

static sl_product product_of(const sl_matmul *s) {
    return (sl_product){
        .m = s->m, .n = s->n, .k = s->k,
        .left = SL_LEFT_MATRIX,
        .a = s->a, .a_row = s->a_row, .a_column = s->a_column,
        .packed = s->packed, .storage = s->storage,
        .b = s->b,
        .b_rows = {{1, 1, 1, s->k}, {0, 0, 0, s->b_row}},
        .b_column = s->b_column,
        .c = s->c,
        .c_rows = {{1, 1, 1, s->m}, {0, 0, 0, s->c_row}},
        .accumulate = s->accumulate,
        .epilogue = s->epilogue,
    };
}

size_t sl_matmul_block(size_t k) { return sl_block_length(k); }

size_t sl_panel_columns(sl_cpu cpu) { return sl_product_kernels_for(cpu)->panel; }

size_t sl_panel_count(sl_cpu cpu, size_t n) {
    size_t columns = sl_panel_columns(cpu);
    return (n + columns - 1) / columns;
}

size_t sl_matmul_packed_count(const sl_matmul *s) {
    return sl_panel_count(s->cpu, s->n) * sl_panel_columns(s->cpu) * s->k;
}

void sl_matmul_pack(const sl_matmul *s, size_t first, size_t last, float *packed) {
    sl_product p = product_of(s);
    sl_product_kernels_for(s->cpu)->pack(&p, first, last, packed);
}

size_t sl_matmul_scratch(const sl_matmul *s) {
    return s->packed != NULL ? sl_product_packed_scratch(s->storage) : sl_product_scratch(false);
}

void sl_matmul_run(const sl_matmul *s, size_t row, size_t row_end, size_t panel, size_t panel_end,
                   float *scratch) {
    sl_product p = product_of(s);
    sl_product_kernels_for(s->cpu)->run(&p, row, row_end, panel, panel_end, scratch);
}
