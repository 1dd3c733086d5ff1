#include "product.h"

const sl_product_kernels *sl_product_kernels_for(sl_cpu level) {
    switch (level == SL_CPU_ACTIVE ? sl_cpu_active() : level) {
#if defined(__x86_64__)
    case SL_CPU_AVX2: return &sl_product_avx2;
    case SL_CPU_AVX512: return &sl_product_avx512;
#endif
    default: return &sl_product_baseline;
    }
}

size_t sl_product_scratch(bool packed) {
    const size_t left = SL_BLOCK_ROWS * (SL_BLOCK_K + 16 + 16);
    return packed ? left : left + (size_t)SL_BLOCK_K * SL_BLOCK_COLUMNS;
}

size_t sl_product_packed_scratch(sl_storage storage) {
    const size_t widened = storage == SL_STORAGE_FLOAT32 ? 0 : SL_BLOCK_K * SL_MOST_PANEL;
    return sl_product_scratch(true) + widened;
}
