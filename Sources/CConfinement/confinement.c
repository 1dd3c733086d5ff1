#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

// A sanitizer has memory of its own, and calls that fail are all the same to it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__linux__) && defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static int limit(int resource, uint64_t value) {
    struct rlimit current;
    if (getrlimit(resource, &current) != 0) return errno;
    rlim_t wanted = (rlim_t)value;
    if (current.rlim_max != RLIM_INFINITY && wanted > current.rlim_max) wanted = current.rlim_max;
    struct rlimit limits = {.rlim_cur = wanted, .rlim_max = wanted};
    return setrlimit(resource, &limits) == 0 ? 0 : errno;
}

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0) return;
#endif
    long last = sysconf(_SC_OPEN_MAX);
    if (last < 0 || last > 1 << 20) last = 1 << 20;
    for (long number = first; number < last; number++) close((int)number);
}

int confine_resources(const struct confinement_limits *limits, int kept) {
    close_from(kept);
    int error = limit(RLIMIT_CORE, 0);
    if (!error) error = limit(RLIMIT_CPU, limits->seconds);
    if (!error) error = limit(RLIMIT_FSIZE, limits->file_bytes);
#if !defined(SANITIZED)
    if (!error) error = limit(RLIMIT_DATA, limits->memory);
#if defined(__linux__)  // Darwin has more mapped already than any sensible limit.
    if (!error) error = limit(RLIMIT_AS, limits->addresses);
#endif
#endif
#if defined(__linux__)
    if (!error && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) error = errno;
    if (!error && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) error = errno;
    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) error = errno;
#endif
    // A file beyond its limit is an error of the write; a crash ends the process, whoever wants to describe it.
    signal(SIGXFSZ, SIG_IGN);
    const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGQUIT};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    return error;
}

#if defined(OWN_ARCHITECTURE)

/// System calls that a confined process keeps: memory, time, its own end, and what is open.
static const unsigned allowed[] = {
    SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_ftruncate, SYS_fallocate, SYS_fstat, SYS_flock,
    SYS_close, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_clock_gettime,
    SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom, SYS_getpid, SYS_gettid, SYS_sched_yield, SYS_rt_sigreturn,
    SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_exit, SYS_exit_group,
};

/// What C libraries ask out of habit and do without.
static const unsigned failing[] = {
    SYS_openat, SYS_newfstatat, SYS_faccessat, SYS_readlinkat, SYS_getcwd, SYS_ioctl, SYS_fcntl,
    SYS_uname, SYS_sysinfo, SYS_sched_getaffinity, SYS_prlimit64, SYS_getrusage,
#if defined(SYS_open)
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
#endif
#if defined(SYS_statx)
    SYS_statx,
#endif
};

enum { counts = sizeof allowed / sizeof *allowed + sizeof failing / sizeof *failing };

struct program {
    struct sock_filter instructions[32 + 2 * counts];
    unsigned short count;
};

static void add(struct program *program, unsigned short code, unsigned k, unsigned char yes, unsigned char no) {
    struct sock_filter instruction = {.code = code, .jt = yes, .jf = no, .k = k};
    program->instructions[program->count++] = instruction;
}

static void load(struct program *program, size_t offset) {
    add(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void answer(struct program *program, unsigned action) {
    add(program, BPF_RET | BPF_K, action, 0, 0);
}

/// Skips the next `count` instructions unless the loaded number is `value`.
static void unless_equal_skip(struct program *program, unsigned value, unsigned char count) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
}

/// The lower half of an argument; both processors store it first.
static size_t argument(int index) {
    return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

static struct program filter(unsigned killing) {
    struct program program = {.count = 0};
    load(&program, offsetof(struct seccomp_data, arch));
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
    answer(&program, killing);
    load(&program, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    // The calls of the x32 interface, which have numbers of their own.
    add(&program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    answer(&program, killing);
#endif
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        unless_equal_skip(&program, allowed[i], 1);
        answer(&program, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        unless_equal_skip(&program, failing[i], 1);
        answer(&program, SECCOMP_RET_ERRNO | EPERM);
    }
    // Memory, but none for code.
    const unsigned mapping[] = {SYS_mmap, SYS_mprotect};
    for (int i = 0; i < 2; i++) {
        unless_equal_skip(&program, mapping[i], 4);
        load(&program, argument(2));
        add(&program, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
        answer(&program, killing);
        answer(&program, SECCOMP_RET_ALLOW);
    }
    // Signals to itself, as abort() sends one.
    unless_equal_skip(&program, SYS_tgkill, 3);
    load(&program, argument(0));
    unless_equal_skip(&program, (unsigned)getpid(), 1);
    answer(&program, SECCOMP_RET_ALLOW);
    answer(&program, killing);
    return program;
}

int confinement_is_available(void) {
    // A filter at no address: the kernel that knows filters misses it.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;
}

int confine_calls(void) {
    unsigned action = SECCOMP_RET_KILL_PROCESS;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) action = SECCOMP_RET_KILL;
#if defined(SANITIZED)
    action = SECCOMP_RET_ERRNO | EPERM;
#endif
    struct program program = filter(action);
    struct sock_fprog own = {.len = program.count, .filter = program.instructions};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &own);
    return result == 0 ? 0 : result > 0 ? EBUSY : errno;
}

#else

int confinement_is_available(void) { return 0; }

int confine_calls(void) {
    int error = limit(RLIMIT_NOFILE, 0);
    (void)limit(RLIMIT_NPROC, 0);
    return error;
}

#endif

int confinement_try(int number) {
    errno = 0;
    char *arguments[] = {"true", NULL};
    switch (number) {
    case 0: return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : errno;
    case 1: return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno;
    case 2: return execv("/bin/true", arguments) == 0 ? 0 : errno;
    case 3: {
        pid_t child = fork();
        if (child == 0) _exit(0);
        return child > 0 ? 0 : errno;
    }
    case 4: {
        void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON, -1, 0);
        return memory != MAP_FAILED ? 0 : errno;
    }
    case 5: return kill(getppid(), 0) == 0 ? 0 : errno;
    default: return EINVAL;
    }
}
