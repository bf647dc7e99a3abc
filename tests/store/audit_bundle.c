/* A bundle that somebody touched: each of its files, and what it says beside its events. */
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/file.h"
#include "store/audit.h"
#include "store/audit_proof.h"
#include "store/ledger.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;
static const char *folder;

static enum status keep_file(void *user_data, const char *name, struct text bytes, struct error *error)
{
    (void)user_data, (void)error;
    FILE *file = fopen(file_path(&test_arena, folder, name), "a"); /* it comes in pieces */
    if (CHECK(file != NULL)) {
        CHECK_INT(fwrite(bytes.bytes, 1, bytes.length, file), bytes.length);
        CHECK_INT(fclose(file), 0);
    }
    return STATUS_OK;
}

static void append_recovery(void)
{
    struct error error = { 0 };
    struct value *detail = value_object(&test_arena);
    value_set(detail, "kind", value_string(&test_arena, "people"));
    value_set(detail, "list", value_integer(&test_arena, 1));
    value_set(detail, "recover", value_boolean(&test_arena, true));
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    struct digest digest = crypto_sha256(TEXT("{}"));
    CHECK_INT(
        ledger_append(night.store,
                      &(struct ledger_event){ .event = "submitted", .digest = &digest, .detail = detail },
                      NULL, &error),
        STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
}

/* Of the second of three nights, or (run 0) of all. */
static void write_bundle(int64_t run)
{
    struct error error = { 0 };
    struct audit_sink sink = { keep_file, NULL };
    struct audit_bundle bundle = { .run = run };
    static const char *const names[] = { "một", "hai", "ba" };
    folder = text_string(&test_arena, text_format(&test_arena, "%s/bundle", test_folder()));
    night = (struct night){ 0 };
    CHECK_INT(file_make_folders(file_path(&test_arena, folder, "payloads"), 0755, &error), STATUS_OK);
    night_open(&night, text_format(&test_arena, "%s/a.db", folder).bytes, NULL);
    for (int i = 0; i < 3; i++) {
        night_begin(&night);
        night_record(&night, "1.000001", names[i], "1");
        night_work(&night);
        night_deliver(&night);
        for (int j = 0; i == 1 && j < 2; j++)
            append_recovery();
        night_end(&night);
    }
    if (!CHECK_INT(audit_bundle_write(night.store, &test_arena, &sink, &bundle, &error), STATUS_OK))
        printf("  %s\n", error.message);
    night_close(&night);
}

static struct text file_of(const char *name)
{
    struct error error = { 0 };
    struct text bytes = TEXT("");
    CHECK_INT(file_read(&test_arena, file_path(&test_arena, folder, name), 1 << 20, &bytes, &error),
              STATUS_OK);
    return bytes;
}

static void put(const char *name, struct text bytes)
{
    struct error error = { 0 };
    CHECK_INT(file_write(file_path(&test_arena, folder, name), bytes, 0644, &error), STATUS_OK);
}

/* Everything that is said against it, or is not proven. */
static const char *said(bool *holds)
{
    struct audit_report report;
    struct error error = { 0 };
    struct audit_request request = { 0 };
    BUFFER_OWNED struct buffer all = { 0 };
    if (!CHECK_INT(audit_verify_shown(folder, true, &request, &test_arena, &report, &error), STATUS_OK))
        buffer_string(&all, error.message);
    for (const struct audit_finding *finding = report.first; finding; finding = finding->next)
        buffer_printf(&all, "%s\n", finding->message);
    for (const struct audit_finding *finding = report.not_proven; finding; finding = finding->next)
        buffer_printf(&all, "not proven: %s\n", finding->message);
    *holds = report.holds;
    return text_string(&test_arena, text_copy(&test_arena, buffer_view(&all)));
}

static struct text join(struct text left, struct text right)
{
    BUFFER_OWNED struct buffer both = { 0 };
    buffer_text(&both, left);
    buffer_text(&both, right);
    return text_copy(&test_arena, buffer_view(&both));
}

static struct text replaced(struct text text, const char *old, const char *new)
{
    size_t at = 0;
    if (!CHECK(text_find(text, text_of(old), &at)))
        printf("  no %s in %.*s\n", old, TEXT_ARG(text));
    return join(join(text_slice(text, 0, at), text_of(new)), text_slice(text, at + strlen(old), text.length));
}

static struct text without_last_line(struct text text)
{
    size_t end = text.length - 1;
    while (end && text.bytes[end - 1] != '\n')
        end--;
    return text_slice(text, 0, end);
}

TEST("a bundle as it was written holds, with two events by which rules of approval are to be recovered")
{
    bool holds;
    write_bundle(2);
    CHECK_CONTAINS(text_string(&test_arena, file_of("bundle.json")), "\"recoveries\": [");
    CHECK_STRING(said(&holds), "");
    CHECK(holds);
}

TEST("what bundle.json says otherwise than the events is found")
{
    static const struct {
        const char *old, *new, *words;
        bool holds;
    } rows[] = {
        { "\"first\": ", "\"first\": 9", "bundle.json is malformed", false },
        { "\"first\": ", "\"frist\": ", "bundle.json is malformed", false },
        { "\"forgotten\": [", "\"forgotten\": [7", "bundle.json is malformed", false },
        { "\"forgotten\": [", "\"forgotten\": [\"00\"", "bundle.json is malformed", false },
        { "\"format\": 2", "\"format\": 1", "not proven: format 1, of congkhai 0.1.0", true },
        { "\"format\": 2", "\"format\": 7", "format: the events that are shown do not say so", false },
        { "\"recoveries\": [", "\"recoveries\": [1,", "recoveries: the events that are shown do not say so",
          false },
        { "\"recoveries\": ", "\"recovered\": ", "recoveries: the events that are shown do not say so",
          false },
        { "\"run\": 2", "\"run\": 0", "bundle.json is malformed", false },
        { "\"run\": 2", "\"run\": 3", "it starts a run, but not the one that comes next", false },
        { "\"before\": {", "\"before\": 7,\"x\": {", "bundle.json is malformed", false },
        { "\"before\": {", "\"x\": {", "head-before: the events that are shown do not say so", false },
        { "{", "{\"more\": 1,", "more: the events that are shown do not say so", false },
    };
    bool holds;
    write_bundle(2);
    struct text about = file_of("bundle.json");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put("bundle.json", replaced(about, rows[i].old, rows[i].new));
        CHECK_CONTAINS(said(&holds), rows[i].words);
        if (!CHECK_INT(holds, rows[i].holds))
            printf("  %s\n", rows[i].new);
    }
}

TEST("events and their proofs that were cut, repeated or broken are found")
{
    bool holds;
    write_bundle(2);
    struct text events = file_of("events.ndjson"), proofs = file_of("proofs.ndjson");
    size_t end = 0;
    CHECK(text_find(events, TEXT("\n"), &end));
    const struct {
        struct text events, proofs;
        const char *words;
    } rows[] = {
        { without_last_line(events), proofs, "events.ndjson is malformed" },
        { join(events, text_slice(events, 0, end + 1)), proofs, "events.ndjson is malformed" },
        { join(text_slice(events, 0, end + 1), events), proofs, "are gone" },
        { text_slice(events, end + 1, events.length), proofs, "are gone" },
        { events, without_last_line(proofs), "proofs.ndjson is malformed" },
        { events, join(TEXT("{}\n"), proofs), "proofs.ndjson: the events" },
        { events, join(TEXT("[\n"), proofs), "proofs.ndjson" },
        { events, join(proofs, proofs), "proofs.ndjson: the" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put("events.ndjson", rows[i].events);
        put("proofs.ndjson", rows[i].proofs);
        CHECK_CONTAINS(said(&holds), rows[i].words);
        CHECK(!holds);
    }
}

TEST("a bundle without one of its files is told, and without the event that follows its run it is said what "
     "is not proven")
{
    static const char *const names[] = { "head", "head-before", "events.ndjson", "proofs.ndjson",
                                         "bundle.json" };
    bool holds;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        write_bundle(2);
        CHECK_INT(unlink(file_path(&test_arena, folder, names[i])), 0);
        CHECK_CONTAINS(said(&holds), names[i]);
        CHECK(!holds);
    }
    write_bundle(2);
    CHECK_INT(unlink(file_path(&test_arena, folder, "further.ndjson")), 0);
    CHECK_CONTAINS(said(&holds), "not proven: whether run 2 went on behind event");
}

TEST("all events together must give the head")
{
    bool holds;
    write_bundle(0);
    CHECK_STRING(said(&holds), "");
    put("events.ndjson", replaced(file_of("events.ndjson"), "\"lan\"", "\"lam\""));
    CHECK_CONTAINS(said(&holds), "do not give the head");
    CHECK(!holds);
}
