#include "extract/sniff.h"

#include <string.h>

static const struct {
    struct text start;
    const char *what, *advice;
} kinds[] = {
    { { "\x1f\x8b", 2 }, "gzip", N_("unpack it first") },
    { { "PK\3\4", 4 }, "zip", N_("unpack it first; a workbook is format xlsx") },
    { { "PK\5\6", 4 }, "zip", N_("it holds nothing") },
    { { "BZh", 3 }, "bzip2", N_("unpack it first") },
    { { "\xfd"
        "7zXZ",
        5 },
      "xz",
      N_("unpack it first") },
    { { "\x28\xb5\x2f\xfd", 4 }, "zstd", N_("unpack it first") },
    { { "7z\xbc\xaf", 4 }, "7z", N_("unpack it first") },
    { { "%PDF-", 5 }, "PDF", N_("ask for the data, or for a table") },
    { { "\xd0\xcf\x11\xe0", 4 }, ".doc/.xls", N_("save it as .xlsx, or as CSV in UTF-8") },
};

static bool is_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '$' || byte == '.';
}

/* "callback(" */
static size_t called_name(struct text start)
{
    size_t length = 0, at;
    while (length < start.length && is_name(start.bytes[length]))
        length++;
    for (at = length; at < start.length && (start.bytes[at] == ' ' || start.bytes[at] == '\t');)
        at++;
    bool named = length && (start.bytes[0] < '0' || start.bytes[0] > '9');
    return named && at < start.length && start.bytes[at] == '(' ? length : 0;
}

static enum status refuse_json(struct text start, struct error *error)
{
    static const char *const prefixes[] = { ")]}'", "while(1);", "while (1);", "for(;;);", "for (;;);" };
    start = text_trim(start);
    if (text_starts(start, TEXT("/**/")))
        start = text_trim(text_slice(start, 4, start.length));
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (text_starts(start, text_of(prefixes[i])))
            return error_set(
                error, STATUS_STOP,
                _("this is JSON behind the prefix %s, which keeps browsers from running it: ask for it "
                  "without, from the service that is meant for programs"),
                prefixes[i]);
    size_t name = called_name(start);
    if (name)
        return error_set(error, STATUS_STOP,
                         _("this is JSONP (a call of %.*s), not JSON: leave the parameter that asks for it, "
                           "such as \"callback\", out of the URL"),
                         (int)(name < 100 ? name : 100), start.bytes);
    return STATUS_OK;
}

/* The first two characters of JSON are ASCII (RFC 4627, 3). */
static const char *hidden_utf16(struct text start)
{
    if (start.length < 4 || start.length % 2)
        return NULL;
    const char *at = start.bytes;
    if (at[0] && !at[1] && at[2] && !at[3])
        return "utf-16le";
    return !at[0] && at[1] && !at[2] && at[3] ? "utf-16be" : NULL;
}

enum status sniff_refuse(const struct source *source, struct text start, struct error *error)
{
    bool json = source->format == SOURCE_JSON || source->format == SOURCE_NDJSON;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(start, kinds[i].start))
            return error_set(error, STATUS_STOP, _("this is a %s file, not %s: %s"), kinds[i].what,
                             source_format_name((enum source_format)source->format), _(kinds[i].advice));
    if (!json)
        return STATUS_OK;
    const char *wide = hidden_utf16(text_slice(start, 0, start.length & ~(size_t)1));
    if (wide)
        return error_set(error, STATUS_STOP,
                         _("this is UTF-16 without a byte order mark: name it, \"encoding: %s\""), wide);
    return refuse_json(start, error);
}
