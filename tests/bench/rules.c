/* What do the rules alone cost? Synthetic procedures of the size of real ones (5 to 6 KB, some 70 texts), the
 * shipped packs, one thread, nothing else in the loop. Usage: rules CONFIG-FOLDER [RECORDS [ROUNDS [each]]];
 * "each" tells the rules apart. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/yaml.h"
#include "core/canonical.h"
#include "transform/rule_inside.h"

static const char *const words[] = {
    "thủ",   "tục",  "hành",  "chính",  "đăng",  "ký",    "cấp",  "giấy", "phép", "xây",  "dựng",  "quyền",
    "sử",    "dụng", "đất",   "hồ",     "sơ",    "cơ",    "quan", "tiếp", "nhận", "trả",  "kết",   "quả",
    "công",  "dân",  "doanh", "trực",   "tuyến", "bưu",   "điện", "thời", "hạn",  "giải", "quyết", "ngày",
    "lệ",    "phí",  "theo",  "nghị",   "định",  "thông", "tư",   "mẫu",  "đơn",  "khai", "bản",   "sao",
    "chứng", "thực", "huyện", "phường", "người", "nộp",   "kiểm", "tra",
};
static uint64_t state = 20240601;

static unsigned pick(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static struct value *sentence(struct arena *arena, unsigned least, unsigned most)
{
    struct buffer text = { 0 };
    for (unsigned i = 0, count = least + pick(most - least); i < count; i++) {
        buffer_string(&text, i ? " " : "");
        buffer_string(&text, words[pick(sizeof words / sizeof *words)]);
    }
    struct value *value = value_text(arena, text_copy(arena, buffer_view(&text)));
    buffer_free(&text);
    return value;
}

static struct value *format(struct arena *arena, const char *pattern, unsigned a, unsigned b)
{
    char text[64];
    snprintf(text, sizeof text, pattern, a, b);
    return value_text(arena, text_copy(arena, text_of(text)));
}

static struct value *make(struct arena *arena, unsigned number)
{
    struct value *procedure = value_object(arena), *group, *list, *item;
    group = value_set(procedure, "agency", value_object(arena));
    value_set(group, "code", value_string(arena, "H13"));
    value_set(group, "name", value_string(arena, "UBND thành phố Cần Thơ"));
    value_set(procedure, "code", format(arena, "1.%06u", number, 0));
    value_set(procedure, "conditions", sentence(arena, 20, 80));
    group = value_set(procedure, "decision", value_object(arena));
    value_set(group, "effective_on", value_string(arena, "2026-02-20"));
    value_set(group, "number", format(arena, "%u/QĐ-UBND", 1 + pick(4000), 0));
    value_set(group, "signed_on", value_string(arena, "2026-01-05"));
    list = value_set(procedure, "dossier", value_list(arena));
    for (unsigned i = 0; i < 3 + number % 11; i++) {
        item = value_append(list, value_object(arena));
        value_set(item, "copies", value_integer(arena, 1));
        value_set(item, "name", sentence(arena, 8, 28));
        value_set(item, "originals", value_integer(arena, 1));
    }
    list = value_set(procedure, "executing_agencies", value_list(arena));
    value_set(value_append(list, value_object(arena)), "name", value_string(arena, "Sở Tư pháp"));
    list = value_set(procedure, "fields", value_list(arena));
    value_set(value_append(list, value_object(arena)), "name", value_string(arena, "Hộ tịch"));
    value_set(procedure, "kind", value_string(arena, "public"));
    list = value_set(procedure, "legal_bases", value_list(arena));
    for (unsigned i = 0; i < 2 + number % 5; i++) {
        item = value_append(list, value_object(arena));
        value_set(item, "issued_on", value_string(arena, "2020-05-28"));
        value_set(item, "number",
                  format(arena, i % 3 ? "%02u/%u/NĐ-CP" : "%u/%u/QH14", 1 + pick(200), 2005 + pick(20)));
        value_set(item, "title", sentence(arena, 8, 24));
    }
    list = value_set(procedure, "levels", value_list(arena));
    value_append(list, value_string(arena, "province"));
    list = value_set(procedure, "methods", value_list(arena));
    for (unsigned i = 0; i < 1 + number % 3; i++) {
        item = value_append(list, value_object(arena));
        value_set(item, "channel", value_string(arena, i ? "online" : "direct"));
        group = value_set(item, "duration", value_object(arena));
        value_set(group, "amount", value_string(arena, "15"));
        value_set(group, "unit", value_string(arena, "working_day"));
        struct value *fee = value_append(value_set(item, "fees", value_list(arena)), value_object(arena));
        value_set(fee, "amount", value_string(arena, "50000"));
        value_set(fee, "currency", value_string(arena, "VND"));
        value_set(fee, "kind", value_string(arena, "charge"));
        value_set(item, "text", sentence(arena, 8, 25));
    }
    value_set(procedure, "name", sentence(arena, 8, 20));
    list = value_set(procedure, "results", value_list(arena));
    value_set(value_append(list, value_object(arena)), "name", sentence(arena, 4, 10));
    value_set(procedure, "status", value_string(arena, "announced"));
    list = value_set(procedure, "steps", value_list(arena));
    for (unsigned i = 0; i < 2 + number % 9; i++)
        value_set(value_append(list, value_object(arena)), "text", sentence(arena, 18, 60));
    list = value_set(procedure, "subjects", value_list(arena));
    value_set(value_append(list, value_object(arena)), "name", value_string(arena, "Công dân Việt Nam"));
    value_set(procedure, "time_limit", value_string(arena, "15 ngày làm việc"));
    return procedure;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void give_up(const struct error *error)
{
    fprintf(stderr, "%s\n", error->message);
    exit(2);
}

static void load(struct arena *arena, const char *folder, struct rule_set **rules)
{
    static const char *const names[] = { "nd63", "codes", "text", "deadlines" };
    struct rule_file files[4];
    struct error error;
    struct digest transform_digest;
    struct code_list *lists;
    struct value *codes = value_object(arena);
    struct setting_context context = { arena, "bench", NULL };
    /* What the packs bring along. */
    value_set(codes, "holidays", value_string(arena, "codes/holidays.csv"));
    value_set(codes, "subjects", value_string(arena, "codes/subjects.csv"));
    value_set(codes, "agency_codes", value_string(arena, "codes/agency-codes.csv"));
    value_set(codes, "closed_agencies", value_string(arena, "codes/closed-agencies.csv"));
    if (codes_load(&context, folder, codes, &lists, &error))
        give_up(&error);
    for (size_t i = 0; i < 4; i++) {
        struct text bytes;
        struct value *tree;
        files[i].path = text_format(arena, "%s/rules/%s.yaml", folder, names[i]).bytes;
        if (file_read(arena, files[i].path, 1 << 20, &bytes, &error) ||
            yaml_parse(arena, bytes, files[i].path, &tree, &error))
            give_up(&error);
        files[i].tree = tree;
    }
    struct rule_options options = { .lists = lists, .language = "vi", .today = { 2026, 1, 12 } };
    if (rule_compile_all(arena, files, 4, &options, rules, &transform_digest, &error))
        give_up(&error);
}

static struct value *parse(struct arena *arena, struct text record)
{
    struct value *procedure;
    struct error error = { 0 };
    if (json_parse(arena, record, &procedure, &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return procedure;
}

/* A record is judged right after it was mapped, so that it is warm: here it is parsed before the clock runs.
 */
static double run(const struct rule_set *rules, const struct text *records, size_t count, size_t *found)
{
    static struct arena arena, scratch;
    double spent = 0;
    for (size_t i = 0; i < count; i++) {
        struct findings findings = { 0 };
        arena_clear(&arena);
        arena_clear(&scratch);
        struct value *procedure = parse(&arena, records[i]);
        double begun = now();
        rule_run(rules, &scratch, procedure, &findings);
        spent += now() - begun;
        *found += (size_t)findings.errors + (size_t)findings.warnings;
    }
    return spent / (double)count;
}

static void tell_each(const struct rule_set *rules, const struct text *records, size_t count)
{
    struct rule_set one = *rules;
    size_t found = 0;
    one.count = 0;
    double empty = run(&one, records, count, &found);
    printf("%8.3f us before any rule, the clock's own time included\n", empty);
    one.count = 1;
    for (size_t i = 0; i < rules->count; i++) {
        one.rules = &rules->rules[i];
        double spent = run(&one, records, count, &found);
        printf("%8.3f us %.*s\n", spent - empty, (int)one.rules->id.length, one.rules->id.bytes);
    }
}

int main(int count, char **arguments)
{
    struct arena arena = { 0 }, scratch = { 0 };
    struct rule_set *rules;
    size_t records = count > 2 ? (size_t)atol(arguments[2]) : 20000, found = 0, bytes = 0, projection = 0;
    int rounds = count > 3 ? atoi(arguments[3]) : 5;
    if (count < 2 || !records || rounds < 1)
        return fprintf(stderr, "usage: %s CONFIG-FOLDER [RECORDS [ROUNDS]]\n", *arguments), 2;
    load(&arena, arguments[1], &rules);
    struct text *texts = arena_array(&arena, struct text, records);
    struct buffer out = { 0 };
    for (size_t i = 0; i < records; i++) {
        buffer_clear(&out);
        canonical_write(&out, make(&scratch, (unsigned)i));
        texts[i] = text_copy(&arena, buffer_view(&out));
        bytes += out.length;
        arena_clear(&scratch);
    }
    printf("%zu records of %zu bytes\n", records, bytes / records);
    double best = 1e30;
    for (int round = 0; round < rounds; round++) {
        double spent = run(rules, texts, records, &found);
        best = spent < best ? spent : best;
    }
    double spent = 0;
    for (size_t i = 0; i < records; i++) {
        arena_clear(&scratch);
        struct value *procedure = parse(&scratch, texts[i]);
        double begun = now();
        buffer_clear(&out);
        rule_project(rules, procedure, &out);
        spent += now() - begun;
        projection += out.length;
    }
    printf("%.2f us a record for the rules (best of %d), %.2f findings a record\n", best, rounds,
           (double)found / (double)records / rounds);
    printf("%.2f us a record for what is kept for the night (%zu bytes)\n", spent / (double)records,
           projection / records);
    if (count > 4)
        tell_each(rules, texts, records);
    rule_free_all(rules);
    buffer_free(&out);
    arena_free(&arena);
    arena_free(&scratch);
    return 0;
}
