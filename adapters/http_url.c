/* URLs, as libcurl reads them. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "adapters/http.h"

const char *http_url_fault(const char *url)
{
    CURLU *parsed = curl_url();
    CURLUcode code =
        parsed ? curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) : CURLUE_OUT_OF_MEMORY;
    curl_url_cleanup(parsed);
    return code ? curl_url_strerror(code) : NULL;
}

static bool is_this_machine(const char *host)
{
    struct in_addr address;
    return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static char *part_of(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    return curl_url_get(url, part, &value, 0) ? NULL : value;
}

struct http_url http_url_read(const char *url)
{
    struct http_url parts = { .web = false };
    CURLU *parsed = curl_url();
    if (parsed && !curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME)) {
        char *scheme = part_of(parsed, CURLUPART_SCHEME), *host = part_of(parsed, CURLUPART_HOST),
             *user = part_of(parsed, CURLUPART_USER);
        parts = (struct http_url){
            .web = host && *host && scheme && (!strcmp(scheme, "http") || !strcmp(scheme, "https")),
            .signed_in = user != NULL,
            .here = host && is_this_machine(host),
        };
        curl_free(scheme);
        curl_free(host);
        curl_free(user);
    }
    curl_url_cleanup(parsed);
    return parts;
}

void http_escape(struct buffer *out, struct text text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        bool kept = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
                    byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (kept)
            buffer_char(out, (char)byte);
        else
            buffer_put(out, (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3);
    }
}
