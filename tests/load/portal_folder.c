/* The folder driver: what is in a package, what a receipt makes of it, and what a death leaves. */
#include "adapters/file.h"
#include "store/store_run.h"
#include "tests/load/simulated.h"

#include <dirent.h>
#include <sys/stat.h>

static char extra[200];

static const char *at(const char *name)
{
    return file_path(&test_arena, simulated.folder, name);
}

static enum status folder_load(void)
{
    char yaml[600];
    struct value *tree = NULL;
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    snprintf(yaml, sizeof yaml, "driver: folder\nfolder: out\nreceipts: in\n%s\n", extra);
    simulated.error = (struct error){ .status = STATUS_OK };
    simulated.counts = (struct run_counts){ .sent = 0 };
    *simulated.notice = 0;
    if (yaml_parse(&test_arena, text_of(yaml), "congkhai.yaml", &tree, &simulated.error))
        return simulated.error.status;
    struct load_request request = { .portal = tree,
                                    .agency_code = "H13",
                                    .folder = simulated.folder,
                                    .context = &context,
                                    .stop = &simulated.stop,
                                    .notice = simulated_notice };
    return load_run(simulated.store, &request, &simulated.counts, &simulated.error);
}

static enum status next_night(void)
{
    simulated_next_run();
    return folder_load();
}

static void folder_start(void)
{
    *extra = 0;
    simulated = (struct simulated){ .process = 0 };
    snprintf(simulated.folder, sizeof simulated.folder, "%s", test_folder());
    simulated_open();
}

/* The packages that are there, in order; hidden ones count as -1. */
static int packages(char names[][80], int most)
{
    struct dirent **entries;
    int count = 0, found = scandir(at("out"), &entries, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.' && count < most)
            snprintf(names[count++], 80, "%.79s", entries[i]->d_name);
        else if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
            count = -100;
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return count;
}

static int package_count(void)
{
    char names[20][80];
    return packages(names, 20);
}

static struct text file_of(const char *path)
{
    struct text bytes = TEXT("");
    struct error error = { .status = STATUS_OK };
    if (!CHECK_INT(file_read(&test_arena, path, 1 << 24, &bytes, &error), STATUS_OK))
        printf("  %s\n", error.message);
    return bytes;
}

static struct value *manifest(const char *package)
{
    struct value *value = NULL;
    struct error error;
    char path[200];
    snprintf(path, sizeof path, "out/%s/manifest.json", package);
    CHECK_INT(json_parse(&test_arena, file_of(at(path)), &value, &error), STATUS_OK);
    return value;
}

static void receipt(const char *file, const char *json)
{
    struct error error;
    char path[100];
    snprintf(path, sizeof path, "in/%s", file);
    (void)file_make_folders(at("in"), 0777, &error);
    CHECK_INT(file_write(at(path), text_of(json), 0644, &error), STATUS_OK);
}

static const char *key_of(const char *code)
{
    return text_string(&test_arena, simulated_item(code).key);
}

static const char *digest_of_wanted(const char *code)
{
    char *hex = arena_alloc(&test_arena, DIGEST_HEX);
    struct outbox_item item = simulated_item(code);
    digest_hex(&item.intent_digest, hex);
    return hex;
}

static void receipt_of(const char *file, const char *code, const char *status)
{
    char json[400];
    snprintf(json, sizeof json,
             "[{\"key\":\"%s\",\"status\":\"%s\",\"version\":\"7\",\"words\":\"lời của cổng\"}]",
             key_of(code), status);
    receipt(file, json);
}

/* What SHA256SUMS says is what the files are. */
static void check_sums(const char *package)
{
    char path[200];
    snprintf(path, sizeof path, "out/%s/SHA256SUMS", package);
    struct text sums = file_of(at(path));
    int lines = 0;
    while (sums.length > 66) {
        size_t end = 0;
        struct digest said;
        text_find(sums, TEXT("\n"), &end);
        CHECK(digest_from_hex(text_slice(sums, 0, 64), &said));
        const char *file = text_string(&test_arena, text_slice(sums, 66, end - 66));
        snprintf(path, sizeof path, "out/%s/%s", package, file);
        struct digest seen = crypto_sha256(file_of(at(path)));
        CHECK(digest_equal(&seen, &said));
        sums = text_slice(sums, end + 1, sums.length);
        lines++;
    }
    CHECK(lines > 1);
}

TEST("a package has what is wanted, byte by byte, and a manifest with digests of all; nothing counts as "
     "published")
{
    char names[4][80];
    folder_start();
    simulated_want_many(40, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 40);
    CHECK_INT(simulated.counts.unknown, 40);
    CHECK_INT(simulated.counts.published, 0);
    simulated_check_account();
    if (!CHECK_INT(packages(names, 4), 1))
        return;
    struct value *document = manifest(names[0]);
    check_sums(names[0]);
    const struct value *list = value_find(document, "items");
    CHECK_TEXT(value_text_of(document, "agency"), TEXT("H13"));
    CHECK_TEXT(value_text_of(document, "package"), text_of(names[0]));
    CHECK_INT(list->count, 40);
    const struct value *seventh = list->first;
    for (int i = 0; i < 6; i++)
        seventh = seventh->next;
    CHECK_TEXT(value_text_of(seventh, "file"), TEXT("007.json"));
    CHECK_TEXT(value_text_of(seventh, "code"), TEXT("1.000006"));
    CHECK_TEXT(value_text_of(seventh, "action"), TEXT("publish"));
    CHECK_TEXT(value_text_of(seventh, "key"), simulated_item("1.000006").key);
    CHECK_TEXT(value_text_of(seventh, "digest"), text_of(digest_of_wanted("1.000006")));
    CHECK(!value_find(seventh, "base"));
    char path[200];
    snprintf(path, sizeof path, "out/%s/007.json", names[0]);
    CHECK_TEXT(file_of(at(path)), simulated_content("1.000006", "first", "announced"));
    struct buffer bytes = { 0 };
    char hex[DIGEST_HEX];
    canonical_write(&bytes, list);
    struct digest digest = crypto_sha256(buffer_view(&bytes));
    digest_hex(&digest, hex);
    buffer_free(&bytes);
    CHECK_TEXT(value_text_of(document, "digest"), text_of(hex));
    struct outbox_item item = simulated_item("1.000006");
    CHECK(item.state == OUTBOX_UNKNOWN && !item.held && item.wanted);
    CHECK_CONTAINS(simulated_words("1.000006"), names[0]);
    CHECK_CONTAINS(simulated_words("1.000006"), "as 007.json; no receipt has come back yet");
    simulated_close();
}

TEST("while no receipt comes, no second package is written and the ledger does not grow")
{
    folder_start();
    simulated_want_many(5, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    int64_t unknown = simulated_events("unknown");
    for (int night = 0; night < 3; night++) {
        CHECK_INT(next_night(), STATUS_OK);
        CHECK_INT(simulated.counts.sent, 0);
        CHECK_INT(package_count(), 1);
    }
    CHECK_INT(simulated_events("unknown"), unknown);
    CHECK_INT(simulated_events("attempted"), 0);
    CHECK_INT(simulated_item("1.000003").state, OUTBOX_UNKNOWN);
    /* the carrier took it away: it is not written again for that */
    char names[2][80], path[200];
    packages(names, 2);
    snprintf(path, sizeof path, "out/%s", names[0]);
    CHECK_INT(rename(at(path), at("stick")), 0);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 0);
    /* something new is written, and nothing else with it */
    simulated_want("2.000001", "first");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(packages(names, 2), 1);
    CHECK_INT(value_find(manifest(names[0]), "items")->count, 1);
    simulated_close();
}

TEST("receipts publish, refuse, tell of a conflict, and send again what was lost")
{
    char names[4][80];
    folder_start();
    simulated_want_many(5, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    receipt_of("a.json", "1.000000", "published");
    receipt_of("b.json", "1.000001", "refused");
    receipt_of("c.json", "1.000002", "conflict");
    receipt_of("d.json", "1.000003", "lost");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated.counts.refused, 1);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated.counts.unknown, 1);
    simulated_check_account();
    struct outbox_item item = simulated_item("1.000000");
    CHECK(item.held && !item.wanted && item.state == OUTBOX_IDLE);
    CHECK_TEXT(item.version, TEXT("7"));
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_REFUSED);
    CHECK_CONTAINS(simulated_words("1.000001"), "refused by the receipt b.json, entry 1: lời của cổng");
    CHECK_INT(simulated_item("1.000002").state, OUTBOX_CONFLICT);
    CHECK_CONTAINS(simulated_words("1.000002"), "conflict by the receipt c.json");
    CHECK_INT(packages(names, 4), 2);
    const struct value *again = value_find(manifest(names[1]), "items");
    CHECK_INT(again->count, 1);
    CHECK_TEXT(value_text_of(again->first, "key"), simulated_item("1.000003").key);
    /* The receipt that gave the first package up says nothing of the second one. */
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 2);
    CHECK_INT(simulated_item("1.000003").state, OUTBOX_UNKNOWN);
    receipt_of("e.json", "1.000003", "published");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK(simulated_item("1.000003").held);
    CHECK_INT(simulated_item("1.000004").state, OUTBOX_UNKNOWN);
    simulated_close();
}

TEST("a change carries the version that it replaces, and a withdrawal its order")
{
    char names[4][80], path[200];
    folder_start();
    simulated_want_many(2, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    receipt_of("a.json", "1.000000", "published");
    receipt_of("b.json", "1.000001", "published");
    simulated_next_run();
    simulated_want("1.000000", "second");
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 2);
    CHECK_INT(simulated.counts.unknown, 2);
    if (!CHECK_INT(packages(names, 4), 2))
        return;
    const struct value *items = value_find(manifest(names[1]), "items");
    CHECK_TEXT(value_text_of(items->first, "base"), TEXT("7"));
    CHECK_TEXT(value_text_of(items->last, "action"), TEXT("withdraw"));
    CHECK_TEXT(value_text_of(items->last, "content_digest"), text_of(digest_of_wanted("1.000001")));
    snprintf(path, sizeof path, "out/%s/002.json", names[1]);
    CHECK_TEXT(file_of(at(path)), TEXT("{\"decision\":\"12/QĐ-UBND\"}"));
    receipt_of("c.json", "1.000001", "withdrawn");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.withdrawn, 1);
    CHECK(simulated_item("1.000001").held_abolished);
    simulated_close();
}

TEST("a withdrawal of what was never published from here goes into the package: nobody can look before")
{
    folder_start();
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(simulated.counts.unknown, 1);
    CHECK_INT(package_count(), 1);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 1);
    simulated_close();
}

TEST("what changed while its package is under way waits for the receipt of the first content")
{
    char names[4][80];
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    const char *key = key_of("1.000001");
    simulated_next_run();
    simulated_want("1.000001", "second");
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(package_count(), 1);
    CHECK_TEXT(simulated_item("1.000001").key, text_of(key));
    receipt_of("a.json", "1.000001", "published");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1); /* the first */
    CHECK_INT(simulated.counts.unknown, 1);   /* the second, in a package of its own now */
    CHECK_INT(packages(names, 4), 2);
    CHECK_TEXT(value_text_of(value_find(manifest(names[1]), "items")->first, "base"), TEXT("7"));
    simulated_close();
}

TEST("a receipt may name code and digest, and one that lay there before says nothing of a later package")
{
    char json[400];
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    const char *first = digest_of_wanted("1.000001");
    snprintf(json, sizeof json,
             "{\"items\":[{\"code\":\"1.000001\",\"digest\":\"%s\",\"status\":\"published\"}]}", first);
    receipt("a.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    simulated_want("1.000001", "second");
    CHECK_INT(next_night(), STATUS_OK);
    receipt_of("b.json", "1.000001", "published");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    simulated_want("1.000001", "first"); /* the same content once more: a.json is about another package */
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.unknown, 1);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 0);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    receipt("c.json", json); /* it comes again */
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    simulated_close();
}

TEST("the digest that says which delivery a receipt is about does not say what stands there")
{
    char json[600];
    folder_start();
    simulated_want_many(2, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    snprintf(json, sizeof json, "[{\"code\":\"1.000000\",\"digest\":\"%s\",\"status\":\"conflict\"}]",
             digest_of_wanted("1.000000"));
    receipt("a.json", json);
    snprintf(json, sizeof json, "[{\"code\":\"1.000001\",\"digest\":\"%s\",\"status\":\"published\"}]",
             digest_of_wanted("1.000001"));
    receipt("b.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated_item("1.000000").state, OUTBOX_CONFLICT);
    CHECK_CONTAINS(simulated_words("1.000000"), "conflict by the receipt a.json");
    CHECK(!simulated_item("1.000000").held);
    CHECK_INT(simulated.counts.published, 1);
    CHECK(simulated_item("1.000001").held);
    simulated_close();
}

TEST("a receipt with another digest is a conflict, two that contradict one another decide nothing")
{
    char json[600];
    folder_start();
    simulated_want_many(3, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    snprintf(json, sizeof json,
             "[{\"key\":\"%s\",\"digest\":\"%064d\",\"status\":\"published\",\"version\":\"3\"}]",
             key_of("1.000000"), 7);
    receipt("a.json", json);
    receipt_of("b.json", "1.000001", "published");
    receipt_of("c.json", "1.000001", "refused");
    snprintf(json, sizeof json, "[{\"key\":\"%s\",\"code\":\"1.000009\",\"status\":\"published\"}]",
             key_of("1.000002"));
    receipt("d.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 0);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated_item("1.000000").state, OUTBOX_CONFLICT);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    CHECK_INT(simulated_item("1.000002").state, OUTBOX_UNKNOWN);
    CHECK_CONTAINS(simulated.notice, "1.000002: entry 1 of the receipt d.json has the key of");
    unlink(at("in/d.json"));
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_CONTAINS(simulated.notice, "1.000001: receipts contradict one another: published in b.json, "
                                     "refused in c.json; take the wrong one away");
    unlink(at("in/c.json"));
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    simulated_close();
}

TEST("a receipt that cannot be used is told and harms nothing")
{
    static const struct {
        const char *json, *message;
    } bad[] = {
        { "[{", "the receipt a.json cannot be used" },
        { "7", "it is no JSON list" },
        { "[7]", "entry 1 of the receipt a.json cannot be used: it is no object" },
        { "[{\"key\":\"x\",\"status\":\"good\"}]", "its status is none of published" },
        { "[{\"status\":\"published\"}]", "it names neither a key nor a code with a digest" },
        { "[{\"code\":\"1.000001\",\"status\":\"published\"}]", "it names neither a key" },
        { "[{\"package\":\"x\",\"status\":\"published\"}]", "a package alone may only be lost" },
        { "[{\"code\":\"1.000001\",\"digest\":\"12\",\"status\":\"published\"}]", "its digest is none" },
    };
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        receipt("a.json", bad[i].json);
        CHECK_INT(next_night(), STATUS_OK);
        CHECK_CONTAINS(simulated.notice, bad[i].message);
        CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    }
    CHECK_INT(package_count(), 1);
    simulated_close();
}

TEST("a package that is lost as a whole is written again as a whole")
{
    char names[4][80], json[200];
    folder_start();
    simulated_want_many(3, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    packages(names, 4);
    snprintf(json, sizeof json, "{\"package\":\"%s\",\"status\":\"lost\"}", names[0]);
    receipt("a.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(packages(names, 4), 2);
    CHECK_INT(value_find(manifest(names[1]), "items")->count, 3);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 2);
    simulated_close();
}

TEST("many records make as many packages as the configuration says")
{
    char names[20][80];
    folder_start();
    snprintf(extra, sizeof extra, "records: 100");
    simulated_want_many(1050, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(simulated.counts.unknown, 1050);
    CHECK_INT(packages(names, 20), 11);
    CHECK_INT(value_find(manifest(names[0]), "items")->count, 100);
    CHECK_INT(value_find(manifest(names[10]), "items")->count, 50);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(package_count(), 11);
    simulated_close();
}

TEST("receipts that come late, or are of another office, are told once and change nothing")
{
    char json[400], many[4000] = "[", names[4][80];
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    packages(names, 4);
    snprintf(json, sizeof json, "[{\"code\":\"1.000001\",\"digest\":\"%s\",\"status\":\"published\"}]",
             digest_of_wanted("1.000001"));
    receipt("a.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    receipt("b.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_CONTAINS(simulated.notice,
                   "entry 1 of the receipt b.json (published, 1.000001) comes late or again");
    snprintf(json, sizeof json, "[{\"package\":\"%s\",\"status\":\"lost\"}]", names[0]);
    receipt("c.json", json);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_CONTAINS(simulated.notice, "entry 1 of the receipt c.json (lost, ");
    CHECK_CONTAINS(simulated.notice, "comes late or again");
    receipt("d.json", "[{\"package\":\"H99-1\",\"status\":\"lost\"}]");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_CONTAINS(simulated.notice, "the receipt d.json (lost, H99-1) fits no delivery of the register");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_STRING(simulated.notice, "");
    for (int i = 0; i < 23; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many),
                 "%s{\"key\":\"other-%d\",\"status\":\"published\"}", i ? "," : "", i);
    strcat(many, "]");
    receipt("e.json", many);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_CONTAINS(simulated.notice, "3 more receipts fit nothing, or come late");
    CHECK_INT(simulated.counts.sent, 0);
    CHECK(simulated_item("1.000001").held);
    CHECK_INT(package_count(), 1);
    simulated_close();
}

/* ---- deaths ---- */

TEST(
    "what a death left is ended: registered packages are shown, others dropped, and nothing is written twice")
{
    char names[4][80], path[200];
    folder_start();
    simulated_want_many(3, "first");
    CHECK_INT(folder_load(), STATUS_OK);
    packages(names, 4);
    /* between the register and the renaming */
    snprintf(path, sizeof path, "out/.%s.making", names[0]);
    char shown[200];
    snprintf(shown, sizeof shown, "out/%s", names[0]);
    CHECK_INT(rename(at(shown), at(path)), 0);
    /* and one that was not registered yet */
    CHECK_INT(mkdir(at("out/.H13-2026-01-01-000009-000000.making"), 0755), 0);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(packages(names, 4), 1);
    CHECK_INT(simulated.counts.sent, 0);
    simulated_close();
}

TEST("without its register a delivery that is in a package stays unknown, and a receipt can give it up")
{
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    CHECK_INT(rename(at("out.register"), at("gone")), 0);
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 1);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    CHECK_CONTAINS(simulated.notice, "stand in no package of the register");
    receipt_of("a.json", "1.000001", "lost");
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 2);
    simulated_close();
}

TEST("a register that cannot be read stops the run before anything is written")
{
    struct error error;
    folder_start();
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_OK);
    (void)file_write(at("out.register/x.json"), TEXT("{\"number\":1"), 0644, &error);
    simulated_want("1.000002", "first");
    CHECK_INT(next_night(), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "the register of packages cannot be read");
    CHECK_INT(package_count(), 1);
    simulated_close();
}

TEST("a folder that cannot be written stops the run, everything stays pending and goes on later")
{
    struct error error;
    folder_start();
    (void)file_write(at("out"), TEXT("a file"), 0644, &error);
    simulated_want("1.000001", "first");
    CHECK_INT(folder_load(), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "the folder ");
    CHECK_INT(simulated.counts.pending, 1);
    unlink(at("out"));
    CHECK_INT(next_night(), STATUS_OK);
    CHECK_INT(package_count(), 1);
    simulated_close();
}

TEST("settings that make no sense for a folder are refused")
{
    static const struct {
        const char *settings, *message;
    } wrong[] = {
        { "url: https://portal.example", "it has no \"url\"" },
        { "register: in", "must be different folders" },
        { "records: 1000", "must be between 1 and 999" },
        { "receipt: x", "did you mean \"receipts\"?" },
    };
    folder_start();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(extra, sizeof extra, "%s", wrong[i].settings);
        CHECK_INT(folder_load(), STATUS_USAGE);
        CHECK_CONTAINS(simulated.error.message, wrong[i].message);
    }
    simulated_close();
}
