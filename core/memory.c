#include "core/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong fail_at;

void memory_fail_at(unsigned long number)
{
    atomic_store(&fail_at, number);
}

#define KEEP ((int)4 << 20)

void memory_keep(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, KEEP);
    mallopt(M_TRIM_THRESHOLD, KEEP);
    mallopt(M_TOP_PAD, KEEP / 16);
#endif
}

#ifdef CONGKHAI_FAULTS
__attribute__((constructor)) static void read_environment(void)
{
    const char *number = getenv("CONGKHAI_MEMORY_FAIL_AT");
    if (number)
        memory_fail_at(strtoul(number, NULL, 10));
}
#endif

/* stdio and gettext may themselves want memory here, so the message is fixed and in both languages. */
__attribute__((cold)) _Noreturn void memory_give_up(void)
{
    static const char message[] = "congkhai: hết bộ nhớ; chương trình dừng, không mất gì, hãy chạy lại. "
                                  "Out of memory; stopping, nothing is lost, run the same command again.\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(3);
}

static inline void *given(void *memory)
{
    if (!memory)
        memory_give_up();
    return memory;
}

static inline void count_allocation(size_t size)
{
    /* No machine has so much; sanitizers would abort instead of saying so. */
    if (__builtin_expect(size > PTRDIFF_MAX, 0))
        memory_give_up();
    if (__builtin_expect(atomic_load_explicit(&fail_at, memory_order_relaxed) != 0, 0) &&
        atomic_fetch_sub(&fail_at, 1) == 1)
        memory_give_up();
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        memory_give_up();
    return bytes;
}

void *memory_take(size_t size)
{
    count_allocation(size);
    return given(malloc(size ? size : 1));
}

void *memory_take_zeroed(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    count_allocation(bytes);
    return given(calloc(1, bytes ? bytes : 1));
}

void *memory_resize(void *memory, size_t size)
{
    count_allocation(size);
    return given(realloc(memory, size ? size : 1));
}

void *memory_grow(void *memory, size_t count, size_t size)
{
    return memory_resize(memory, product(count, size));
}

void *memory_more(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room * 2 + 16;
    return memory_grow(items, *room, size);
}

char *memory_copy_string(const char *string)
{
    size_t size = strlen(string) + 1;
    return memcpy(memory_take(size), string, size);
}
