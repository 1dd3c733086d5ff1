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

#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void (*when_ending)(void);
static atomic_flag is_ending = ATOMIC_FLAG_INIT;
static _Thread_local bool ends_here;

// The runtime's ways to memory, and that of its parts that are written in C++.
extern void *swift_slowAlloc(size_t size, size_t alignment_mask);
extern void swift_task_localValuePush(const void *key, void *value, const void *type) __attribute__((weak));
extern void *_Znwm(size_t size) __attribute__((weak));

/// Code that uses what it allocates without a look: the functions above, and the whole libraries that hold
/// them where those are not part of the program itself.
static struct { uintptr_t start, end; } unchecked[8];
static size_t unchecked_count;

static void add_unchecked(uintptr_t start, uintptr_t size) {
    if (unchecked_count == sizeof unchecked / sizeof *unchecked) return;
    unchecked[unchecked_count].start = start;
    unchecked[unchecked_count++].end = start + size;
}

static int add_library(struct dl_phdr_info *info, size_t size, void *function) {
    (void)size;
    bool is_program = info->dlpi_name[0] == 0;
    for (int i = 0; i < info->dlpi_phnum && !is_program; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
        if ((uintptr_t)function - start < part->p_memsz) add_unchecked(start, part->p_memsz);
    }
    return 0;
}

/// Whether code lies in libhdf5, which takes some of its allocations for granted; it is opened late, if at all.
static int is_of_hdf5(struct dl_phdr_info *info, size_t size, void *code) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (uintptr_t)code - (info->dlpi_addr + part->p_vaddr) < part->p_memsz)
            return strstr(info->dlpi_name, "libhdf5") != NULL;
    }
    return 0;
}

/// Whether nobody looks at the result of the allocation that returns to `caller`.
static bool is_unchecked(void *caller) {
    for (size_t i = 0; i < unchecked_count; i++) {
        if ((uintptr_t)caller - unchecked[i].start < unchecked[i].end - unchecked[i].start) return true;
    }
    return dl_iterate_phdr(is_of_hdf5, caller) != 0;
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
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// Weak: a program may have its own.

__attribute__((weak)) void *malloc(size_t size) {
    void *memory = __libc_malloc(size);
    if (__builtin_expect(memory == NULL, 0)) failed(size, __builtin_return_address(0));
    return memory;
}

__attribute__((weak)) void *calloc(size_t count, size_t size) {
    void *memory = __libc_calloc(count, size);
    if (__builtin_expect(memory == NULL, 0)) failed(count * size, __builtin_return_address(0));
    return memory;
}

__attribute__((weak)) void *realloc(void *old, size_t size) {
    void *memory = __libc_realloc(old, size);
    if (__builtin_expect(memory == NULL && size > 0, 0)) failed(size, __builtin_return_address(0));
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
    // They are short; what is just behind them does not allocate.
    if (_Znwm != NULL) add_unchecked((uintptr_t)_Znwm, 0x80);
    add_unchecked((uintptr_t)swift_slowAlloc, 0x80);
    dl_iterate_phdr(add_library, (void *)swift_slowAlloc);
    if (swift_task_localValuePush != NULL) {
        add_unchecked((uintptr_t)swift_task_localValuePush, 0x180);
        dl_iterate_phdr(add_library, (void *)swift_task_localValuePush);
    }
    when_ending = end;
    grow_stack();
}

#else

void guard_memory(void (*end)(void)) { (void)end; }

#endif
