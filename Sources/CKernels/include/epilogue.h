/* What a product or convolution does to its result before it leaves the caches. */
#ifndef SWIFTLET_EPILOGUE_H
#define SWIFTLET_EPILOGUE_H

#include <stdbool.h>

#include "unary.h"

typedef enum sl_activation {
    SL_ACTIVATION_NONE = 0,
    SL_ACTIVATION_CLIP = 1, /* between low and high: relu (0, ∞), relu6 (0, 6) */
    SL_ACTIVATION_UNARY = 2,
} sl_activation;

/* y = activation(product + bias + residual) */
typedef struct sl_epilogue {
    const float *bias;     /* one value per column (filter), or NULL */
    const float *residual; /* laid out like the result, or NULL */
    sl_activation activation;
    float low, high; /* of SL_ACTIVATION_CLIP */
    enum sl_unary unary;
    float parameters[3]; /* of `unary` */
} sl_epilogue;

#endif
