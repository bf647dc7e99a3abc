/* The stores that scripts/bench-ledger measures, made through the store's own functions. */
#include <sys/stat.h>
#include <time.h>

#include "store/ledger.h"
#include "store/merkle.h"
#include "store/retention.h"
#include "tests/support/night.h"

#define CONTENT 4200 /* bytes of filler: a canonical procedure has some 5 KB */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Words of some variety, so that packing has something to do and not everything. */
static const char *filler(void)
{
    static char text[CONTENT + 1];
    static const char *const words[] = { "thủ tục",  "hồ sơ",         "công dân",   "cơ quan", "giấy tờ",
                                         "nộp",      "nhận kết quả",  "quyết định", "điều",    "khoản",
                                         "thời hạn", "ngày làm việc", "lệ phí" };
    uint64_t chance = 99;
    size_t length = 0;
    while (length < CONTENT - 40) {
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        length += (size_t)snprintf(text + length, CONTENT - length, "%s %x ", words[(chance >> 32) % 13],
                                   (unsigned)(chance >> 48));
    }
    return text;
}

static double megabytes(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : (double)info.st_size / 1048576;
}

static int64_t events_of(const struct night *night)
{
    return (int64_t)store_tree(night->store)->size;
}

static void fold_log(const struct night *night)
{
    struct error error = { 0 };
    night_must(sqlite_run(store_database(night->store), "PRAGMA wal_checkpoint(TRUNCATE)", &error), &error,
               "fold");
}

static void one_night(struct night *night, int count, int number, int changed)
{
    char code[20], version[20];
    struct retention_done done;
    struct error error = { 0 };
    night_begin(night);
    for (int i = 0; i < count; i++) {
        /* In turn: by this night, number × changed records have changed once, or again. */
        int turns = (number * changed + count - 1 - i) / count;
        snprintf(code, sizeof code, "1.%06d", i);
        snprintf(version, sizeof version, "%d", turns);
        night_record(night, code, night->rich && i % 33 == 7 ? "" : "Cấp giấy phép xây dựng", version);
    }
    night_work(night);
    night_deliver(night);
    night_must(retention_run(night->store, &(struct retention_settings){ 0, 0 }, &done, &error), &error,
               "retention");
    night_end(night);
}

static void nights(const char *path, int count, int how_many)
{
    struct night night = { .filler = filler(), .rich = true };
    double begun = seconds(), last = 0;
    night_open(&night, path, NULL);
    for (int number = 0; number < how_many; number++) {
        double start = seconds();
        one_night(&night, count, number, count / 100);
        last = seconds() - start;
        if (number == 0) {
            fold_log(&night);
            printf("%-44s %10.1f MB\n", "after the first night", megabytes(path));
        }
    }
    int64_t events = events_of(&night);
    fold_log(&night);
    night_close(&night);
    printf("%-44s %10.1f MB, %lld events\n", "after the last", megabytes(path), (long long)events);
    printf("%-44s %10.1f s, the last night %.0f ms\n", "made in", seconds() - begun, last * 1000);
}

static void million(const char *path)
{
    struct night night = { 0 };
    night_open(&night, path, NULL);
    for (int number = 0; events_of(&night) < 1000000; number++)
        one_night(&night, 30000, number, 30000);
    int64_t events = events_of(&night);
    fold_log(&night);
    night_close(&night);
    printf("%-44s %10.1f MB, %lld events\n", "the store", megabytes(path), (long long)events);
}

/* ---- cost ---- */

static void append_many(struct night *night, int count)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error error = { 0 };
    char code[20], key[64];
    struct digest digest = crypto_sha256(TEXT("x"));
    night_must(store_begin(night->store, &error), &error, "begin");
    for (int i = 0; i < count; i++) {
        arena_clear(&arena);
        struct value *detail = value_object(&arena);
        snprintf(code, sizeof code, "1.%06d", i);
        snprintf(key, sizeof key, "congkhai-0123456789ab-%d-0123456789abcdef", i);
        value_set(detail, "action", value_string(&arena, "publish"));
        value_set(detail, "attempt", value_integer(&arena, 1));
        value_set(detail, "key", value_string(&arena, key));
        value_set(detail, "started_at", value_string(&arena, "2026-01-01T17:00:00.000Z"));
        value_set(detail, "status", value_integer(&arena, 201));
        value_set(detail, "version", value_string(&arena, "1"));
        struct ledger_event event = { .event = i & 1 ? "published" : "intended",
                                      .code = text_of(code),
                                      .digest = &digest,
                                      .detail = detail };
        night_must(ledger_append(night->store, &event, NULL, &error), &error, "append");
    }
    night_must(store_commit(night->store, &error), &error, "commit");
}

static double cost_without(const char *path, const char *drop, double *bytes)
{
    enum { EVENTS = 100000 };
    struct night night = { 0 };
    remove(path);
    night_open(&night, path, NULL);
    night_must(sqlite_run(store_database(night.store), drop, NULL), &(struct error){ 0 }, "drop");
    double begun = seconds(), before = megabytes(path);
    for (int i = 0; i < 10; i++)
        append_many(&night, EVENTS / 10);
    double took = seconds() - begun;
    fold_log(&night);
    *bytes = (megabytes(path) - before) * 1048576 / EVENTS;
    night_close(&night);
    return took / EVENTS * 1e6;
}

static void cost(const char *path)
{
    static const struct {
        const char *name, *drop;
    } cases[] = {
        { "an event", "" },
        { "… without the index by code", "DROP INDEX ledger_code" },
        { "… without the index by run", "DROP INDEX ledger_run" },
        { "… without any index", "DROP INDEX ledger_code; DROP INDEX ledger_run; DROP INDEX ledger_started" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double bytes, best = 1e9;
        for (int turn = 0; turn < 6; turn++) {
            double took = cost_without(path, cases[i].drop, &bytes);
            best = took < best ? took : best;
        }
        printf("%-44s %10.2f µs %8.0f bytes\n", cases[i].name, best, bytes);
    }
    printf("a delivery has two events, its intent and its answer\n");
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "nights"))
        nights(argv[2], atoi(argv[3]), atoi(argv[4]));
    else if (argc == 3 && !strcmp(argv[1], "million"))
        million(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "cost"))
        cost(argv[2]);
    else
        return 2;
    return 0;
}
