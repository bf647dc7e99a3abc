#include "core/subject.h"

#include <string.h>

#include "core/arena.h"
#include "core/vietnamese.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Names that have commas of their own. */
static const char *const with_commas[] = { "cán bộ, công chức, viên chức" };

static const struct {
    const char *words;
    enum subject_level level;
} levels[] = {
    { "bộ", SUBJECT_MINISTRY },
    { "trung ương", SUBJECT_MINISTRY },
    { "tỉnh", SUBJECT_PROVINCE },
    { "tỉnh/thành phố", SUBJECT_PROVINCE },
    { "tỉnh, thành phố", SUBJECT_PROVINCE },
    { "thành phố", SUBJECT_PROVINCE },
    { "huyện", SUBJECT_DISTRICT },
    { "quận/huyện", SUBJECT_DISTRICT },
    { "quận, huyện", SUBJECT_DISTRICT },
    { "xã", SUBJECT_COMMUNE },
    { "phường", SUBJECT_COMMUNE },
    { "xã/phường", SUBJECT_COMMUNE },
    { "phường/xã", SUBJECT_COMMUNE },
    { "xã, phường", SUBJECT_COMMUNE },
    { "xã/phường/thị trấn", SUBJECT_COMMUNE },
    { "xã, phường, thị trấn", SUBJECT_COMMUNE },
    { "xã, phường, đặc khu", SUBJECT_COMMUNE },
    { "xã/phường/đặc khu", SUBJECT_COMMUNE },
    { "cơ quan khác", SUBJECT_OTHER },
    { "khác", SUBJECT_OTHER },
};

bool subject_code(struct arena *arena, struct text text, struct text *code)
{
    size_t at = 0;
    *code = TEXT_NONE;
    text = text_trim(text);
    if (!text.length)
        return false;
    uint32_t first = vietnamese_lower(vietnamese_next(text, &at));
    if (first != 0x111 && first != 0xF0 && first != 'd')
        return false;
    if (at == text.length || vietnamese_lower((unsigned char)text.bytes[at]) != 't')
        return false;
    struct text digits = text_slice(text, at + 1, text.length);
    for (size_t i = 0; i < digits.length; i++)
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9')
            return false;
    if (!digits.length || digits.length > 4)
        return false;
    *code = text_format(arena, "ĐT%.*s", (int)digits.length, digits.bytes);
    return true;
}

static bool is_divider(char byte)
{
    return byte == ',' || byte == ';' || byte == '\n';
}

/* The bytes of the name at the start of the list. */
static size_t name_length(struct text list)
{
    for (size_t i = 0; i < COUNT(with_commas); i++) {
        size_t known = vietnamese_starts(list, with_commas[i]);
        struct text behind = text_trim(text_slice(list, known, list.length));
        if (known && (!behind.length || is_divider(*behind.bytes)))
            return known;
    }
    size_t depth = 0, at = 0;
    for (; at < list.length; at++) {
        char byte = list.bytes[at];
        if (byte == '(')
            depth++;
        else if (byte == ')' && depth)
            depth--;
        else if (!depth && is_divider(byte))
            return at;
    }
    /* A bracket that is never closed holds nothing together. */
    for (at = 0; depth && at < list.length; at++)
        if (is_divider(list.bytes[at]))
            return at;
    return list.length;
}

bool subject_next(struct text *rest, struct text *name)
{
    *name = TEXT_NONE;
    while (rest->length && !name->length) {
        *rest = text_trim(*rest);
        if (rest->length && is_divider(*rest->bytes)) {
            *rest = text_slice(*rest, 1, rest->length);
            continue;
        }
        size_t length = name_length(*rest);
        *name = text_trim(text_slice(*rest, 0, length));
        *rest = text_slice(*rest, length, rest->length);
    }
    return name->length > 0;
}

bool subject_level_read(struct text text, enum subject_level *level)
{
    struct text rest = text_trim(text);
    for (enum subject_level known = SUBJECT_MINISTRY; known <= SUBJECT_OTHER; known++) {
        if (text_is(rest, subject_level_name(known))) {
            *level = known;
            return true;
        }
    }
    vietnamese_take(&rest, "cấp");
    for (size_t i = 0; i < COUNT(levels); i++) {
        if (vietnamese_is(rest, levels[i].words)) {
            *level = levels[i].level;
            return true;
        }
    }
    return false;
}

const char *subject_level_name(enum subject_level level)
{
    static const char *const names[] = {
        [SUBJECT_MINISTRY] = "ministry", [SUBJECT_PROVINCE] = "province", [SUBJECT_DISTRICT] = "district",
        [SUBJECT_COMMUNE] = "commune",   [SUBJECT_OTHER] = "other",
    };
    return names[level];
}
