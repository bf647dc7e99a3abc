#include "core/procedure.h"

#include <stdio.h>
#include <string.h>

#include "core/count.h"

#define FIELD(n, k, vi, en, ...)                                                                             \
    {                                                                                                        \
        .name = n, .kind = k, .words = WORDS(vi, en), __VA_ARGS__                                            \
    }
#define LINE(n, vi, en)         FIELD(n, FIELD_LINE, vi, en, .required = false)
#define LINES(n, vi, en)        FIELD(n, FIELD_LINES, vi, en, .required = false)
#define DATE(n, vi, en)         FIELD(n, FIELD_DATE, vi, en, .required = false)
#define DECIMAL(n, vi, en)      FIELD(n, FIELD_DECIMAL, vi, en, .required = false)
#define INTEGER(n, vi, en)      FIELD(n, FIELD_INTEGER, vi, en, .required = false)
#define CHOICE(n, c, vi, en)    FIELD(n, FIELD_CHOICE, vi, en, .choices = c, .choice_words = c##_words)
#define LIST(n, i, vi, en, ...) FIELD(n, FIELD_LIST, vi, en, .item = &(i), .one = WORDS(__VA_ARGS__))
#define GROUP(n, f, m, vi, en)  FIELD(n, FIELD_GROUP, vi, en, .fields = f, .count = COUNT(f), .main = m)
#define REQUIRED(n, k, vi, en, ...)                                                                          \
    {                                                                                                        \
        .name = n, .kind = k, .required = true, .words = WORDS(vi, en), __VA_ARGS__                          \
    }

/* Choices, and what they are called. */
static const char *const kinds[] = { "public", "internal", NULL };
static const struct words kinds_words[] = { WORDS("thủ tục hành chính", "public procedure"),
                                            WORDS("thủ tục hành chính nội bộ", "internal procedure") };
static const char *const statuses[] = { "draft", "announced", "abolished", NULL };
static const struct words statuses_words[] = { WORDS("dự thảo", "draft"), WORDS("đã công bố", "announced"),
                                               WORDS("đã bãi bỏ", "abolished") };
static const char *const levels[] = { "ministry", "province", "district", "commune", "other", NULL };
static const struct words levels_words[] = { WORDS("cấp bộ", "ministry"), WORDS("cấp tỉnh", "province"),
                                             WORDS("cấp huyện", "district"), WORDS("cấp xã", "commune"),
                                             WORDS("cơ quan khác", "other") };
static const char *const channels[] = { "direct", "online", "post", "other", NULL };
static const struct words channels_words[] = { WORDS("trực tiếp", "in person"), WORDS("trực tuyến", "online"),
                                               WORDS("dịch vụ bưu chính", "by post"),
                                               WORDS("khác", "other") };
static const char *const units[] = { "hour", "day", "working_day", "month", "year", NULL };
static const struct words units_words[] = { WORDS("giờ", "hours"), WORDS("ngày", "days"),
                                            WORDS("ngày làm việc", "working days"), WORDS("tháng", "months"),
                                            WORDS("năm", "years") };
static const char *const fee_kinds[] = { "fee", "charge", NULL };
static const struct words fee_kinds_words[] = { WORDS("phí", "fee"), WORDS("lệ phí", "charge") };
static const char *const online_services[] = { "full", "partial", "none", NULL };
static const struct words online_services_words[] = { WORDS("toàn trình", "full"),
                                                      WORDS("một phần", "partial"),
                                                      WORDS("không có", "none") };
static const char *const service_levels[] = { "full", "partial", NULL };
static const struct words service_levels_words[] = { WORDS("toàn trình", "full"),
                                                     WORDS("một phần", "partial") };
static const char *const internal_groups[] = { "between_agencies", "within_agency", NULL };
static const struct words internal_groups_words[] = {
    WORDS("giữa các cơ quan hành chính nhà nước", "between agencies"),
    WORDS("trong nội bộ một cơ quan hành chính nhà nước", "within an agency")
};
static const char *const territorial_ties[] = { "bound", "free", NULL };
static const struct words territorial_ties_words[] = { WORDS("theo địa giới hành chính", "bound to a place"),
                                                       WORDS("không phụ thuộc địa giới hành chính",
                                                             "free of place") };
static const char *const yes_only[] = { "yes", NULL };
static const struct words yes_only_words[] = { WORDS("có", "yes") };
static const char *const yes_or_no[] = { "yes", "no", NULL };
static const struct words yes_or_no_words[] = { WORDS("có", "yes"), WORDS("không", "no") };
static const char *const announcements[] = { "new", "amended", "replaced", "abolished", NULL };
static const struct words announcements_words[] = { WORDS("ban hành mới", "new"),
                                                    WORDS("sửa đổi, bổ sung", "amended"),
                                                    WORDS("thay thế", "replaced"),
                                                    WORDS("bãi bỏ", "abolished") };

/* Every table is sorted by name: canonical bytes then need no sorting. */
static const struct field coded_fields[] = { LINE("code", "mã", "code"), LINE("name", "tên", "name") };
static const struct field coded = GROUP(NULL, coded_fields, "name", NULL, NULL);

static const struct field decision_fields[] = {
    DATE("effective_on", "ngày có hiệu lực", "day it takes effect"),
    LINE("issuer", "cơ quan ban hành", "issuer"),
    LINE("number", "số ký hiệu", "number"),
    CHOICE("shortened", yes_only, "trình tự, thủ tục rút gọn", "shortened procedure"),
    DATE("signed_on", "ngày ký", "day it was signed"),
};

static const struct field dossier_fields[] = {
    LINE("case", "trường hợp", "case"),        LINE("code", "mã giấy tờ", "code"),
    INTEGER("copies", "số bản sao", "copies"), LINE("form", "mẫu đơn, tờ khai", "form"),
    LINE("name", "tên giấy tờ", "name"),       INTEGER("originals", "số bản chính", "originals"),
};
static const struct field dossier_item = GROUP(NULL, dossier_fields, "name", NULL, NULL);

static const struct field legal_basis_fields[] = {
    DATE("effective_on", "ngày có hiệu lực", "day it takes effect"),
    DATE("issued_on", "ngày ban hành", "day it was issued"),
    LINE("issuer", "cơ quan ban hành", "issuer"),
    LINE("number", "số ký hiệu", "number"),
    LINE("title", "tên văn bản", "title"),
};
static const struct field legal_basis_item = GROUP(NULL, legal_basis_fields, "title", NULL, NULL);

static const struct field level_item = CHOICE(NULL, levels, NULL, NULL);
static const struct field code_item = LINE(NULL, NULL, NULL);

static const struct field duration_fields[] = { DECIMAL("amount", "số lượng", "amount"),
                                                CHOICE("unit", units, "đơn vị tính", "unit") };
static const struct field fee_fields[] = { DECIMAL("amount", "mức thu", "amount"),
                                           LINE("currency", "đơn vị tiền", "currency"),
                                           CHOICE("kind", fee_kinds, "phí hay lệ phí", "kind"),
                                           LINE("text", "nội dung", "text") };
static const struct field fee_item = GROUP(NULL, fee_fields, "text", NULL, NULL);
static const struct field method_fields[] = {
    CHOICE("channel", channels, "hình thức nộp", "channel"),
    GROUP("duration", duration_fields, "amount", "thời hạn", "time limit"),
    LIST("fees", fee_item, "phí, lệ phí", "fees", "mục phí, lệ phí", "fee"),
    LINES("text", "mô tả", "text"),
};
static const struct field method_item = GROUP(NULL, method_fields, "text", NULL, NULL);

static const struct field service_fields[] = {
    LINE("code", "mã", "code"),
    CHOICE("level", service_levels, "mức độ", "level"),
    LINE("name", "tên", "name"),
    LINE("provision", "quy định làm căn cứ", "provision"),
    LINE("reason", "lý do chưa toàn trình", "reason"),
};
static const struct field service_item = GROUP(NULL, service_fields, "name", NULL, NULL);

static const struct field step_fields[] = { LINE("case", "trường hợp", "case"),
                                            LINES("text", "nội dung", "text") };
static const struct field step_item = GROUP(NULL, step_fields, "text", NULL, NULL);

static const struct field root_fields[] = {
    GROUP("agency", coded_fields, "name", "Cơ quan công bố", "Agency"),
    CHOICE("announcement", announcements, "Nội dung công bố", "What was announced"),
    REQUIRED("code", FIELD_LINE, "Mã thủ tục", "Code"),
    LIST("competent_agencies", coded, "Cơ quan có thẩm quyền", "Competent agencies", "Cơ quan có thẩm quyền",
         "Competent agency"),
    LINES("conditions", "Yêu cầu, điều kiện", "Conditions"),
    LIST("coordinating_agencies", coded, "Cơ quan phối hợp", "Coordinating agencies", "Cơ quan phối hợp",
         "Coordinating agency"),
    GROUP("decision", decision_fields, "number", "Quyết định công bố", "Decision"),
    LIST("dossier", dossier_item, "Thành phần hồ sơ", "Dossier", "Thành phần hồ sơ", "Dossier paper"),
    LIST("executing_agencies", coded, "Cơ quan thực hiện", "Executing agencies", "Cơ quan thực hiện",
         "Executing agency"),
    LIST("fields", coded, "Lĩnh vực", "Fields", "Lĩnh vực", "Field"),
    CHOICE("full_online_eligible", yes_or_no, "Đủ điều kiện cung cấp toàn trình",
           "Eligible for full online service"),
    CHOICE("internal_group", internal_groups, "Nhóm thủ tục nội bộ", "Internal group"),
    REQUIRED("kind", FIELD_CHOICE, "Loại thủ tục", "Kind", .choices = kinds, .choice_words = kinds_words),
    LIST("legal_bases", legal_basis_item, "Căn cứ pháp lý", "Legal bases", "Căn cứ pháp lý", "Legal basis"),
    LIST("levels", level_item, "Cấp thực hiện", "Levels", "Cấp thực hiện", "Level"),
    LIST("methods", method_item, "Cách thức thực hiện", "Methods", "Cách thức thực hiện", "Method"),
    REQUIRED("name", FIELD_LINE, "Tên thủ tục", "Name"),
    LINES("notes", "Ghi chú", "Notes"),
    CHOICE("online_service", online_services, "Mức độ dịch vụ công trực tuyến", "Online service"),
    LIST("replaces", code_item, "Thủ tục được thay thế", "Procedures replaced", "Thủ tục được thay thế",
         "Procedure replaced"),
    LIST("results", coded, "Kết quả thực hiện", "Results", "Kết quả thực hiện", "Result"),
    LIST("services", service_item, "Dịch vụ công trực tuyến", "Online services", "Dịch vụ công trực tuyến",
         "Online service"),
    REQUIRED("status", FIELD_CHOICE, "Trạng thái", "Status", .choices = statuses,
             .choice_words = statuses_words),
    LIST("steps", step_item, "Trình tự thực hiện", "Steps", "Bước", "Step"),
    LIST("subjects", coded, "Đối tượng thực hiện", "Subjects", "Đối tượng thực hiện", "Subject"),
    CHOICE("territorial", territorial_ties, "Phạm vi địa giới hành chính", "Tie to a place"),
    LINES("time_limit", "Thời hạn giải quyết", "Time limit"),
};

const struct field procedure_root = GROUP(NULL, root_fields, NULL, "Thủ tục", "Procedure");

size_t field_names(const struct field *group, const char **names, size_t most)
{
    size_t count = group->count < most ? group->count : most;
    for (size_t i = 0; i < count; i++)
        names[i] = group->fields[i].name;
    return count;
}

const struct field *field_find(const struct field *group, struct text name)
{
    for (size_t i = 0; i < group->count; i++)
        if (text_is(name, group->fields[i].name))
            return &group->fields[i];
    return NULL;
}

static enum status no_field(const struct field *group, struct text path, struct text name,
                            struct error *error)
{
    const char *names[32];
    size_t count = field_names(group, names, COUNT(names));
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        return error_set(error, STATUS_USAGE,
                         _("A procedure has no field \"%.*s\" (in \"%.*s\"); did you mean \"%s\"?"),
                         TEXT_ARG(name), TEXT_ARG(path), nearest);
    return error_set(error, STATUS_USAGE, _("A procedure has no field \"%.*s\" (in \"%.*s\")"),
                     TEXT_ARG(name), TEXT_ARG(path));
}

enum status field_path_compile(const struct field *group, struct text text, struct field_path *path,
                               struct error *error)
{
    *path = (struct field_path){ .text = text };
    size_t at = 0;
    while (at <= text.length) {
        size_t end = at;
        while (end < text.length && text.bytes[end] != '.')
            end++;
        struct text name = text_slice(text, at, end - at);
        bool each = text_ends(name, TEXT("[]"));
        if (each)
            name.length -= 2;
        if (!group || path->count == FIELD_DEPTH)
            return error_set(error, STATUS_USAGE, _("\"%.*s\" goes deeper than a procedure does"),
                             TEXT_ARG(text));
        const struct field *field = group->kind == FIELD_GROUP ? field_find(group, name) : NULL;
        if (!field)
            return no_field(group, text, name, error);
        if (each && field->kind != FIELD_LIST)
            return error_set(error, STATUS_USAGE, _("\"%s\" is no list; write \"%.*s\" without []"),
                             field->name, TEXT_ARG(text));
        if (!each && field->kind == FIELD_LIST && end < text.length)
            return error_set(error, STATUS_USAGE,
                             _("\"%s\" is a list: write \"%s[]\" to reach into its items"), field->name,
                             field->name);
        path->steps[path->count] = field;
        path->each[path->count++] = each;
        group = field->kind == FIELD_GROUP                 ? field
                : each && field->item->kind == FIELD_GROUP ? field->item
                                                           : NULL;
        at = end + 1;
    }
    return STATUS_OK;
}
