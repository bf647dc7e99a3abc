#include <stdlib.h>
#include <string.h>

#include "core/canonical.h"
#include "tests/support/portal_simulator.h"

#define PAGE_USUAL 20
#define PAGE_MAX   500

static const struct text list_path = { "/submitting/formality/list-all-public-formality-by-citizen", 58 };
static const struct text detail_path = { "/configuring/formality/get-formality-by-citizen", 47 };

bool simulator_public_claims(struct simulator_request *request)
{
    if (!text_starts(request->path, TEXT("/public/")))
        return false;
    request->operation = OPERATION_PUBLIC;
    const struct value *body = request->code_count == 0 ? simulator_request_json(request, NULL) : NULL;
    struct text id = body ? value_text_of(body, "id") : TEXT_NONE;
    if (id.length > 0)
        simulator_request_code(request, id);
    return true;
}

/* The portal answers 201 when it has done what it was asked. */
static struct buffer *start(struct simulator_request *request)
{
    struct buffer *body = simulator_answer_json(request, 201);
    buffer_string(body, "{\"code\":\"OK\",\"data\":");
    return body;
}

static void refuse(struct simulator_request *request, int status, const char *code, const char *message)
{
    struct buffer *body = simulator_answer_json(request, status);
    buffer_printf(body, "{\"code\":\"%s\",", code);
    simulator_json_string(body, "message", text_of(message));
    buffer_char(body, '}');
}

static bool has_category(const struct value *document, struct text category)
{
    const struct value *list = value_find(document, "categoriesDetails");
    for (const struct value *item = list ? list->first : NULL; item; item = item->next) {
        if (text_equal(value_text_of(item, "id"), category) ||
            text_equal(value_text_of(item, "code"), category))
            return true;
    }
    return false;
}

static bool wanted(const struct value *document, const struct value *asked)
{
    struct text words = value_text_of(asked, "q"), category = value_text_of(asked, "categoryId");
    struct text department = value_text_of(asked, "departmentCode");
    size_t at = 0;
    if (words.length && !text_find(value_text_of(document, "name"), words, &at) &&
        !text_find(value_text_of(document, "code"), words, &at))
        return false;
    if (category.length && !has_category(document, category))
        return false;
    return !department.length || text_equal(value_text_of(document, "departmentPromulgateCode"), department);
}

static void write_listed(struct buffer *body, const struct value *document)
{
    static const char *const names[] = { "id", "code", "name", "departmentPromulgateCode", "state" };
    bool more = false;
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        const struct value *member = value_find(document, names[at]);
        if (!member)
            continue;
        buffer_printf(body, "%s\"%s\":", more ? "," : "{", names[at]);
        simulator_json_write(body, member);
        more = true;
    }
    buffer_string(body, more ? "}" : "{}");
}

/* The cursor is the id of the last item; one that is unknown starts from the beginning, as a fresh one does.
 */
static void answer_list(struct simulator_request *request, const struct value *asked)
{
    struct text last = value_text_of(asked, "lastId"), limit = value_text_of(asked, "limit");
    long most = limit.bytes ? strtol(text_string(&request->arena, limit), NULL, 10) : PAGE_USUAL;
    if (most < 1 || most > PAGE_MAX) {
        refuse(request, 400, "BAD_REQUEST", "limit must be from 1 to 500");
        return;
    }
    const struct value *documents = request->simulator->public_documents;
    const struct value *from = documents->first;
    for (const struct value *document = documents->first; last.length && document;
         document = document->next) {
        if (text_equal(value_text_of(document, "id"), last))
            from = document->next;
    }
    int64_t total = 0;
    for (const struct value *document = documents->first; document; document = document->next)
        total += wanted(document, asked);
    struct buffer *body = start(request);
    buffer_string(body, "{\"items\":[");
    struct text cursor = TEXT_NONE;
    long count = 0;
    for (const struct value *document = from; document && count < most; document = document->next) {
        if (!wanted(document, asked))
            continue;
        buffer_string(body, count++ ? ",\n" : "\n");
        write_listed(body, document);
        cursor = value_text_of(document, "id");
    }
    buffer_string(body, "],\"lastId\":");
    if (cursor.bytes)
        canonical_text(body, cursor);
    else
        buffer_string(body, "null");
    buffer_printf(body, ",\"total\":%lld}}", (long long)total);
}

static void answer_detail(struct simulator_request *request, const struct value *asked)
{
    struct text id = value_text_of(asked, "id");
    const struct value *document = request->simulator->public_documents->first;
    while (document && !text_equal(value_text_of(document, "id"), id))
        document = document->next;
    if (!document) {
        refuse(request, 404, "NOT_FOUND", "Không tìm thấy thủ tục");
        return;
    }
    struct buffer *body = start(request);
    simulator_json_write(body, document);
    buffer_char(body, '}');
}

void simulator_public_answer(struct simulator_request *request)
{
    struct error error = { 0 };
    bool list = text_ends(request->path, list_path), detail = text_ends(request->path, detail_path);
    if (!list && !detail)
        return;
    if (strcmp(request->method, "POST") != 0) {
        simulator_answer_problem(request, 405, NULL, "The public portal takes POST here.");
        simulator_answer_header(request, "Allow", TEXT("POST"));
        return;
    }
    const struct value *asked = simulator_request_json(request, &error);
    if (!asked || asked->kind != VALUE_OBJECT)
        refuse(request, 400, "BAD_REQUEST", asked ? "an object is expected" : error.message);
    else if (list)
        answer_list(request, asked);
    else
        answer_detail(request, asked);
}
