#include "report/approval_list.h"

#include "adapters/crypto.h"
#include "adapters/crypto_cms.h"
#include "adapters/json.h"
#include "adapters/visible.h"
#include "core/diff.h"
#include "core/field_words.h"
#include "report/approval_list_parts.h"

/* ---- what a step means ---- */

struct describing {
    struct store *store;
    struct arena *arena;
};

static enum status read_content(struct describing *describing, const struct digest *digest,
                                struct value **tree, struct error *error)
{
    struct text bytes;
    enum status status = store_payload_by_digest(describing->store, describing->arena, digest, &bytes, error);
    return status ? status : json_parse(describing->arena, bytes, tree, error);
}

static void put_change(struct arena *arena, struct value *changes, struct text field, struct text before,
                       struct text after)
{
    if (text_equal(before, after) && !before.bytes == !after.bytes)
        return;
    const struct field *kind = field_words_find(field);
    struct value *change = value_append(changes, value_object(arena));
    value_set(change, "field", value_text(arena, field));
    value_set(change, "place", value_text(arena, field_words_place(arena, field, LANGUAGE_VI)));
    if (before.bytes)
        value_put(arena, change, "before", field_words_value(arena, kind, before, LANGUAGE_VI));
    if (after.bytes)
        value_put(arena, change, "after", field_words_value(arena, kind, after, LANGUAGE_VI));
}

/* A withdrawal leaves the content as it is: what it changes is where the procedure stands, and by which decision. */
static void put_withdrawal(struct arena *arena, struct value *changes, const struct value *before,
                           const struct value *order)
{
    const struct value *decision = value_find(order, "decision");
    struct text number =
        decision && decision->kind == VALUE_TEXT ? decision->text : value_text_of(decision, "number");
    put_change(arena, changes, TEXT("status"), value_text_of(before, "status"), TEXT("abolished"));
    put_change(arena, changes, TEXT("decision.number"), TEXT_NONE, number);
    struct text reason = value_text_of(order, "reason");
    if (!reason.bytes)
        return;
    struct value *change = value_append(changes, value_object(arena));
    value_set(change, "field", value_string(arena, "reason"));
    value_set(change, "place", value_string(arena, "Lý do"));
    value_set(change, "after", value_text(arena, reason));
}

static enum status describe_step(struct describing *describing, const struct value *item, struct value *out,
                                 struct error *error)
{
    struct arena *arena = describing->arena;
    struct approval_step step;
    struct value *before = NULL, *after, *changes;
    if (!approval_step_parse(item, &step))
        return error_set(error, STATUS_USAGE, _("a step of the list cannot be read"));
    enum status status = read_content(describing, &step.digest, &after, error);
    if (!status && step.replaces)
        status = read_content(describing, &step.replaced, &before, error);
    if (status)
        return status;
    struct text name = value_text_of(step.withdraws ? before : after, "name");
    value_put(arena, out, "name", name.bytes ? name : value_text_of(after, "name"));
    changes = value_set(out, "changes", value_list(arena));
    if (step.withdraws) {
        put_withdrawal(arena, changes, before, after);
        return STATUS_OK;
    }
    if (step.abolished)
        put_change(arena, changes, TEXT("status"), TEXT("abolished"), value_text_of(after, "status"));
    for (const struct diff *diff = diff_find(arena, before, after); diff; diff = diff->next)
        put_change(arena, changes, diff->field, diff->before, diff->after);
    return STATUS_OK;
}

enum status approval_list_describe(struct store *store, struct arena *arena, const struct value *document,
                                   struct value **described, struct error *error)
{
    struct describing describing = { store, arena };
    *described = value_copy(arena, document);
    struct value *steps = value_find(*described, "steps");
    for (struct value *item = steps ? steps->first : NULL; item; item = item->next) {
        enum status status = describe_step(&describing, item, item, error);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* ---- parts of a list ---- */

enum approval_list_part approval_list_part(const struct value *step)
{
    if (text_is(value_text_of(step, "action"), "withdraw"))
        return APPROVAL_PART_WITHDRAW;
    return value_find(step, "replaces") ? APPROVAL_PART_CHANGE : APPROVAL_PART_NEW;
}

size_t approval_list_count(const struct value *described, enum approval_list_part part)
{
    size_t count = 0;
    for (const struct value *step = value_find(described, "steps")->first; step; step = step->next)
        count += approval_list_part(step) == part;
    return count;
}

const char *const approval_list_headings[APPROVAL_PARTS] = { "BÃI BỎ", "SỬA ĐỔI", "CÔNG KHAI MỚI" };

void approval_list_title(const struct value *described, struct buffer *out)
{
    struct text list = value_text_of(described, "list");
    if (!list.bytes)
        buffer_string(out, "DỰ THẢO DANH SÁCH TRÌNH DUYỆT");
    else if (value_find(described, "part"))
        buffer_printf(out, "PHẦN ĐƯỢC DUYỆT CỦA DANH SÁCH TRÌNH SỐ %.*s", TEXT_ARG(list));
    else
        buffer_printf(out, "DANH SÁCH TRÌNH DUYỆT SỐ %.*s", TEXT_ARG(list));
}

/* ---- words ---- */

/* One line, whatever is in it. */
static void put_line(struct buffer *out, const char *label, struct text text)
{
    if (!text.length)
        return;
    buffer_string(out, label);
    visible_put(out, text, false);
    buffer_char(out, '\n');
}

static void put_value(struct buffer *out, const char *label, struct text text)
{
    buffer_string(out, label);
    buffer_char(out, '\n');
    for (size_t at = 0; at <= text.length;) {
        size_t end = at;
        while (end < text.length && text.bytes[end] != '\n')
            end++;
        buffer_string(out, "     | ");
        visible_put(out, text_slice(text, at, end - at), false);
        buffer_char(out, '\n');
        at = end + 1;
    }
}

static void put_changes(struct buffer *out, const struct value *step)
{
    for (const struct value *change = value_find(step, "changes")->first; change; change = change->next) {
        struct text before = value_text_of(change, "before"), after = value_text_of(change, "after");
        put_line(out, "   - ", value_text_of(change, "place"));
        if (before.bytes)
            put_value(out, after.bytes ? "     trước:" : "     bỏ:", before);
        if (after.bytes)
            put_value(out, before.bytes ? "     sau:" : "     thêm:", after);
    }
}

static void put_step(struct buffer *out, const struct value *step, size_t number)
{
    buffer_printf(out, "%zu. ", number);
    visible_put(out, value_text_of(step, "code"), false);
    put_line(out, " - ", value_text_of(step, "name"));
    if (!value_text_of(step, "name").length)
        buffer_char(out, '\n');
    put_line(out, "   Được trình lại, vì: ", value_text_of(step, "again"));
    put_line(out, "   Trước đó bị yêu cầu hoàn thiện, vì: ", value_text_of(step, "sent_back"));
    put_line(out, "   Ghi đè phiên bản đang có: ", value_text_of(step, "overwrites"));
    put_changes(out, step);
    put_line(out, "   Nội dung (SHA-256): ", value_text_of(step, "digest"));
    put_line(out, "   Thay cho (SHA-256): ", value_text_of(step, "replaces"));
    buffer_char(out, '\n');
}

static void put_head(struct buffer *out, const struct value *described)
{
    const struct value *agency = value_find(described, "agency"), *steps = value_find(described, "steps");
    approval_list_title(described, out);
    buffer_string(out, "\n\n");
    put_line(out, "Cơ quan: ", value_text_of(agency, "name"));
    put_line(out, "Mã cơ quan: ", value_text_of(agency, "code"));
    put_line(out, "Số tờ trình: ", value_text_of(described, "number"));
    put_line(out, "Người trình: ", value_text_of(described, "submitter"));
    put_line(out, "Lúc (UTC): ", value_text_of(described, "at"));
    put_line(out, "Theo quy định phê duyệt (SHA-256): ", value_text_of(described, "rules"));
    buffer_printf(out, "Số việc: %zu (bãi bỏ %zu, sửa đổi %zu, công khai mới %zu)\n", steps->count,
                  approval_list_count(described, APPROVAL_PART_WITHDRAW),
                  approval_list_count(described, APPROVAL_PART_CHANGE),
                  approval_list_count(described, APPROVAL_PART_NEW));
    put_line(out, "Phanh an toàn báo: ", value_text_of(described, "brakes"));
    buffer_char(out, '\n');
}

static void put_end(struct buffer *out, const struct digest *digest)
{
    char hex[DIGEST_HEX];
    digest_hex(digest, hex);
    buffer_printf(out, "Dữ liệu cho máy (SHA-256): %s\n", hex);
}

void approval_list_text(const struct value *described, const struct digest *digest, struct buffer *out)
{
    size_t number = 0;
    put_head(out, described);
    for (int part = 0; part < APPROVAL_PARTS; part++) {
        size_t count = approval_list_count(described, (enum approval_list_part)part);
        if (!count)
            continue;
        buffer_printf(out, "%s (%zu)\n\n", approval_list_headings[part], count);
        for (const struct value *step = value_find(described, "steps")->first; step; step = step->next)
            if ((int)approval_list_part(step) == part)
                put_step(out, step, ++number);
    }
    put_end(out, digest);
}

/* ---- rules ---- */

static enum status put_person(struct buffer *out, const struct value *person, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text certificate = value_text_of(person, "certificate"), der, subject;
    int64_t until = 0;
    bool approves = text_is(value_text_of(person, "role"), "approver");
    put_line(out, approves ? "- Người duyệt: " : "- Người trình: ", value_text_of(person, "name"));
    for (const struct value *login = value_find(person, "login")->first; login; login = login->next)
        put_line(out, "  Tài khoản: ", login->text);
    put_line(out, "  Khóa: ", value_text_of(person, "key"));
    if (!certificate.bytes)
        return STATUS_OK;
    char day[11], hex[DIGEST_HEX];
    if (!crypto_base64_decode(&arena, certificate, &der))
        return error_set(error, STATUS_USAGE, _("a certificate of the list of people cannot be read"));
    if (crypto_certificate_about(&arena, der, &subject, &until, error))
        return error->status;
    struct digest digest = crypto_sha256(der);
    clock_format_date(until, day);
    digest_hex(&digest, hex);
    put_line(out, "  Chứng thư: ", subject);
    put_line(out, "  Hết hạn: ", text_of(day));
    put_line(out, "  Chứng thư (SHA-256): ", text_of(hex));
    return STATUS_OK;
}

static void put_scope(struct buffer *out, const struct value *scope)
{
    static const char *const words[][2] = {
        { "none", "không việc nào" },
        { "withdrawals", "mọi việc bãi bỏ" },
        { "changes", "mọi việc, khi phần thay đổi vượt tỷ lệ dưới đây; nếu không, mọi việc bãi bỏ" },
        { "all", "mọi việc" },
    };
    buffer_string(out, "- ");
    put_line(out, "Nguồn: ", value_text_of(scope, "source"));
    put_line(out, "Đơn vị: ", value_text_of(scope, "department"));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(value_text_of(scope, "scope"), words[i][0]))
            buffer_printf(out, "Phải được duyệt: %s\n", words[i][1]);
    put_line(out, "Tỷ lệ: ", value_text_of(scope, "share"));
}

enum status approval_list_rules(const struct approval_list_rules *rules, struct buffer *out,
                                struct error *error)
{
    const struct value *people = value_find(rules->document, "people"),
                       *scopes = value_find(rules->document, "scope");
    char hex[DIGEST_HEX];
    buffer_printf(out, "QUY ĐỊNH PHÊ DUYỆT, TRÌNH SỐ %lld\n\n", (long long)rules->list);
    put_line(out, "Người trình: ", rules->submitter);
    put_line(out, "Lý do: ", rules->reason);
    if (rules->recovers)
        buffer_string(out, "Khôi phục: không còn người duyệt nào ký được; có hiệu lực sau 72 giờ.\n");
    put_line(out, "Hiệu lực của một lần duyệt (mili giây): ", value_text_of(rules->document, "expires"));
    buffer_string(out, "\nNHỮNG VIỆC PHẢI ĐƯỢC DUYỆT\n\n");
    if (!scopes->first)
        buffer_string(out, "- Không việc nào.\n");
    for (const struct value *scope = scopes->first; scope; scope = scope->next)
        put_scope(out, scope);
    buffer_string(out, "\nNGƯỜI CÓ QUYỀN\n\n");
    if (!people->first)
        buffer_string(out, "- Không ai.\n");
    for (const struct value *person = people->first; person; person = person->next)
        if (put_person(out, person, error))
            return error->status;
    if (value_text_of(rules->document, "authorities").bytes) {
        struct digest digest = crypto_sha256(value_text_of(rules->document, "authorities"));
        digest_hex(&digest, hex);
        put_line(out, "\nTổ chức chứng thực (PEM, SHA-256): ", text_of(hex));
    }
    buffer_char(out, '\n');
    put_end(out, rules->digest);
    return STATUS_OK;
}
