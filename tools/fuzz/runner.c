/* Runs a program again and again: `runner PROGRAM`. A small process forks faster than an interpreter does, and
 * what it measures is the program's own.
 *
 * A request is two numbers, seconds and bytes of address space, then arguments separated by 0x1f, and
 * ends with the line. The answer is a line `wait status, milliseconds of processor time, KiB at the
 * peak, bytes on standard error`, then those bytes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_arguments = 64, longest_request = 1 << 16, longest_error = 1 << 16 };

static void run(char *program, char *request, int errors) {
    char *arguments[most_arguments] = {program};
    int count = 1;
    unsigned seconds = (unsigned)strtoul(request, &request, 10);
    rlim_t bytes = strtoul(request, &request, 10);
    for (char *part = strtok(request + 1, "\x1f\n"); part && count < most_arguments - 1;
         part = strtok(NULL, "\x1f\n"))
        arguments[count++] = part;
    setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    alarm(seconds);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0), dup2(nothing, 1), dup2(errors, 2);
    execv(program, arguments);
    perror(program);
    _exit(125);
}

int main(int count, char **arguments) {
    static char request[longest_request], error[longest_error];
    if (count != 2) return 64;
    int errors = memfd_create("errors", MFD_CLOEXEC);
    while (fgets(request, sizeof request, stdin)) {
        if (ftruncate(errors, 0) || lseek(errors, 0, SEEK_SET)) return 1;
        pid_t child = fork();
        if (child == 0) run(arguments[1], request, errors);
        int status;
        struct rusage use;
        if (child < 0 || wait4(child, &status, 0, &use) < 0) return 1;
        ssize_t length = pread(errors, error, sizeof error, 0);
        long time = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
                    (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
        printf("%d %ld %ld %zd\n", status, time, use.ru_maxrss, length);
        fwrite(error, 1, (size_t)length, stdout);
        fflush(stdout);
    }
    return 0;
}
