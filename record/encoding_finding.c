#include "record/encoding_finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum encoding encoding;
} names[] = {
    /* the first name of each is the one that is shown */
    { "auto", ENCODING_AUTO },        { "utf-8", ENCODING_UTF8 },          { "utf-16", ENCODING_UTF16 },
    { "utf-16le", ENCODING_UTF16LE }, { "utf-16be", ENCODING_UTF16BE },    { "cp1258", ENCODING_CP1258 },
    { "viscii", ENCODING_VISCII },    { "tcvn3", ENCODING_TCVN3 },         { "vni", ENCODING_VNI },
    { "vps", ENCODING_VPS },          { "viqr", ENCODING_VIQR },           { "viq", ENCODING_VIQR },
    { "utf8", ENCODING_UTF8 },        { "utf16", ENCODING_UTF16 },         { "utf16le", ENCODING_UTF16LE },
    { "utf16be", ENCODING_UTF16BE },  { "windows-1258", ENCODING_CP1258 }, { "tcvn", ENCODING_TCVN3 },
    { "abc", ENCODING_TCVN3 },
};

bool encoding_named(struct text name, enum encoding *encoding)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i].name), at = 0;
        while (at < name.length && at < length) {
            char byte = name.bytes[at];
            if (byte >= 'A' && byte <= 'Z')
                byte = (char)(byte + 32);
            if (byte != names[i].name[at])
                break;
            at++;
        }
        if (at == length && at == name.length) {
            *encoding = names[i].encoding;
            return true;
        }
    }
    return false;
}

const char *encoding_name(enum encoding encoding)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].encoding == encoding)
            return names[i].name;
    return "";
}

void encoding_finding_set(struct encoding_finding *finding, enum encoding encoding, int certainty,
                          const char *evidence)
{
    *finding = (struct encoding_finding){ .encoding = encoding, .certainty = certainty };
    struct text text = text_of(evidence);
    memcpy(finding->evidence, evidence, text_cut(text, sizeof finding->evidence - 1));
}

void encoding_finding_say(struct encoding_finding *finding, const char *format, ...)
{
    char all[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(all, sizeof all, format, arguments);
    va_end(arguments);
    encoding_finding_set(finding, finding->encoding, finding->certainty, all);
}

enum status encoding_finding_doubt(struct encoding_finding *finding, struct error *error)
{
    if (finding->certainty > 49)
        finding->certainty = 49;
    return error_set(
        error, STATUS_REJECT,
        _("the encoding of the text is doubtful: %s; name the encoding in the source's configuration, "
          "or correct the text at its source"),
        finding->evidence);
}
