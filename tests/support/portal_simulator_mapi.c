#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"
#include "tests/support/portal_simulator_state.h"

#define SESSION_LETTERS 32
#define CODE_FIELD      "MATTHC"

struct simulator_session {
    struct simulator_session *next;
    int64_t used;
    char value[SESSION_LETTERS + 1];
};

/* Behind any prefix: a province's facade puts the adapter where it likes. */
bool simulator_mapi_claims(struct simulator_request *request)
{
    size_t at = 0;
    if (!text_find(request->path, TEXT("/mapi/"), &at))
        return false;
    request->operation = text_ends(request->path, TEXT("/mapi/login")) ? OPERATION_LOGIN : OPERATION_MAPI;
    const struct value *body =
        request->operation == OPERATION_MAPI ? simulator_request_json(request, NULL) : NULL;
    if (!body || request->code_count > 0)
        return true;
    struct text asked = value_text_of(body, "maTTHC");
    if (asked.length > 0)
        simulator_request_code(request, asked);
    const struct value *data = value_find(body, "data");
    for (const struct value *item = data ? data->first : NULL; item; item = item->next) {
        struct text code = value_text_of(item, CODE_FIELD);
        if (code.length > 0)
            simulator_request_code(request, code);
    }
    return true;
}

static void write_code(struct simulator_request *request, struct buffer *out, const char *code)
{
    bool good = strcmp(code, "0") == 0;
    switch (request->simulator->options.code_form) {
    case CODE_FORM_NUMBER:
        buffer_printf(out, "\"error_code\":%s", code);
        break;
    case CODE_FORM_STRING:
        buffer_printf(out, "\"error_code\":\"%s\"", code);
        break;
    case CODE_FORM_DOUBLE_ZERO:
        buffer_printf(out, "\"error_code\":\"%s\"", good ? "00" : code);
        break;
    }
}

/* Everything is HTTP 200; `members` are those behind the error code, with their leading comma. */
static void answer(struct simulator_request *request, const char *code, struct text message,
                   struct text members)
{
    struct buffer BUFFER_OWNED plain = { 0 };
    buffer_char(&plain, '{');
    write_code(request, &plain, code);
    if (message.length) {
        buffer_char(&plain, ',');
        simulator_json_string(&plain, "message", message);
    }
    buffer_text(&plain, members);
    buffer_char(&plain, '}');
    struct buffer *body = simulator_answer_json(request, 200);
    if (request->simulator->options.facade) {
        buffer_char(body, '{');
        simulator_json_string(body, "message", buffer_view(&plain));
        buffer_char(body, '}');
    } else {
        buffer_text(body, buffer_view(&plain));
    }
}

static void answer_result(struct simulator_request *request, struct buffer *result)
{
    struct buffer BUFFER_OWNED members = { 0 };
    buffer_string(&members, ",\"result\":");
    buffer_text(&members, buffer_view(result));
    answer(request, "0", TEXT("Thành công"), buffer_view(&members));
}

static void end_session(struct simulator *simulator, struct text value)
{
    for (struct simulator_session **at = &simulator->sessions; *at; at = &(*at)->next) {
        struct simulator_session *session = *at;
        if (text_is(value, session->value)) {
            *at = session->next;
            free(session);
            return;
        }
    }
}

void simulator_mapi_forget(struct simulator *simulator)
{
    while (simulator->sessions)
        end_session(simulator, text_of(simulator->sessions->value));
}

void simulator_mapi_expire(struct simulator_request *request)
{
    if (request->operation != OPERATION_MAPI) {
        simulator_access_refuse(request, "Bearer");
        return;
    }
    const struct value *body = simulator_request_json(request, NULL);
    if (body)
        end_session(request->simulator, value_text_of(body, "session"));
    request->simulator->statistics.sessions_expired++;
    answer(request, "-1", TEXT("Phiên làm việc đã hết hạn (session expired)"), TEXT_NONE);
}

/* Whether the session lives, counting this use. */
static bool session_good(struct simulator_request *request, const struct value *body)
{
    struct text value = value_text_of(body, "session");
    int64_t most = request->simulator->options.session_requests;
    for (struct simulator_session *session = request->simulator->sessions; session; session = session->next) {
        if (text_is(value, session->value))
            return most == 0 || ++session->used <= most;
    }
    return false;
}

static bool login_good(struct simulator_request *request, const struct value *body)
{
    const struct simulator_options *options = &request->simulator->options;
    struct text user = value_text_of(body, "username"), password = value_text_of(body, "password");
    struct text header = simulator_request_header(request, "dstcode");
    struct text destination = header.bytes ? header : simulator_request_parameter(request, "dstcode");
    if (!user.length || !password.length || (options->dstcode && !text_is(destination, options->dstcode)))
        return false;
    struct text pair = text_format(&request->arena, "%.*s:%.*s", (int)user.length, user.bytes,
                                   (int)password.length, password.bytes);
    return !options->mapi_user || text_is(pair, options->mapi_user);
}

static void answer_login(struct simulator_request *request, const struct value *body)
{
    if (!login_good(request, body)) {
        answer(request, "0", TEXT_NONE, TEXT(",\"session\":\"\""));
        return;
    }
    struct simulator_session *session = memory_new(struct simulator_session);
    unsigned char random[SESSION_LETTERS];
    crypto_random(random, sizeof random);
    for (size_t at = 0; at < SESSION_LETTERS; at++)
        session->value[at] = "0123456789abcdef"[random[at] & 15];
    session->next = request->simulator->sessions;
    request->simulator->sessions = session;
    request->simulator->statistics.logins++;
    answer(request, "0", TEXT_NONE, text_format(&request->arena, ",\"session\":\"%s\"", session->value));
}

static struct text member(const struct value *body, const char *name, const char *other)
{
    struct text found = value_text_of(body, name);
    return found.bytes ? found : value_text_of(body, other);
}

/* What is held under the adapter's names: as it was pushed, or renamed when it came by the other door. */
static const struct value *held_names(struct simulator_request *request, const struct simulator_held *held)
{
    struct value *value = NULL;
    if (json_parse(&request->arena, held->content, &value, NULL) != STATUS_OK)
        return NULL;
    return text_is(held->form, "mapi") ? value : simulator_mapi_names(&request->arena, value);
}

static void answer_one(struct simulator_request *request, const struct value *body)
{
    struct simulator_held held;
    struct text code = value_text_of(body, "maTTHC");
    if (!code.length || !simulator_state_find(request->simulator->state, &request->arena, code, &held)) {
        answer(request, "5", TEXT("Không tìm thấy thủ tục"), TEXT(",\"result\":[]"));
        return;
    }
    const struct value *procedure = held_names(request, &held);
    struct buffer BUFFER_OWNED result = { 0 };
    buffer_char(&result, '[');
    if (procedure)
        simulator_json_write(&result, procedure);
    buffer_char(&result, ']');
    answer_result(request, &result);
}

static void write_listed(struct simulator_request *request, struct buffer *out,
                         const struct simulator_held *held)
{
    const struct value *procedure = held_names(request, held);
    buffer_char(out, '{');
    simulator_json_string(out, CODE_FIELD, held->code);
    static const char *const names[] = { "TENTTHC", "MACOQUANCONGBO", "TRANGTHAI" };
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        buffer_char(out, ',');
        struct text text = procedure ? value_text_of(procedure, names[at]) : TEXT_NONE;
        simulator_json_string(out, names[at], text.bytes ? text : TEXT(""));
    }
    buffer_char(out, '}');
}

/* page and size (or trang and soLuong) ask for a page, counted from 1. */
static void answer_list(struct simulator_request *request, const struct value *body)
{
    struct arena *arena = &request->arena;
    struct text page = member(body, "page", "trang"), size = member(body, "size", "soLuong");
    long wanted = page.bytes ? strtol(text_string(arena, page), NULL, 10) : 1;
    long most = size.bytes ? strtol(text_string(arena, size), NULL, 10) : 100;
    if (wanted < 1 || most < 1 || most > 1000) {
        answer(request, "3", TEXT("Tham số phân trang không hợp lệ"), TEXT_NONE);
        return;
    }
    if (!page.bytes && !size.bytes)
        most = INT32_MAX;
    struct simulator_held held[50];
    struct text agency = value_text_of(body, "maCoQuan"), after = TEXT("");
    int64_t skip = (wanted - 1) * (int64_t)most, seen = 0, total = 0;
    struct buffer BUFFER_OWNED result = { 0 };
    buffer_char(&result, '[');
    for (size_t count = 50; count == 50;) {
        count = simulator_state_list(request->simulator->state, arena, agency, after, 50, true, held);
        for (size_t at = 0; at < count; at++, total++) {
            if (total < skip || seen >= most)
                continue;
            buffer_string(&result, seen++ ? ",\n" : "\n");
            write_listed(request, &result, &held[at]);
        }
        after = count > 0 ? held[count - 1].code : after;
    }
    buffer_char(&result, ']');
    struct buffer BUFFER_OWNED members = { 0 };
    buffer_printf(&members, ",\"total\":%lld,\"result\":", (long long)total);
    buffer_text(&members, buffer_view(&result));
    answer(request, "0", TEXT_NONE, buffer_view(&members));
}

static void fill_change(struct simulator_request *request, const struct value *item,
                        struct simulator_change *change)
{
    struct buffer BUFFER_OWNED content = { 0 }, canonical = { 0 };
    simulator_json_write(&content, item);
    canonical_write(&canonical, item);
    const char *abolished = request->simulator->options.mapi_abolished;
    bool withdrawn = text_is(value_text_of(item, "TRANGTHAI"), abolished);
    struct text agency = value_text_of(item, "MACOQUANCONGBO");
    *change = (struct simulator_change){
        .action = withdrawn ? "withdraw" : "publish",
        .source = "mapi",
        .code = value_text_of(item, CODE_FIELD),
        .content = text_copy(&request->arena, buffer_view(&content)),
        .form = TEXT("mapi"),
        .agency = agency.length ? agency : TEXT_NONE,
        .status = withdrawn ? TEXT("abolished") : TEXT("published"),
        .digest = crypto_sha256(buffer_view(&canonical)),
    };
}

/* The whole push is good or nothing of it is taken. */
static bool push_good(struct simulator_request *request, const struct value *data, bool updating)
{
    if (!data || data->kind != VALUE_LIST || data->count == 0) {
        answer(request, "3", TEXT("Thiếu dữ liệu: data phải là một danh sách"), TEXT_NONE);
        return false;
    }
    for (const struct value *item = data->first; item; item = item->next) {
        struct simulator_held held;
        struct text code = value_text_of(item, CODE_FIELD), name = value_text_of(item, "TENTTHC");
        if (!code.length || !name.length) {
            answer(request, "3", TEXT("Thiếu MATTHC hoặc TENTTHC"), TEXT_NONE);
            return false;
        }
        bool found = simulator_state_find(request->simulator->state, &request->arena, code, &held);
        if (found != updating) {
            answer(request, "9",
                   text_format(&request->arena, found ? "Mã %.*s đã tồn tại" : "Mã %.*s chưa tồn tại",
                               (int)code.length, code.bytes),
                   TEXT_NONE);
            return false;
        }
    }
    return true;
}

static void answer_push(struct simulator_request *request, const struct value *body)
{
    struct text updating = value_text_of(body, "isUpdating");
    const struct value *data = value_find(body, "data");
    if (!text_is(updating, "True") && !text_is(updating, "False")) {
        answer(request, "3", TEXT("isUpdating phải là \"True\" hoặc \"False\""), TEXT_NONE);
        return;
    }
    if (!push_good(request, data, text_is(updating, "True")))
        return;
    struct buffer BUFFER_OWNED result = { 0 };
    buffer_char(&result, '[');
    for (const struct value *item = data->first; item; item = item->next) {
        struct simulator_change change;
        struct simulator_outcome outcome;
        int64_t unconditional = request->simulator->statistics.unconditional;
        fill_change(request, item, &change);
        simulator_change_apply(request, &change, &outcome);
        request->simulator->statistics.unconditional = unconditional; /* there are no conditions here */
        buffer_string(&result, item == data->first ? "{" : ",{");
        simulator_json_string(&result, CODE_FIELD, change.code);
        buffer_char(&result, '}');
    }
    buffer_char(&result, ']');
    answer_result(request, &result);
}

static void answer_service(struct simulator_request *request, const struct value *body)
{
    struct text service = value_text_of(body, "service");
    if (!session_good(request, body)) {
        simulator_mapi_expire(request);
    } else if (!value_text_of(body, "madonvi").length) {
        answer(request, "3", TEXT("Thiếu madonvi"), TEXT_NONE);
    } else if (text_is(service, request->simulator->options.push_service)) {
        answer_push(request, body);
    } else if (text_is(service, "LayThuTuc")) {
        answer_one(request, body);
    } else if (text_is(service, "LayDanhSachTTHC")) {
        answer_list(request, body);
    } else if (text_starts(service, TEXT("LayDanhMuc"))) {
        struct buffer BUFFER_OWNED result = { 0 };
        buffer_string(&result,
                      "[{\"MA\":\"01\",\"TEN\":\"Mục thứ nhất\"},{\"MA\":\"02\",\"TEN\":\"Mục thứ hai\"}]");
        answer_result(request, &result);
    } else {
        answer(request, "2",
               text_format(&request->arena, "Không có dịch vụ \"%.*s\"", (int)service.length,
                           service.bytes ? service.bytes : ""),
               TEXT_NONE);
    }
}

void simulator_mapi_answer(struct simulator_request *request)
{
    if (strcmp(request->method, "POST") != 0) {
        simulator_answer_problem(request, 405, NULL, "The adapter takes POST only.");
        simulator_answer_header(request, "Allow", TEXT("POST"));
        return;
    }
    if (request->body_over) {
        simulator_answer_problem(request, 413, NULL, "The body is longer than %zu bytes.",
                                 request->simulator->options.body_most);
        return;
    }
    struct error error = { 0 };
    const struct value *body = simulator_request_json(request, &error);
    if (!body || body->kind != VALUE_OBJECT)
        answer(request, "3", text_of(body ? "Nội dung phải là một đối tượng JSON" : error.message),
               TEXT_NONE);
    else if (request->operation == OPERATION_LOGIN)
        answer_login(request, body);
    else
        answer_service(request, body);
}
