#include "core/agency.h"

#define LEVEL 3 /* characters of the first level */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_level(const char *bytes)
{
    return bytes[0] >= 'A' && bytes[0] <= 'Y' && is_digit(bytes[1]) && is_digit(bytes[2]);
}

struct text agency_first_level(struct text code)
{
    static const char old_form[] = "000.00.00.";
    size_t before = sizeof old_form - 1;
    if (code.length >= LEVEL && is_level(code.bytes) && (code.length == LEVEL || code.bytes[LEVEL] == '.'))
        return text_slice(code, 0, LEVEL);
    if (code.length != before + LEVEL || !is_level(code.bytes + before))
        return TEXT_NONE;
    for (size_t i = 0; i < before; i++)
        if (old_form[i] == '.' ? code.bytes[i] != '.' : !is_digit(code.bytes[i]))
            return TEXT_NONE;
    return text_slice(code, before, LEVEL);
}

enum agency_kind agency_kind_of(struct text code)
{
    struct text level = agency_first_level(code);
    if (!level.length)
        return AGENCY_UNKNOWN;
    return level.bytes[0] == 'G' ? AGENCY_MINISTRY : level.bytes[0] == 'H' ? AGENCY_PROVINCE : AGENCY_UNKNOWN;
}

enum agency_kind agency_kind_beside(struct text code, struct text own, enum agency_kind own_kind)
{
    return !code.length || text_equal(code, own) ? own_kind : agency_kind_of(code);
}
