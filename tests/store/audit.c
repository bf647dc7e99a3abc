#include "store/audit.h"

#include "core/canonical.h"
#include "store/audit_proof.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;
static struct audit_settings settings;
static struct note_key key;

static const char *path_of(const char *name)
{
    return text_string(&test_arena, text_format(&test_arena, "%s/%s", test_folder(), name));
}

/* A key for a log called "test/log". */
static void make_settings(unsigned char seed_byte)
{
    unsigned char seed[CRYPTO_KEY_SIZE];
    struct error error = { 0 };
    memset(seed, seed_byte, sizeof seed);
    settings = (struct audit_settings){
        .agency = "H13", .origin = "test/log", .has_signer = true, .keys = &key, .key_count = 1
    };
    CHECK_INT(note_signer_init(&settings.signer, TEXT("test/log"), seed, &error), STATUS_OK);
    key = settings.signer.key;
}

static void run_night(const char *changed)
{
    char code[20];
    night_begin(&night);
    for (int i = 0; i < 5; i++) {
        snprintf(code, sizeof code, "1.%06d", i);
        night_record(&night, code, i == 2 ? changed : "Cấp giấy phép", "1");
    }
    night_work(&night);
    night_deliver(&night);
    night_end(&night);
}

static const char *three_nights(bool sign)
{
    const char *path = path_of("a.db");
    make_settings(7);
    night = (struct night){ 0 };
    night_open(&night, path, sign ? &settings : NULL);
    run_night("một");
    run_night("hai");
    run_night("ba");
    return path;
}

static struct audit_report verify(const struct audit_outside *outside, size_t count)
{
    struct audit_report report;
    struct error error = { 0 };
    struct audit_request request = { .settings = &settings, .outside = outside, .outside_count = count };
    CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK);
    return report;
}

static bool stop_at_once(void *user_data)
{
    ++*(int *)user_data;
    return true;
}

TEST("a verification ends early where it is told to")
{
    struct error error = { 0 };
    struct audit_report report;
    int asked = 0;
    struct audit_request request = { .settings = &settings, .stop = stop_at_once, .user_data = &asked };
    three_nights(false);
    night_begin(&night);
    night_work(&night);
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    for (int i = 0; i < 1000; i++)
        CHECK_INT(ledger_append(night.store,
                                &(struct ledger_event){ .event = "attempted", .code = TEXT("1.000001") },
                                NULL, &error),
                  STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    night_end(&night);
    CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_BUSY);
    CHECK_CONTAINS(error.message, "broken off");
    CHECK_INT(asked, 1);
    night_close(&night);
}

/* As somebody would who may write the file: past the triggers, which are there again afterwards. */
static void forge(const char *sql)
{
    struct error error = { 0 };
    struct sqlite *database = store_database(night.store);
    struct sqlite_statement *row;
    struct text update = TEXT_NONE, delete = TEXT_NONE;
    CHECK_INT(
        sqlite_prepare(
            database,
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger' ORDER BY name",
            &row, &error),
        STATUS_OK);
    if (sqlite_step(row, &error) == STATUS_OK)
        delete = text_copy(&test_arena, sqlite_column_text(row, 0));
    if (sqlite_step(row, &error) == STATUS_OK)
        update = text_copy(&test_arena, sqlite_column_text(row, 0));
    sqlite_finish(row);
    CHECK_INT(sqlite_run(database, "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete", &error),
              STATUS_OK);
    if (!CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK))
        CHECK_STRING(error.message, "");
    CHECK_INT(sqlite_run(database, update.bytes, &error), STATUS_OK);
    CHECK_INT(sqlite_run(database, delete.bytes, &error), STATUS_OK);
}

static void check_found(const char *kind, int64_t event, const char *message)
{
    struct audit_report report = verify(NULL, 0);
    CHECK(!report.holds);
    if (!CHECK(report.first != NULL))
        return;
    CHECK_STRING(report.first->kind, kind);
    CHECK_INT(report.first->event, event);
    CHECK_CONTAINS(report.first->message, message);
}

static void check_refused(const char *message)
{
    struct error error = { 0 };
    CHECK_INT(night_try_begin(&night, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, message);
    CHECK_CONTAINS(error.message, "nothing is sent");
    CHECK_INT(store_run(night.store), 0);
}

TEST("three nights hold, signed, and the sentence says what that means")
{
    three_nights(true);
    struct audit_report report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK_INT(report.runs, 3);
    CHECK_INT(report.heads, 3);
    CHECK_INT(report.signed_heads, 3);
    CHECK_INT(report.unsealed, 0);
    CHECK_INT(report.proven, report.events);
    CHECK_CONTAINS(report.sentence, "The ledger holds");
    CHECK(report.notes_ == NULL);
    night_close(&night);
}

TEST("whoever is about to tell what events say is told which one is gone, whether of all or of one code")
{
    struct text codes[] = { TEXT_NONE, TEXT("1.000001") };
    three_nights(false);
    forge("DELETE FROM ledger WHERE seq = 5");
    for (size_t i = 0; i < 2; i++) {
        struct error error = { 0 };
        CHECK_INT(audit_read_check(night.store, codes[i], &error), STATUS_LEDGER);
        CHECK_CONTAINS(error.message, "does not verify from event 5 on: it is gone");
    }
    night_close(&night);
}

TEST("each head is a proven beginning of the next")
{
    struct audit_head heads[3];
    struct audit_leaves *leaves;
    struct merkle_proof proof;
    struct error error = { 0 };
    three_nights(true);
    CHECK_INT(audit_leaves_open(night.store, &leaves, &error), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(audit_head(night.store, &test_arena, i + 1, &heads[i], &error), STATUS_OK);
        CHECK(heads[i].is_signed);
        CHECK_STRING(text_string(&test_arena, heads[i].origin), "test/log");
        if (!i)
            continue;
        CHECK_INT(
            merkle_consistency(audit_leaves_source(leaves), heads[i - 1].size, heads[i].size, &proof, &error),
            STATUS_OK);
        CHECK(merkle_consistency_holds(heads[i - 1].size, &heads[i - 1].root, heads[i].size, &heads[i].root,
                                       &proof));
        CHECK(!merkle_consistency_holds(heads[i - 1].size, &heads[i].root, heads[i].size, &heads[i].root,
                                        &proof));
    }
    audit_leaves_close(leaves);
    night_close(&night);
}

static struct merkle_proof prove(struct audit_leaves *leaves, uint64_t index, uint64_t size)
{
    struct error error = { 0 };
    struct merkle_proof proof = { 0 };
    CHECK_INT(merkle_inclusion(audit_leaves_source(leaves), index, size, &proof, &error), STATUS_OK);
    return proof;
}

TEST("of a large ledger, ways to the head that come of subtrees known from earlier ones are the same")
{
    struct error error = { 0 };
    struct audit_leaves *one, *each;
    three_nights(false);
    night_begin(&night);
    for (int i = 0; i < 1500; i++)
        CHECK_INT(ledger_append(night.store,
                                &(struct ledger_event){ .event = "attempted", .code = TEXT("1.000001") },
                                NULL, &error),
                  STATUS_OK);
    struct merkle_tree tree = *store_tree(night.store);
    struct digest root = merkle_root(&tree), leaf;
    CHECK_INT(audit_leaves_open(night.store, &one, &error), STATUS_OK);
    for (uint64_t index = 3; index < tree.size; index += 101) {
        struct merkle_proof first = prove(one, index, tree.size), again = prove(one, index, tree.size);
        CHECK_INT(audit_leaves_open(night.store, &each, &error), STATUS_OK);
        struct merkle_proof fresh = prove(each, index, tree.size);
        const struct merkle_source *source = audit_leaves_source(each);
        CHECK_INT(source->leaf(source->user_data, index, &leaf, &error), STATUS_OK);
        CHECK(merkle_inclusion_holds(&leaf, index, tree.size, &first, &root));
        CHECK_INT(first.count, fresh.count);
        CHECK(!memcmp(first.path, fresh.path, fresh.count * sizeof *fresh.path));
        CHECK(!memcmp(first.path, again.path, fresh.count * sizeof *fresh.path));
        audit_leaves_close(each);
    }
    audit_leaves_close(one);
    staging_abandon(night.staging);
    night.staging = NULL;
    night_close(&night);
}

TEST("the head beside the store is the last row's, and is written again when it is gone")
{
    const char *path = three_nights(true), *file = text_format(&test_arena, "%s.checkpoint", path).bytes;
    struct audit_head head;
    struct error error = { 0 };
    struct text bytes;
    CHECK_INT(audit_head(night.store, &test_arena, 0, &head, &error), STATUS_OK);
    CHECK_INT(file_read(&test_arena, file, 4096, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, head.note);
    file_remove(file);
    CHECK_CONTAINS(verify(NULL, 0).not_proven->message, "is not there");
    night_begin(&night);
    CHECK_INT(file_read(&test_arena, file, 4096, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, head.note);
    staging_abandon(night.staging);
    night_close(&night);
}

TEST("a store sealed without settings has heads that are not signed, and says what they are worth")
{
    three_nights(false);
    settings = (struct audit_settings){ 0 };
    struct audit_report report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK_INT(report.signed_heads, 0);
    CHECK_CONTAINS(report.notes_->message, "only a head kept elsewhere can tell");
    night_close(&night);
}

TEST("a key or a name of another log is refused")
{
    const char *path = three_nights(true);
    struct error error = { 0 };
    settings.origin = "another/log";
    CHECK_INT(audit_open(night.store, &settings, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "a ledger keeps its name");
    unsigned char seed[CRYPTO_KEY_SIZE] = { 1 };
    settings.origin = NULL;
    CHECK_INT(note_signer_init(&settings.signer, TEXT("another/log"), seed, &error), STATUS_OK);
    CHECK_INT(audit_open(night.store, &settings, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the key was made for \"another/log\"");
    CHECK_CONTAINS(error.message, path);
    night_close(&night);
}

TEST("a changed event is named by both checks, and no run begins when it is one of the last run's")
{
    three_nights(true);
    forge("UPDATE ledger SET detail = replace(detail, 'ho-so', 'ho-sO') WHERE seq = 3");
    check_found(AUDIT_EVENT, 3, "does not give its recorded hash");
    night_begin(&night); /* an old one: only the whole verification looks there */
    staging_abandon(night.staging);
    const char *path = text_string(&test_arena, text_of(store_path(night.store)));
    night_close(&night);
    night_open(&night, path, &settings);
    forge("UPDATE ledger SET actor = 'x' WHERE event = 'run-started' AND run = 3");
    check_refused("does not verify from event");
    night_close(&night);
}

TEST("an event whose column has another type is found though it gives its hash")
{
    three_nights(true);
    forge("UPDATE ledger SET code = CAST(code AS BLOB) WHERE seq = 4");
    check_found(AUDIT_EVENT, 4, "hides it from the views");
    night_close(&night);
}

TEST("a detail that reaches over into its neighbours is found though it gives the hash")
{
    three_nights(true);
    forge("UPDATE ledger SET detail = detail || ',\"digest\":\"' || lower(hex(digest)) || '\"', digest = "
          "NULL WHERE seq = "
          "(SELECT min(seq) FROM ledger WHERE event = 'published')");
    struct audit_report report = verify(NULL, 0);
    CHECK(!report.holds);
    CHECK_CONTAINS(report.first->message, "is not one JSON object");
    night_close(&night);
}

TEST("an event that is gone, put in or moved is named")
{
    three_nights(true);
    forge("DELETE FROM ledger WHERE seq = 5");
    check_found(AUDIT_EVENT, 5, "events 5 to 5 are gone");
    night_close(&night);
    three_nights(true);
    forge("INSERT INTO ledger SELECT 1000, at, run, event, source, code, digest, actor, detail, hash FROM "
          "ledger WHERE seq = 4");
    struct audit_report report = verify(NULL, 0);
    CHECK_INT(report.from_event, report.proven + 1);
    check_refused("events were added that the tree does not know");
    night_close(&night);
}

TEST("a head whose signature is of a stranger, or that lost it, is found")
{
    three_nights(true);
    make_settings(9); /* the same name, another key */
    check_found(AUDIT_SIGNATURE, 1, "no signature of a known key");
    make_settings(7);
    forge("UPDATE checkpoint SET note = substr(note, 1, instr(note, char(10, 10))) WHERE run = 2");
    struct audit_report report = verify(NULL, 0);
    CHECK(!report.holds);
    CHECK_STRING(report.first->kind, AUDIT_SIGNATURE);
    CHECK_CONTAINS(report.first->message, "the head of run 2 is not signed");
    night_close(&night);
}

TEST("a head kept elsewhere shows that the store is an older one")
{
    struct audit_head head;
    struct error error = { 0 };
    three_nights(true);
    CHECK_INT(audit_head(night.store, &test_arena, 0, &head, &error), STATUS_OK);
    struct audit_outside outside = { "kept", head.note };
    CHECK(verify(&outside, 1).holds);
    const char *sql = "DELETE FROM checkpoint WHERE run = 3; DELETE FROM ledger WHERE run = 3; UPDATE tree "
                      "SET (size, frontier) ="
                      " (SELECT size, frontier FROM checkpoint WHERE run = 2)";
    forge(sql);
    struct audit_report report = verify(&outside, 1);
    CHECK(!report.holds);
    CHECK_STRING(report.first->kind, AUDIT_OUTSIDE);
    CHECK_CONTAINS(report.first->message, "kept");
    CHECK_INT(report.first->event, report.events + 1);
    check_refused("knows more events");
    night_close(&night);
}

TEST("a head of another ledger and one that is no head are said to be so")
{
    three_nights(true);
    struct audit_outside outside[] = {
        { "other", TEXT("other/log\n1\nptPSmsvjBelTP59lW8BOEIFMcWifEyA5lriy+UQr/oc=\n") },
        { "none", TEXT("nothing") }
    };
    struct audit_report report = verify(outside, 2);
    CHECK(!report.holds);
    CHECK_CONTAINS(report.first->message, "none: ");
    CHECK_CONTAINS(report.first->next->message, "other is the head of another ledger");
    night_close(&night);
}

TEST("payloads that were changed, taken or forgotten without an event are found by their first event")
{
    three_nights(true);
    forge(
        "UPDATE payload SET bytes = CAST('x' AS BLOB) WHERE id = (SELECT content FROM record WHERE id = 1)");
    struct audit_report report = verify(NULL, 0);
    CHECK_STRING(report.first->kind, AUDIT_PAYLOAD);
    CHECK_CONTAINS(report.first->message, "they were changed");
    CHECK_INT(report.first->event, 3);
    forge("UPDATE payload SET bytes = NULL WHERE id = (SELECT content FROM record WHERE id = 1)");
    check_found(AUDIT_PAYLOAD, 3, "they are not kept as one");
    forge("DELETE FROM payload WHERE id = (SELECT content FROM record WHERE id = 1)");
    check_found(AUDIT_PAYLOAD, 3, "which are not in the store");
    night_close(&night);

    three_nights(true);
    forge("UPDATE payload SET bytes = NULL WHERE id = (SELECT payload FROM record WHERE id = 1)");
    check_found(AUDIT_PAYLOAD, 3, "no event says that they were forgotten");
    night_close(&night);

    three_nights(true);
    forge("UPDATE payload SET kept = 0 WHERE id = (SELECT content FROM record WHERE id = 1)");
    check_found(AUDIT_PAYLOAD, 3, "marked as a source's");
    night_close(&night);
}

TEST("what the stages believe is held against the ledger, and is told apart from it")
{
    static const char *const forgeries[][2] = {
        { "UPDATE procedure_state SET held_status = 'abolished' WHERE code = '1.000001'",
          "stand at the portal" },
        { "UPDATE procedure_state SET held_event = 2 WHERE code = '1.000001'", "stand at the portal" },
        { "UPDATE procedure_state SET state = 'intended' WHERE code = '1.000001'", "a delivery is open" },
        { "DELETE FROM procedure_state WHERE code = '1.000001'", "know nothing of the procedure" },
        { "UPDATE record SET outcome = 'rejected' WHERE code = '1.000001'", "the outcome of the record" },
    };
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        three_nights(true);
        forge(forgeries[i][0]);
        struct audit_report report = verify(NULL, 0);
        CHECK(!report.holds);
        CHECK(report.ledger_holds);
        CHECK_INT(report.from_event, 0);
        CHECK_STRING(report.first->kind, AUDIT_STATE);
        CHECK_CONTAINS(report.first->message, forgeries[i][1]);
        CHECK_CONTAINS(report.sentence, "The ledger holds, but");
        night_close(&night);
        file_remove(path_of("a.db"));
        file_remove(path_of("a.db.checkpoint"));
    }
}

TEST("a view, a trigger or a table that is not the program's stops every run")
{
    struct error error = { 0 };
    three_nights(true);
    forge("CREATE VIEW audit_more AS SELECT 1");
    check_found(AUDIT_SCHEMA, 0, "the view audit_more does not come from the program");
    check_refused("audit_more");
    forge("DROP VIEW audit_more; DROP VIEW audit_current");
    check_found(AUDIT_SCHEMA, 0, "the view audit_current is gone");
    forge("CREATE VIEW audit_current AS SELECT 1");
    check_found(AUDIT_SCHEMA, 0, "the view audit_current was changed");
    CHECK_INT(audit_quick_check(night.store, NULL, &error), STATUS_LEDGER);
    night_close(&night);
}

static void night_that_dies(void)
{
    night_begin(&night);
    night_record(&night, "1.000099", "Mới", "1");
    night_work(&night);
}

TEST("events of a run that died are not proven where no key signs the tree")
{
    three_nights(false);
    settings = (struct audit_settings){ 0 };
    night_that_dies();
    struct audit_report report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK(report.unsealed > 0);
    CHECK_CONTAINS(report.notes_->message, "nothing proves them");
    night_close(&night);
}

TEST("events of a run that died are followed by the next, and are not proven before it ends")
{
    three_nights(true);
    night_that_dies();
    struct audit_report report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK(report.unsealed > 0);
    CHECK_CONTAINS(report.notes_->message, "they are signed with the tree");
    const char *path = text_string(&test_arena, text_of(store_path(night.store)));
    night_close(&night);
    night_open(&night, path, &settings);
    run_night("bốn");
    report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK_INT(report.unsealed, 0);
    CHECK_INT(report.runs, 5);
    CHECK_INT(report.heads, 4);
    night_close(&night);
}

TEST("a record's proof leads from its event to the head")
{
    struct error error = { 0 };
    struct value *proof;
    struct audit_head head;
    struct merkle_proof path = { 0 };
    struct date on = date_from_days(NIGHT_FIRST / 86400000 + 1);
    three_nights(true);
    CHECK_INT(audit_head(night.store, &test_arena, 0, &head, &error), STATUS_OK);
    CHECK_INT(audit_prove(night.store, &test_arena, TEXT("1.000002"), on, &proof, &error), STATUS_OK);
    const struct value *entry = value_find(proof, "events")->first;
    CHECK_INT(value_find(proof, "events")->count, 1);
    struct text event = value_text_of(entry, "event");
    struct digest leaf = merkle_leaf(event);
    for (const struct value *step = value_find(entry, "path")->first; step; step = step->next)
        CHECK(digest_from_hex(step->text, &path.path[path.count++]));
    size_t at;
    CHECK(text_find(event, TEXT("\"seq\":"), &at));
    uint64_t index = strtoull(event.bytes + at + 6, NULL, 10) - 1;
    CHECK(merkle_inclusion_holds(&leaf, index, head.size, &path, &head.root));
    CHECK(!merkle_inclusion_holds(&leaf, index + 1, head.size, &path, &head.root));
    struct text content = value_text_of(proof, "content");
    CHECK(text_find(content, TEXT("\"name\":\"một\""), &at));
    CHECK_INT(audit_prove(night.store, &test_arena, TEXT("9.999999"), on, &proof, &error), STATUS_END);
    night_close(&night);
}

TEST("an event behind the last head cannot be proven yet")
{
    struct error error = { 0 };
    struct value *proof;
    three_nights(true);
    night_that_dies();
    night_deliver(&night);
    CHECK_INT(
        audit_prove(night.store, &test_arena, TEXT("1.000099"), (struct date){ 2099, 1, 1 }, &proof, &error),
        STATUS_STOP);
    CHECK_CONTAINS(error.message, "stands behind the last head");
    night_close(&night);
}

struct kept_files {
    size_t count, payloads;
    struct buffer events, proofs;
};

static enum status keep_file(void *user_data, const char *name, struct text bytes, struct error *error)
{
    struct kept_files *files = user_data;
    (void)error;
    files->count++;
    files->payloads += text_starts(text_of(name), TEXT("payloads/"));
    if (!strcmp(name, "events.ndjson"))
        buffer_text(&files->events, bytes);
    if (!strcmp(name, "proofs.ndjson"))
        buffer_text(&files->proofs, bytes);
    return STATUS_OK;
}

static size_t lines_in(const struct buffer *buffer)
{
    size_t lines = 0;
    for (size_t i = 0; i < buffer->length; i++)
        lines += buffer->bytes[i] == '\n';
    return lines;
}

TEST("a bundle of a run has its events, a proof for each, and the payloads they speak of")
{
    struct error error = { 0 };
    struct kept_files files = { 0 };
    struct audit_sink sink = { keep_file, &files };
    struct audit_bundle bundle = { .run = 2 };
    three_nights(true);
    CHECK_INT(audit_bundle_write(night.store, &test_arena, &sink, &bundle, &error), STATUS_OK);
    CHECK_INT(lines_in(&files.events), bundle.last - bundle.first + 1);
    CHECK_INT(lines_in(&files.proofs), lines_in(&files.events));
    CHECK_INT(files.payloads, bundle.payloads);
    CHECK_INT(bundle.head.run, 3); /* the newest: what was said of the run later stands before it too */
    CHECK(bundle.head.size > (uint64_t)bundle.last);
    bundle.run = 9;
    CHECK_INT(audit_bundle_write(night.store, &test_arena, &sink, &bundle, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no run 9");
    buffer_free(&files.events);
    buffer_free(&files.proofs);
    night_close(&night);
}

TEST("an event that was changed is laid into no bundle, among the run's own nor beside them")
{
    static const char *const rows[] = { "WHERE event = 'published' AND run = 2", /* of the run */
                                        "WHERE event = 'run-started' AND run = 3" /* behind it */ };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = { 0 };
        struct kept_files files = { 0 };
        struct audit_sink sink = { keep_file, &files };
        struct audit_bundle bundle = { .run = 2 };
        three_nights(true);
        struct sqlite *database = store_database(night.store);
        CHECK_INT(sqlite_run(database, "DROP TRIGGER ledger_no_update", &error), STATUS_OK);
        CHECK_INT(sqlite_run(database,
                             text_format(&test_arena, "UPDATE ledger SET actor = 'khác' %s", rows[i]).bytes,
                             &error),
                  STATUS_OK);
        CHECK_INT(audit_bundle_write(night.store, &test_arena, &sink, &bundle, &error), STATUS_LEDGER);
        CHECK_CONTAINS(error.message, "was changed; run \"congkhai audit verify\"");
        buffer_free(&files.events);
        buffer_free(&files.proofs);
        night_close(&night);
    }
}

TEST("a tail that no run with the key wrote is found before it is sealed, and one of a run that died is "
     "sealed")
{
    struct error error = { 0 };
    const char *path = three_nights(true);
    night_begin(&night); /* dies */
    night_close(&night);
    night_open(&night, path, &settings);
    struct audit_report report = verify(NULL, 0);
    CHECK(report.holds);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
    night_close(&night);
    night_open(&night, path, NULL); /* whoever may write the file, with all that is right but the key */
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
    night_close(&night);
    night_open(&night, path, &settings);
    report = verify(NULL, 0);
    CHECK(!report.holds);
    CHECK_STRING(report.first->kind, AUDIT_SIGNATURE);
    CHECK_CONTAINS(report.first->message, "no run with the ledger's key wrote them");
    CHECK_INT(night_try_begin(&night, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "by no run with the ledger's key");
    night_close(&night);
}
