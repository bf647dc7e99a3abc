/* Answers of portals, rest and mapi: whatever came, words are one clean line and nothing is evidence by accident. */
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "load/portal_answer.h"
#include "load/portal_mapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_line(struct text words)
{
    if (unicode_invalid_at(words) != words.length)
        abort();
    for (size_t i = 0; i < words.length; i++)
        if ((unsigned char)words.bytes[i] < 0x20)
            abort();
}

static void read_mapi(struct text body, long status)
{
    static struct mapi_settings settings = {
        .names = { .user = "username",
                   .password = "password",
                   .session = "session",
                   .agency = "madonvi",
                   .service = "service",
                   .updating = "isUpdating",
                   .data = "data",
                   .error = "error_code",
                   .message = "message",
                   .result = "result",
                   .wrapped = "body" },
    };
    struct http_response answer = { .status = status, .body = body, .retry_after_ms = -1 };
    struct portal portal = { .settings = (struct portal_settings *)&settings };
    struct mapi mapi = { .portal = &portal, .settings = &settings };
    struct portal_request request = { .kind = PORTAL_PUBLISH, .code = TEXT("1.000001") };
    struct mapi_call call = { .request = &request };
    struct error error;
    bool again;
    if (mapi_answered(&mapi, &call, &answer, &again, &error) || again)
        abort();
    require_line(call.report.message);
    arena_free(&call.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = { 200, 201, 202, 400, 401, 409, 422, 500, 503 };
    ARENA_OWNED struct arena arena = { 0 };
    if (!size)
        return 0;
    struct text body = { (const char *)data + 1, size - 1 };
    long status = statuses[data[0] % (sizeof statuses / sizeof *statuses)];
    struct value *value = NULL;
    struct error error;
    struct remote_state remote = { 0 };
    if (json_parse(&arena, body, &value, &error))
        value = NULL;
    require_line(portal_answer_words(&arena, status, value, body));
    require_line(portal_answer_clean(&arena, body, 100));
    if (value && portal_answer_held(value, TEXT("1.000001"), &remote) && value->kind != VALUE_OBJECT)
        abort();
    portal_answer_etag(body, &remote);
    read_mapi(body, status);
    return 0;
}
