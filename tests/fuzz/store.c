/* A store as a stranger may give it to the verifier: a real one with bytes changed. Each edit is three bytes of a place
 * and the byte that goes there. Whatever is in it, a verdict comes, and what is said of it is text. */
#include <stdint.h>
#include <unistd.h>

#include "adapters/file.h"
#include "adapters/unicode.h"
#include "tests/support/night.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[100];
static struct text sound;

static void make_store(void)
{
    static struct arena arena;
    struct night night = { 0 };
    struct error error;
    snprintf(path, sizeof path, "/tmp/congkhai-fuzz-%ld.db", (long)getpid());
    unlink(path);
    night_open(&night, path, NULL);
    for (int run = 0; run < 2; run++) {
        night_begin(&night);
        night_record(&night, "1.000001", run ? "Một" : "Hai", "1");
        night_record(&night, "1.000002", "Ba", "1");
        night_work(&night);
        night_deliver(&night);
        night_end(&night);
    }
    night_close(&night);
    if (file_read(&arena, path, (size_t)64 << 20, &sound, &error))
        abort();
}

static void verify(void)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_report report = { 0 };
    struct audit_settings settings = { .agency = "H13" };
    struct audit_request request = { .settings = &settings };
    struct store *store;
    struct error error = { 0 };
    if (store_open(path, STORE_READ_OLDER, clock_system(), &store, &error))
        return;
    if (!audit_verify(store, &request, &arena, &report, &error))
        for (const struct audit_finding *finding = report.first; finding; finding = finding->next)
            if (unicode_invalid_at(text_of(finding->message)) != strlen(finding->message))
                abort();
    store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    char beside[120];
    if (!sound.length)
        make_store();
    char *bytes = malloc(sound.length);
    if (!bytes)
        abort();
    memcpy(bytes, sound.bytes, sound.length);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % sound.length;
        bytes[at] = (char)data[i + 3];
    }
    if (file_write(path, (struct text){ bytes, sound.length }, 0600, &error))
        abort();
    free(bytes);
    verify();
    static const char *const ends[] = { "-wal", "-shm", "-journal", ".checkpoint", "" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(beside, sizeof beside, "%s%s", path, ends[i]);
        unlink(beside);
    }
    return 0;
}
