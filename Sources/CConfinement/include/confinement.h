// A process that gives up what it will not need before it looks at bytes that nobody trusts.
#ifndef SWIFTLET_CONFINEMENT_H
#define SWIFTLET_CONFINEMENT_H

#include <stdint.h>

/// How much the process may use from now on.
struct confinement_limits {
    /// Bytes of memory that is not a file's.
    uint64_t memory;
    /// Bytes of address space.
    uint64_t addresses;
    /// Seconds of processor time.
    uint64_t seconds;
    /// Bytes of any file that it writes.
    uint64_t file_bytes;
};

/// Whether the kernel can filter this processor's system calls.
int confinement_is_available(void);

/// Closes all descriptors but the first `kept`, sets the limits, and lets the process end with the one that
/// started it. Returns 0 or the system's error number.
int confine_resources(const struct confinement_limits *limits, int kept);

/// From now on the process can compute, take memory and use the descriptors that it has: it opens no file,
/// starts no process, reaches no network and maps no memory for code. What it tries nevertheless ends it
/// with SIGSYS, but for questions that a C library asks out of habit, which fail. On systems without such a
/// filter it only can open no descriptor any more. Returns 0 or the system's error number.
int confine_calls(void);

/// Tries what a confined process must not be able to: 0 opens a file, 1 makes a socket, 2 starts a program,
/// 3 starts a process, 4 maps memory for code, 5 sends a signal to its parent. Returns the system's error
/// number, or 0 if that worked. For the tests.
int confinement_try(int number);

#endif
