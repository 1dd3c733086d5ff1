#ifndef SWIFTLET_BINARY_H
#define SWIFTLET_BINARY_H

#include "broadcast.h"

/// Functions of two numbers of the same type. Integers wrap around; division by zero gives 0 there.
enum sl_binary {
    SL_BINARY_ADD,
    SL_BINARY_SUBTRACT,
    SL_BINARY_MULTIPLY,
    SL_BINARY_DIVIDE,              // float32 only
    SL_BINARY_MAXIMUM,             // NaN if either is
    SL_BINARY_MINIMUM,
    SL_BINARY_SQUARED_DIFFERENCE,
    SL_BINARY_FLOOR_DIVIDE,
    SL_BINARY_FLOOR_MOD,           // the sign of the divisor, as in Python
    SL_BINARY_POWER,               // float32 only
    SL_BINARY_ATAN2,               // float32 only
    SL_BINARY_COUNT
};

enum sl_compare {
    SL_COMPARE_EQUAL,
    SL_COMPARE_NOT_EQUAL,
    SL_COMPARE_LESS,
    SL_COMPARE_LESS_EQUAL,
    SL_COMPARE_GREATER,
    SL_COMPARE_GREATER_EQUAL,
};

enum sl_logical { SL_LOGICAL_AND, SL_LOGICAL_OR, SL_LOGICAL_XOR };

/// Elements `begin..<end` of y = f(a, b), all of `type`; `y` is the whole result's start and may
/// equal an operand that is not repeated.
void sl_binary_apply(
    enum sl_binary code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    void *y, size_t begin, size_t end);

/// Elements `begin..<end` of the comparison of numbers of `type`, 0 or 1.
void sl_compare_apply(
    enum sl_compare code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    uint8_t *y, size_t begin, size_t end);

/// Elements `begin..<end` of a logical function of booleans.
void sl_logical_apply(
    enum sl_logical code, const sl_broadcast *walk, const uint8_t *a, const uint8_t *b, uint8_t *y,
    size_t begin, size_t end);

/// Elements `begin..<end` of condition ? a : b, where a, b and y have `element_size` bytes (1, 2, 4
/// or 8) per element. The walk's operands are condition, a, b.
void sl_select_apply(
    size_t element_size, const sl_broadcast *walk, const uint8_t *condition, const void *a,
    const void *b, void *y, size_t begin, size_t end);

#endif
