#include "storage.h"

#include <string.h>

#include "product.h"

void sl_narrow(sl_storage storage, const float *x, void *y, size_t n) {
    if (storage == SL_STORAGE_FLOAT32)
        memcpy(y, x, n * sizeof(float));
    else
        sl_product_kernels_for(SL_CPU_ACTIVE)->narrow(storage, x, y, n);
}

void sl_widen(sl_storage storage, const void *x, float *y, size_t n) {
    if (storage == SL_STORAGE_FLOAT32)
        memcpy(y, x, n * sizeof(float));
    else
        sl_product_kernels_for(SL_CPU_ACTIVE)->widen(storage, x, y, n);
}
