#include "tests/record/encoding_published.h"

#include <string.h>

#include "tests/record/encoding_help.h"

static const struct {
    enum encoding encoding;
    const char *const *bytes;
} published[] = {
    { ENCODING_TCVN3, published_tcvn3 },   { ENCODING_VNI, published_vni },
    { ENCODING_VPS, published_vps },       { ENCODING_VISCII, published_viscii },
    { ENCODING_CP1258, published_cp1258 }, { ENCODING_CP1258, published_cp1258_typed },
    { ENCODING_VIQR, published_viqr },
};

static int find_letter(struct text text)
{
    for (int i = 0; i < 2 * LETTERS; i++)
        if (text_starts(text, text_of(published_letters[i])))
            return i;
    return -1;
}

/* By the published tables; VIQR's signs behind letters that they would change are escaped. */
static struct text write_published(size_t table, struct text utf8)
{
    BUFFER_OWNED struct buffer out = { 0 };
    bool escapes = published[table].encoding == ENCODING_VIQR, vowel = false;
    for (size_t at = 0; at < utf8.length;) {
        int letter = find_letter(text_slice(utf8, at, utf8.length - at));
        if (letter >= 0) {
            buffer_string(&out, published[table].bytes[letter]);
            at += strlen(published_letters[letter]);
            vowel = true;
            continue;
        }
        if (escapes && vowel && strchr("'`?~.^(+", utf8.bytes[at]))
            buffer_char(&out, '\\');
        vowel = strchr("aeiouyAEIOUY", utf8.bytes[at]);
        buffer_char(&out, utf8.bytes[at++]);
    }
    return text_copy(&test_arena, buffer_view(&out));
}

static struct text capitals(struct text utf8)
{
    BUFFER_OWNED struct buffer out = { 0 };
    for (size_t at = 0; at < utf8.length;) {
        int letter = find_letter(text_slice(utf8, at, utf8.length - at));
        char byte = utf8.bytes[at];
        if (letter < 0)
            buffer_char(&out, byte >= 'a' && byte <= 'z' ? (char)(byte - 32) : byte);
        else
            buffer_string(&out, published_letters[letter % LETTERS + LETTERS]);
        at += letter < 0 ? 1 : strlen(published_letters[letter]);
    }
    return text_copy(&test_arena, buffer_view(&out));
}

static bool is_same(enum encoding encoding, struct text seen, struct text utf8)
{
    return encoding == ENCODING_TCVN3 ? text_equal(lower(seen), lower(utf8)) : text_equal(seen, utf8);
}

/* One letter alone may be a word of another encoding by chance, and is refused then: it has three tries. */
static bool reads_letter(size_t table, int letter)
{
    static const char *const around[][2] = { { "1", "2" }, { "t", "n" }, { "b", "" } };
    bool read = false;
    for (size_t i = 0; i < COUNT(around); i++) {
        struct text seen, before = text_of(around[i][0]), behind = text_of(around[i][1]);
        struct text bytes =
            text_format(&test_arena, "%s%s%s", before.bytes, published[table].bytes[letter], behind.bytes);
        if (encoding_decode(&test_arena, published[table].encoding, NULL, bytes, &seen, &finding, &error))
            continue;
        struct text inner = text_slice(seen, before.length, seen.length - before.length - behind.length);
        bool end = published[table].encoding == ENCODING_VIQR && i != 1; /* where a full stop may stand */
        if (!end && !is_same(published[table].encoding, inner, text_of(published_letters[letter])))
            return false;
        read |= !end;
    }
    return read;
}

TEST("every letter is read as the published tables have it")
{
    for (size_t table = 0; table < COUNT(published); table++)
        for (int i = 0; i < 2 * LETTERS; i++)
            if (!CHECK(reads_letter(table, i)))
                printf("    %s in %s\n", published_letters[i], encoding_name(published[table].encoding));
}

TEST("sentences that others encoded come out without one wrong letter, and auto knows 99 of 100")
{
    for (size_t table = 0; table < COUNT(published); table++) {
        enum encoding encoding = published[table].encoding;
        size_t right = 0, tried = 0;
        for (size_t i = 0; i < 1280; i++) {
            arena_clear(&test_arena);
            struct text utf8 = i % 2 ? capitals(sentence(i / 2)) : sentence(i / 2), seen;
            struct text bytes = write_published(table, utf8);
            if (!CHECK(is_same(encoding, named(encoding, bytes), utf8)))
                printf("    %s: " TEXT_PRINT "\n", encoding_name(encoding), TEXT_ARG(utf8));
            tried++;
            if (automatic(bytes, &seen))
                continue;
            right++;
            if (!CHECK(is_same(encoding, seen, utf8)))
                printf("    %s taken for %s: " TEXT_PRINT "\n", encoding_name(encoding),
                       encoding_name(finding.encoding), TEXT_ARG(utf8));
        }
        if (!CHECK(right * 100 >= tried * 99))
            printf("    %s: %zu of %zu\n", encoding_name(encoding), right, tried);
    }
}
