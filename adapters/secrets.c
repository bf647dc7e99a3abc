#include "adapters/secrets.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/http.h"
#include "adapters/secret.h"
#include "adapters/unescape.h"
#include "adapters/unicode.h"
#include "core/canonical.h"
#include "core/error.h"
#include "core/memory.h"

#define PART_LEAST                                                                                           \
    6 /* of a value that was cut off: fewer bytes say little, and are found in ordinary words */
#define NAMES_MAX 128
#define COVER     "***"

extern char **environ;

struct form {
    char *bytes;
    size_t length;
    size_t value; /* whose */
    bool named;
    bool own; /* a word of the program: never covered */
};

/* Read by many threads, written seldom: what is known is never freed while the program runs, only replaced. */
static struct {
    pthread_rwlock_t lock;
    size_t values, replaced;
    struct text list[SECRETS_MAX];
    enum secrets_origin origins[SECRETS_MAX];
    struct form *forms;
    size_t form_count, form_room;
    bool any_named, beyond_plain;   /* a form is named; such a one holds a blank, or more than ASCII */
    unsigned char pairs[65536 / 8]; /* the first two bytes of the forms */
    unsigned char
        within[65536]; /* how far into a form's first SECRETS_LEAST bytes two bytes reach; 0: not there */
    char *names[NAMES_MAX];
    size_t name_count;
} known = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static void (*told)(struct text value); /* secrets_tell */

/* ---- forms ---- */

static unsigned pair_at(const char *bytes)
{
    return (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
}

static void put_form(struct text bytes, size_t value, bool named)
{
    if (bytes.length < SECRETS_LEAST)
        return;
    for (size_t i = 0; i < known.form_count; i++)
        if (known.forms[i].value == value &&
            text_equal((struct text){ known.forms[i].bytes, known.forms[i].length }, bytes))
            return;
    known.forms = memory_more(known.forms, known.form_count, &known.form_room, sizeof *known.forms);
    char *copy = memory_take(bytes.length);
    memcpy(copy, bytes.bytes, bytes.length);
    known.forms[known.form_count++] =
        (struct form){ copy, bytes.length, value, named, secrets_is_own_word(bytes) };
    known.any_named = known.any_named || named;
    for (size_t i = 0; named && i < bytes.length; i++)
        known.beyond_plain =
            known.beyond_plain || (unsigned char)copy[i] <= ' ' || (unsigned char)copy[i] >= 0x7f;
    unsigned pair = pair_at(copy);
    known.pairs[pair / 8] = (unsigned char)(known.pairs[pair / 8] | 1u << pair % 8);
    for (unsigned char end = 1; end < SECRETS_LEAST; end++)
        if (known.within[pair_at(copy + end - 1)] < end)
            known.within[pair_at(copy + end - 1)] = end;
}

/* Each as it stands in a cell of CSV as well, where a quotation mark is doubled. */
static void add_form(struct text bytes, size_t value, bool named)
{
    struct buffer BUFFER_OWNED doubled = { 0 };
    put_form(bytes, value, named);
    for (size_t i = 0; i < bytes.length; i++)
        buffer_put(&doubled, bytes.bytes[i] == '"' ? "\"\"" : bytes.bytes + i, bytes.bytes[i] == '"' ? 2 : 1);
    if (doubled.length > bytes.length)
        put_form(buffer_view(&doubled), value, named);
}

/* The part of base64 that is the same whatever stands around: `before` bytes do in the first group. */
static void add_base64(struct text secret, size_t before, bool web, size_t value, bool named)
{
    static const char digits[2][65] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" };
    struct buffer BUFFER_OWNED out = { 0 };
    size_t first = (before * 8 + 5) / 6, last = (before + secret.length) * 8 / 6;
    for (size_t digit = first; digit < last; digit++) {
        unsigned sextet = 0;
        for (size_t bit = digit * 6; bit < digit * 6 + 6; bit++) {
            size_t byte = bit / 8 - before;
            sextet = sextet << 1 | ((unsigned char)secret.bytes[byte] >> (7 - bit % 8) & 1);
        }
        buffer_char(&out, digits[web][sextet]);
    }
    add_form(buffer_view(&out), value, named);
}

static void add_percent(struct text secret, size_t value, bool named)
{
    struct buffer BUFFER_OWNED upper = { 0 };
    http_escape(&upper, secret);
    add_form(buffer_view(&upper), value, named);
    for (size_t i = 0; i + 2 < upper.length; i++)
        if (upper.bytes[i] == '%')
            for (size_t k = i + 1; k < i + 3; k++)
                upper.bytes[k] |= upper.bytes[k] >= 'A' && upper.bytes[k] <= 'F' ? 0x20 : 0;
    add_form(buffer_view(&upper), value, named);
}

static void put_wide_escape(struct buffer *out, int32_t character)
{
    if (character < 0x10000)
        buffer_printf(out, "\\u%04x", (unsigned)character);
    else
        buffer_printf(out, "\\u%04x\\u%04x", 0xd7c0U + ((unsigned)character >> 10),
                      0xdc00U | ((unsigned)character & 0x3ff));
}

static void add_json(struct text secret, size_t value, bool named)
{
    struct buffer BUFFER_OWNED plain = { 0 };
    struct buffer BUFFER_OWNED slashed = { 0 };
    canonical_text(&plain, secret);
    struct text inner = { plain.bytes + 1, plain.length - 2 };
    add_form(inner, value, named);
    for (size_t at = 0; at < inner.length && unicode_invalid_at(inner) == inner.length;) {
        int32_t character = unicode_next(inner, &at);
        if (character == '/')
            buffer_string(&slashed, "\\/");
        else if (character >= 0x80)
            put_wide_escape(&slashed, character);
        else
            buffer_char(&slashed, (char)character);
    }
    add_form(buffer_view(&slashed), value, named);
}

static void add_xml(struct text secret, size_t value, bool named)
{
    struct buffer BUFFER_OWNED out = { 0 };
    for (size_t i = 0; i < secret.length; i++) {
        char byte = secret.bytes[i];
        if (byte == '&' || byte == '<' || byte == '>')
            buffer_string(&out, byte == '&' ? "&amp;" : byte == '<' ? "&lt;" : "&gt;");
        else
            buffer_char(&out, byte);
    }
    add_form(buffer_view(&out), value, named);
}

static void add_forms(struct text secret, size_t value, bool named)
{
    add_form(secret, value, named);
    for (size_t before = 0; before < 3; before++) {
        add_base64(secret, before, false, value, named);
        add_base64(secret, before, true, value, named);
    }
    add_percent(secret, value, named);
    add_json(secret, value, named);
    add_xml(secret, value, named);
}

static void drop_forms(size_t value)
{
    size_t kept = 0;
    for (size_t i = 0; i < known.form_count; i++)
        if (known.forms[i].value == value)
            free(known.forms[i].bytes);
        else
            known.forms[kept++] = known.forms[i];
    known.form_count = kept;
}

/* ---- what is known ---- */

static size_t cover_message(char *message, size_t length, size_t room)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text covered = secrets_cover(&arena, (struct text){ message, length }, true);
    length = covered.length < room ? covered.length : text_cut(covered, room - 1);
    memmove(message, covered.bytes ? covered.bytes : "", length);
    return length;
}

/* Where the value goes, or SECRETS_MAX when it is known so already, or there is no place. */
static size_t place_for(struct text value, enum secrets_origin origin)
{
    for (size_t i = 0; i < known.values; i++)
        if (text_equal(known.list[i], value))
            return known.origins[i] > origin ? i : SECRETS_MAX;
    if (known.values < SECRETS_MAX)
        return known.values++;
    for (size_t i = 0; origin == SECRETS_GIVEN && i < SECRETS_MAX; i++) {
        size_t at = known.replaced++ % SECRETS_MAX;
        if (known.origins[at] == SECRETS_GIVEN)
            return at;
    }
    return SECRETS_MAX;
}

void secrets_add(struct text value, enum secrets_origin origin)
{
    if (value.length < SECRETS_LEAST)
        return;
    pthread_rwlock_wrlock(&known.lock);
    size_t at = place_for(value, origin);
    if (at < SECRETS_MAX) {
        char *copy = memory_take(value.length);
        memcpy(copy, value.bytes, value.length);
        drop_forms(at);
        free((void *)(uintptr_t)known.list[at].bytes);
        known.list[at] = (struct text){ copy, value.length };
        known.origins[at] = origin;
        add_forms(known.list[at], at, origin == SECRETS_NAMED);
        error_cover_with(cover_message);
    }
    pthread_rwlock_unlock(&known.lock);
    if (told && origin == SECRETS_GIVEN)
        told(value);
}

void secrets_tell(void (*tell)(struct text value))
{
    told = tell;
}

void secrets_add_variable(const char *name)
{
    pthread_rwlock_wrlock(&known.lock);
    bool there = known.name_count == NAMES_MAX;
    for (size_t i = 0; i < known.name_count; i++)
        there = there || !strcmp(known.names[i], name);
    if (!there)
        known.names[known.name_count++] = memory_copy_string(name);
    pthread_rwlock_unlock(&known.lock);
}

static void add_named(const char *folder, struct text text)
{
    ARENA_OWNED struct arena arena = { 0 };
    size_t start, end;
    while (text_find(text, TEXT("${"), &start)) {
        struct text rest = text_slice(text, start, text.length), value;
        if (!text_find(rest, TEXT("}"), &end))
            return;
        struct error unread;
        /* What is read is added on the way. */
        (void)!secret_resolve(&arena, folder, text_slice(rest, 0, end + 1), &value, &unread);
        text = text_slice(rest, end + 1, rest.length);
    }
}

void secrets_add_tree(const char *folder, const struct value *tree, enum secrets_origin origin)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (tree->kind == VALUE_TEXT) {
        bool named = secret_is_named(tree->text);
        if (named && origin == SECRETS_NAMED)
            add_named(folder, tree->text);
        else if (!named && origin == SECRETS_WRITTEN && secret_is_name(tree->name))
            secrets_add(tree->text, SECRETS_WRITTEN);
        struct text *hidden;
        size_t count = origin == SECRETS_WRITTEN ? secret_written(&arena, tree->text, &hidden) : 0;
        for (size_t i = 0; i < count; i++)
            secrets_add(hidden[i], SECRETS_WRITTEN);
    }
    if (tree->kind == VALUE_OBJECT || tree->kind == VALUE_LIST)
        for (const struct value *child = tree->first; child; child = child->next)
            secrets_add_tree(folder, child, origin);
}

static void wipe_variable(void *user_data, const char *name)
{
    size_t length = strlen(name);
    (void)user_data;
    for (char **entry = environ; entry && *entry; entry++)
        if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
            explicit_bzero(*entry + length + 1, strlen(*entry + length + 1));
}

static void hide_variable(void *user_data, const char *name)
{
    const char *there = getenv(name);
    if (!there)
        return;
    char *value = memory_copy_string(there);
    size_t length = strlen(value);
    wipe_variable(user_data, name);
    setenv(name, value, 1);
    explicit_bzero(value, length);
    free(value);
}

/* What stands behind `kind` in all of its references. */
static void each_named(const struct value *tree, const char *kind,
                       void (*visit)(void *user_data, const char *name), void *user_data)
{
    ARENA_OWNED struct arena arena = { 0 };
    size_t start, end;
    for (struct text text = tree->kind == VALUE_TEXT ? tree->text : TEXT_NONE;
         text_find(text, text_of(kind), &start);) {
        text = text_slice(text, start + strlen(kind), text.length);
        if (text_find(text, TEXT("}"), &end))
            visit(user_data, text_string(&arena, text_slice(text, 0, end)));
    }
    if (tree->kind == VALUE_OBJECT || tree->kind == VALUE_LIST)
        for (const struct value *child = tree->first; child; child = child->next)
            each_named(child, kind, visit, user_data);
}

void secrets_hide_environment(const struct value *tree)
{
    each_named(tree, "${env:", hide_variable, NULL);
}

void secrets_wipe_environment(const struct value *tree)
{
    each_named(tree, "${env:", wipe_variable, NULL);
}

void secrets_each_reference(const struct value *tree, void (*visit)(void *user_data, const char *reference),
                            void *user_data)
{
    each_named(tree, "${", visit, user_data);
}

void secrets_each_file(const struct value *tree, void (*visit)(void *user_data, const char *path),
                       void *user_data)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    each_named(tree, "${file:", visit, user_data);
    if (credentials && *credentials)
        visit(user_data, credentials);
}

void secrets_wipe_texts(const struct value *part)
{
    if (part->kind == VALUE_TEXT && part->text.length)
        memset((char *)(uintptr_t)part->text.bytes, '*', part->text.length);
    if (part->kind == VALUE_OBJECT || part->kind == VALUE_LIST)
        for (const struct value *child = part->first; child; child = child->next)
            secrets_wipe_texts(child);
}

void secrets_forget(void)
{
    pthread_rwlock_wrlock(&known.lock);
    for (size_t i = 0; i < known.form_count; i++) {
        explicit_bzero(known.forms[i].bytes, known.forms[i].length);
        free(known.forms[i].bytes);
    }
    for (size_t i = 0; i < known.values; i++) {
        explicit_bzero((void *)(uintptr_t)known.list[i].bytes, known.list[i].length);
        free((void *)(uintptr_t)known.list[i].bytes);
    }
    for (size_t i = 0; i < known.name_count; i++)
        free(known.names[i]);
    free(known.forms);
    known.forms = NULL;
    known.any_named = known.beyond_plain = false;
    known.form_count = known.form_room = known.values = known.name_count = known.replaced = 0;
    memset(known.list, 0, sizeof known.list);
    memset(known.pairs, 0, sizeof known.pairs);
    memset(known.within, 0, sizeof known.within);
    error_cover_with(NULL);
    pthread_rwlock_unlock(&known.lock);
}

/* ---- looking ---- */

static bool may_begin(const char *bytes)
{
    unsigned pair = pair_at(bytes);
    return known.pairs[pair / 8] & 1u << pair % 8;
}

/* The longest form that stands at `at`, its length; 0: none. `part`: the text ends inside of it. */
static size_t form_at(struct text text, size_t at, bool named, bool part)
{
    size_t longest = 0, left = text.length - at;
    for (size_t i = 0; i < known.form_count; i++) {
        const struct form *form = &known.forms[i];
        size_t length = part && left < form->length ? left : form->length;
        if ((named ? !form->named : form->own) || length > left || length <= longest)
            continue;
        if (memcmp(text.bytes + at, form->bytes, length) == 0)
            longest = length;
    }
    return longest;
}

/* The next one from *at on, its length; 0: none. The last two bytes of a form's least length say how far on the next
 * form can begin at the earliest (Wu and Manber): most bytes are never looked at. */
static size_t find(struct text text, size_t *at, bool named)
{
    while (*at + SECRETS_LEAST <= text.length) {
        size_t on = SECRETS_LEAST - 1 - known.within[pair_at(text.bytes + *at + SECRETS_LEAST - 2)];
        size_t length = on ? 0 : form_at(text, *at, named, false);
        if (length)
            return length;
        *at += on ? on : 1;
    }
    return 0;
}

static bool ask(const bool *what)
{
    pthread_rwlock_rdlock(&known.lock);
    bool is = *what;
    pthread_rwlock_unlock(&known.lock);
    return is;
}

bool secrets_any_named(void)
{
    return ask(&known.any_named);
}

bool secrets_named_are_plain(void)
{
    return !ask(&known.beyond_plain);
}

bool secrets_named_in(struct text text)
{
    BUFFER_OWNED struct buffer seen = { 0 };
    size_t at = 0, again = 0;
    pthread_rwlock_rdlock(&known.lock);
    bool found = known.form_count && (find(text, &at, true) ||
                                      (unescape_put(&seen, text) && find(buffer_view(&seen), &again, true)));
    pthread_rwlock_unlock(&known.lock);
    return found;
}

bool secrets_in(struct text text)
{
    size_t at = 0;
    pthread_rwlock_rdlock(&known.lock);
    bool found = known.form_count && find(text, &at, false);
    pthread_rwlock_unlock(&known.lock);
    return found;
}

static size_t begun(struct text text, size_t least)
{
    for (size_t at = text.length - (text.length < 65536 ? text.length : 65536); at + least <= text.length;
         at++) {
        size_t left = text.length - at;
        if ((left < 2 || may_begin(text.bytes + at)) && form_at(text, at, false, true) == left)
            return left;
    }
    return 0;
}

size_t secrets_begun(struct text text)
{
    pthread_rwlock_rdlock(&known.lock);
    size_t left = known.form_count ? begun(text, 1) : 0;
    pthread_rwlock_unlock(&known.lock);
    return left;
}

struct text secrets_cover(struct arena *arena, struct text text, bool cut)
{
    struct buffer BUFFER_OWNED out = { 0 };
    size_t from = 0, at = 0, length;
    pthread_rwlock_rdlock(&known.lock);
    if (known.form_count)
        while ((length = find(text, &at, false))) {
            buffer_text(&out, text_slice(text, from, at - from));
            buffer_string(&out, COVER);
            from = at += length;
        }
    struct text rest = text_slice(text, from, text.length);
    bool dots = text_ends(rest, TEXT("…"));
    rest.length -= dots ? strlen("…") : 0;
    length = cut && known.form_count ? begun(rest, PART_LEAST) : 0;
    pthread_rwlock_unlock(&known.lock);
    if (!from && !length)
        return text;
    buffer_text(&out, text_slice(rest, 0, rest.length - length));
    buffer_string(&out, length ? COVER : "");
    buffer_string(&out, dots ? "…" : "");
    return text_copy(arena, buffer_view(&out));
}

/* ---- other programs ---- */

static bool is_secret_variable(const char *entry)
{
    const char *equals = strchr(entry, '=');
    if (!equals)
        return true;
    size_t at = 0;
    bool secret = known.form_count && find(text_of(equals + 1), &at, false);
    for (size_t i = 0; i < known.name_count && !secret; i++)
        secret = strlen(known.names[i]) == (size_t)(equals - entry) &&
                 !strncmp(entry, known.names[i], (size_t)(equals - entry));
    return secret || !strncmp(entry, "CREDENTIALS_DIRECTORY=", 22);
}

char **secrets_environment(struct arena *arena)
{
    size_t count = 0, kept = 0;
    while (environ && environ[count])
        count++;
    char **list = arena_array(arena, char *, count + 1);
    pthread_rwlock_rdlock(&known.lock);
    for (size_t i = 0; i < count; i++)
        if (!is_secret_variable(environ[i]))
            list[kept++] = environ[i];
    pthread_rwlock_unlock(&known.lock);
    list[kept] = NULL;
    return list;
}
