#include "extract/record_key.h"

#include <stdlib.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/memory.h"
#include "extract/json_splitter.h"
#include "record/encoding.h"

#define KEY_MAX ((size_t)64 << 10)

struct record_key {
    const struct source *source;
    const struct record_address *address;
    const struct skip *skip;
    bool seeks; /* the key of a JSON record can be found without reading all of it */
    struct json_pointer pointer;
    struct arena arena;
};

static bool is_unicode(const char *encoding)
{
    enum encoding named;
    return !encoding || (encoding_named(text_of(encoding), &named) &&
                         (named == ENCODING_UTF8 || named == ENCODING_UTF16 || named == ENCODING_UTF16LE ||
                          named == ENCODING_UTF16BE));
}

struct record_key *record_key_open(const struct source *source, const struct record_address *address,
                                   const struct skip *skip)
{
    struct record_key *key = memory_new(struct record_key);
    struct error error;
    key->source = source;
    key->address = address;
    key->skip = skip;
    key->seeks =
        address && source->record.shape == RECORD_JSON && is_unicode(source->encoding) &&
        json_pointer_compile(&key->arena, text_of(source->key), &key->pointer, &error) == STATUS_OK &&
        key->pointer.count && key->pointer.count <= JSON_SPLITTER_DEPTH;
    return key;
}

void record_key_close(struct record_key *key)
{
    if (!key)
        return;
    arena_free(&key->arena);
    free(key);
}

bool record_key_skips(const struct record_key *key, struct text bytes, struct text context,
                      struct arena *arena)
{
    return key->skip && skip_matches(key->skip, key->source, bytes, context, arena);
}

/* The key of a JSON record without reading the rest of it: a record that is broken elsewhere keeps its key,
 * and transform says what is wrong with it. False: the long way finds the key, or why there is none. */
static bool seek_key(const struct record_key *key, struct text bytes, struct arena *arena, struct text *found,
                     struct error *error)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct text lexeme;
    struct value *value;
    if (!key->seeks)
        return false;
    file_stream_memory(bytes, "", &stream);
    json_splitter_open(&splitter, &stream, &key->pointer, KEY_MAX);
    bool there = json_splitter_find(&splitter, &lexeme, error) == STATUS_OK &&
                 json_parse(arena, lexeme, &value, error) == STATUS_OK &&
                 (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER);
    if (there)
        *found = unicode_nfc(arena, text_trim(value->text));
    json_splitter_close(&splitter);
    return there && found->length;
}

enum status record_key_find(const struct record_key *key, struct text bytes, struct text context,
                            struct arena *arena, struct text *found, struct error *error)
{
    struct record record;
    struct record_items items;
    *found = TEXT_NONE;
    if (seek_key(key, bytes, arena, found, error))
        return STATUS_OK;
    if (record_open(arena, &key->source->record, bytes, context, &record, error))
        return error->status;
    enum status status = record_select(&record, &record.root, key->address, arena, &items, error);
    if (status == STATUS_OK && items.count)
        status = record_item_text(&record, &items.items[0], arena, found, NULL, error);
    if (status == STATUS_OK) {
        *found = items.count ? unicode_nfc(arena, text_trim(text_copy(arena, *found))) : TEXT_NONE;
        if (!found->length)
            status = error_set(error, STATUS_REJECT,
                               items.unknown ? _("the table has no column \"%s\", which is the key")
                                             : _("the key %s is missing or empty"),
                               key->source->key);
    }
    record_close(&record);
    return status;
}
