#ifndef SWIFTLET_CKERNELS_H
#define SWIFTLET_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#endif
