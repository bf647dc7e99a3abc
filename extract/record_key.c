#include "extract/record_key.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "adapters/xml.h"
#include "core/memory.h"
#include "extract/json_splitter.h"
#include "record/encoding.h"

#define KEY_MAX ((size_t)64 << 10)

struct record_key {
    const struct source *source;
    const struct record_address *address;
    const struct skip *skip;
    /* The key of a JSON or XML record can be found without reading all of it. */
    bool seeks_json, seeks_xml;
    struct json_pointer pointer;
    struct text path; /* as an XML reader is asked for elements */
    struct arena arena;
};

static bool is_unicode(const char *encoding)
{
    enum encoding named;
    return !encoding || (encoding_named(text_of(encoding), &named) &&
                         (named == ENCODING_UTF8 || named == ENCODING_UTF16 || named == ENCODING_UTF16LE ||
                          named == ENCODING_UTF16BE));
}

/* One piece of a record after the other, so that no more is parsed than is needed. */
#define PIECE 1024

static enum status give_piece(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                              struct error *error)
{
    struct text *rest = stream->user_data;
    (void)error;
    *got = length < PIECE ? length : PIECE;
    *got = *got < rest->length ? *got : rest->length;
    if (*got)
        memcpy(bytes, rest->bytes, *got);
    *rest = text_slice(*rest, *got, rest->length);
    return STATUS_OK;
}

static enum status open_reader(const struct record_key *key, struct file_stream *stream,
                               struct xml_reader **reader, struct error *error)
{
    const struct record_format *format = &key->source->record;
    return xml_reader_open(stream, key->path, format->namespaces, format->namespace_count, "utf-8", KEY_MAX,
                           reader, error);
}

/* Not every address can be tested while reading. */
static bool can_be_read(const struct record_key *key)
{
    struct xml_reader *reader;
    struct error error;
    if (open_reader(key, NULL, &reader, &error))
        return false;
    xml_reader_close(reader);
    return true;
}

struct record_key *record_key_open(const struct source *source, const struct record_address *address,
                                   const struct skip *skip)
{
    struct record_key *key = memory_new(struct record_key);
    struct error error;
    key->source = source;
    key->address = address;
    key->skip = skip;
    if (!address || !is_unicode(source->encoding))
        return key;
    key->seeks_json =
        source->record.shape == RECORD_JSON &&
        json_pointer_compile(&key->arena, text_of(source->key), &key->pointer, &error) == STATUS_OK &&
        key->pointer.count && key->pointer.count <= JSON_SPLITTER_DEPTH;
    key->path = text_format(&key->arena, *source->key == '/' ? "%s" : "/*/%s", source->key);
    key->seeks_xml = source->record.shape == RECORD_XML && can_be_read(key);
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

/* The key of a record without reading the rest of it: a record that is broken elsewhere keeps its key,
 * and transform says what is wrong with it. False: the long way finds the key, or why there is none. */
static bool seek_json(const struct record_key *key, struct text bytes, struct arena *arena,
                      struct text *found, struct error *error)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct text lexeme;
    struct value *value;
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

static bool seek_xml(const struct record_key *key, struct text bytes, struct arena *arena, struct text *found,
                     struct error *error)
{
    struct file_stream stream = { .read = give_piece, .name = "", .user_data = &bytes };
    struct xml_reader *reader;
    struct xml_document *document = NULL;
    struct text element;
    long line;
    if (open_reader(key, &stream, &reader, error))
        return false;
    bool there = xml_reader_next(reader, &element, &line, error) == STATUS_OK &&
                 xml_parse(element, false, "utf-8", &document, error) == STATUS_OK;
    if (there)
        *found = unicode_nfc(arena, text_trim(xml_node_text(arena, xml_document_root(document), false)));
    there = there && encoding_check(*found, error) == STATUS_OK;
    xml_document_free(document);
    xml_reader_close(reader);
    return there && found->length;
}

static bool seek(const struct record_key *key, struct text bytes, struct arena *arena, struct text *found,
                 struct error *error)
{
    bool there = (key->seeks_json && seek_json(key, bytes, arena, found, error)) ||
                 (key->seeks_xml && seek_xml(key, bytes, arena, found, error));
    *found = there ? *found : TEXT_NONE;
    return there;
}

enum status record_key_find(const struct record_key *key, struct text bytes, struct text context, bool whole,
                            struct arena *arena, struct text *found, struct error *error)
{
    struct record record;
    struct record_items items;
    struct error unused;
    *found = TEXT_NONE;
    if (!whole && seek(key, bytes, arena, found, error))
        return STATUS_OK;
    if (record_open(arena, &key->source->record, bytes, context, &record, error)) {
        if (whole)
            (void)seek(key, bytes, arena, found, &unused);
        return error->status;
    }
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
