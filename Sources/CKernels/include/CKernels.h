/* Inner loops of the operations. Each function runs on the calling thread, over the part of the
 * work that its arguments name, allocates nothing, and gives the same result however the work is
 * divided. */
#ifndef SWIFTLET_CKERNELS_H
#define SWIFTLET_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "affine.h"
#include "alignment.h"
#include "attention.h"
#include "batch_norm.h"
#include "binary.h"
#include "broadcast.h"
#include "bytes.h"
#include "convolution.h"
#include "cpu.h"
#include "cumulative.h"
#include "epilogue.h"
#include "gather.h"
#include "hash.h"
#include "integers.h"
#include "matmul.h"
#include "movement.h"
#include "optimizer.h"
#include "peak.h"
#include "pool.h"
#include "random.h"
#include "recurrence.h"
#include "reduce.h"
#include "resize.h"
#include "rows.h"
#include "scores.h"
#include "sort.h"
#include "storage.h"
#include "unary.h"
#include "warp.h"

#endif
