#ifndef SWIFTLET_TEST_ALLOCATIONS_H
#define SWIFTLET_TEST_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

/// Whether this build counts: with glibc, without a sanitizer.
bool test_allocations_are_counted(void);

/// Blocks of memory that the calling thread has taken so far.
size_t test_allocation_count(void);

#endif
