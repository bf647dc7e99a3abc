/* Linked into everything that scripts/coverage builds: what a process entered is counted at its end, and most processes of this
 * program end by _exit, or are ended by their owner, or are locked and could not write it down. So _exit and being killed by
 * another process of the program count first, and the locks are built, but not shut. Tests of the locks fail there. */
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESTRICT_SELF 446 /* Landlock */

void __gcov_dump(void);
void __real__exit(int code) __attribute__((noreturn));
int __real_kill(pid_t process, int number);
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
int __real_setrlimit(int resource, const struct rlimit *limit);

void __wrap__exit(int code) __attribute__((noreturn));
int __wrap_kill(pid_t process, int number);
long __wrap_syscall(long number, ...);
int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __wrap_seccomp_load(void *filter);

void __wrap__exit(int code)
{
    __gcov_dump();
    __real__exit(code);
}

static void count_and_die(int number)
{
    (void)number;
    __gcov_dump();
    __real_kill(getpid(), SIGKILL);
}

int __wrap_kill(pid_t process, int number)
{
    return __real_kill(process, number == SIGKILL ? SIGUSR2 : number);
}

long __wrap_syscall(long number, ...)
{
    va_list rest;
    long given[6];
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        given[i] = va_arg(rest, long);
    va_end(rest);
    return number == RESTRICT_SELF
               ? 0
               : __real_syscall(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

int __wrap_setrlimit(int resource, const struct rlimit *limit)
{
    return resource == RLIMIT_FSIZE || resource == RLIMIT_NOFILE ? 0 : __real_setrlimit(resource, limit);
}

int __wrap_seccomp_load(void *filter)
{
    (void)filter;
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    signal(SIGUSR2, count_and_die);
}
