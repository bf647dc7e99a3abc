/* Redirects are followed by hand: libcurl would not ask who may see what. */
#include "adapters/http_libcurl.h"

#include <string.h>
#include <strings.h>

#define MOST_REDIRECTS 5

static char *url_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    curl_url_get(url, part, &value, CURLU_DEFAULT_PORT);
    return value;
}

static bool same_part(CURLU *left, CURLU *right, CURLUPart part)
{
    char *one = url_part(left, part), *other = url_part(right, part);
    bool same = one && other && strcasecmp(one, other) == 0;
    curl_free(one);
    curl_free(other);
    return same;
}

static bool is_web(CURLU *url)
{
    char *scheme = url_part(url, CURLUPART_SCHEME);
    bool web = scheme && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
    curl_free(scheme);
    return web;
}

/* Decides on a parsed target. True: the transfer's URL is the target now. */
static bool go_there(const struct http_client *client, struct http_transfer *transfer, CURLU *from,
                     CURLU *target)
{
    if (!is_web(target)) {
        http_response_refuse(transfer, _("the answer redirects to a scheme that is not http or https"));
        return false;
    }
    bool same = same_part(from, target, CURLUPART_SCHEME) && same_part(from, target, CURLUPART_HOST) &&
                same_part(from, target, CURLUPART_PORT);
    if (!same && (!client->follow_any_host || transfer->kind == HTTP_KIND_BODY)) /* it may hold a secret */
        return false;
    if (transfer->redirects == MOST_REDIRECTS) {
        http_response_refuse(transfer, _("the answers redirect more than 5 times"));
        return false;
    }
    if (!same) { /* stays so on the way back: a stranger must not choose where credentials go */
        transfer->stranger = true;
        curl_url_set(target, CURLUPART_USER, NULL, 0);
        curl_url_set(target, CURLUPART_PASSWORD, NULL, 0);
    }
    char *url = NULL;
    if (curl_url_get(target, CURLUPART_URL, &url, 0))
        return false;
    transfer->redirects++;
    transfer->url = transfer->texts.length;
    buffer_put(&transfer->texts, url, strlen(url) + 1);
    curl_free(url);
    return true;
}

bool http_redirected(const struct http_client *client, struct http_transfer *transfer)
{
    const struct http_response *answer = &transfer->answer;
    long status = answer->status;
    bool follow = client->follow_same_host || client->follow_any_host;
    if (!follow || !transfer->safe || answer->failure || !answer->location.length ||
        (status != 301 && status != 302 && status != 303 && status != 307 && status != 308))
        return false;
    bool again = false;
    CURLU *from = curl_url(), *target = curl_url();
    if (from && target && !curl_url_set(from, CURLUPART_URL, answer->effective_url, 0) &&
        !curl_url_set(target, CURLUPART_URL, answer->effective_url, 0)) {
        /* A header value has a NUL behind it here: the next value's separator or the buffer's end. */
        if (curl_url_set(target, CURLUPART_URL, answer->location.bytes,
                         CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME))
            http_response_refuse(transfer, _("the answer redirects to something that is no URL"));
        else
            again = go_there(client, transfer, from, target);
    }
    curl_url_cleanup(from);
    curl_url_cleanup(target);
    return again;
}
