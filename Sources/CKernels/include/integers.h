#ifndef SWIFTLET_INTEGERS_H
#define SWIFTLET_INTEGERS_H

#include "broadcast.h"

/// Functions of two whole numbers of the same type.
enum sl_integers {
    SL_BITWISE_AND,
    SL_BITWISE_OR,
    SL_BITWISE_XOR,
    SL_LEFT_SHIFT,   // by the width or more: 0
    SL_RIGHT_SHIFT,  // the sign is kept
    SL_GCD,          // of the magnitudes; 0 of 0 and 0
};

/// Elements `begin..<end` of y = f(a, b), all of `type`, which is no float; `y` may equal an operand
/// that is not repeated.
void sl_integers_apply(
    enum sl_integers code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    void *y, size_t begin, size_t end);

#endif
