#define _GNU_SOURCE
#include "memory_guard.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static void (*when_ending)(void);
static atomic_flag is_ending = ATOMIC_FLAG_INIT;
static _Thread_local bool ends_here;

// The runtime's only way to memory, and that of its parts that are written in C++.
extern void *swift_slowAlloc(size_t size, size_t alignment_mask);
extern void *_Znwm(size_t size) __attribute__((weak));

static bool is_inside(const void *address, const void *function) {
    // Both are short; what is just behind them does not allocate.
    return function != NULL && (uintptr_t)address - (uintptr_t)function < 0x80;
}

/// Whether nobody looks at the result of the allocation that returns to `caller`.
static bool is_unchecked(void *caller) {
    return is_inside(caller, (const void *)swift_slowAlloc) || is_inside(caller, (const void *)_Znwm);
}

static void failed(size_t size, void *caller) {
    if (when_ending == NULL || !is_unchecked(caller)) return;
    if (ends_here) _exit(1);
    if (atomic_flag_test_and_set(&is_ending)) {
        for (;;) pause();
    }
    ends_here = true;
    char line[96];
    int length = snprintf(line, sizeof line, "error: out of memory: no room for %zu more bytes\n", size);
    ssize_t written = write(STDERR_FILENO, line, (size_t)length);
    (void)written;
    when_ending();
    _exit(1);
}

extern void *__libc_malloc(size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// Weak: a program may have its own. `calloc` and `realloc` are none of the runtime's.

__attribute__((weak)) void *malloc(size_t size) {
    void *memory = __libc_malloc(size);
    if (__builtin_expect(memory == NULL, 0)) failed(size, __builtin_return_address(0));
    return memory;
}

__attribute__((weak)) int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = __libc_memalign(alignment, size);
    if (__builtin_expect(*memory != NULL, 1)) return 0;
    failed(size, __builtin_return_address(0));
    return ENOMEM;
}

/// Lets the stack of the first thread grow now: later, without room for it, the process would die of a
/// signal.
static __attribute__((noinline)) void grow_stack(void) {
    volatile char room[256 << 10];
    for (size_t at = 0; at < sizeof room; at += 4096) room[at] = 0;
}

void guard_memory(void (*end)(void)) {
    when_ending = end;
    grow_stack();
}

#else

void guard_memory(void (*end)(void)) { (void)end; }

#endif
