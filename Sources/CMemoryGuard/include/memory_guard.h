// What the Swift runtime allocates for itself has to be there, or it aborts in words of its own. Here the
// process ends in those of the command instead: one line on standard error and status 1.
//
// Allocations of which somebody checks the result are not touched: those of C libraries but for libhdf5, and
// those of tensors and files, whose failure is an error that is thrown.
#ifndef SWIFTLET_MEMORY_GUARD_H
#define SWIFTLET_MEMORY_GUARD_H

/// Takes effect for the whole process, where the C library is glibc and no sanitizer is at work.
///
/// `end` is called last before the end, at any moment and on any thread; it must not allocate.
void guard_memory(void (*end)(void));

#endif
