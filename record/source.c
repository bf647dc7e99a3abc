#include "record/source.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/count.h"
#include "record/encoding.h"

#define NAME(id, name, shape)  [id] = #name,
#define SHAPE(id, name, shape) [id] = (shape),
static const char *const formats[] = { SOURCE_FORMATS(NAME) NULL };
static const enum record_shape shapes[] = { SOURCE_FORMATS(SHAPE) };
static const char *const hidden_choices[] = { "take", "skip", NULL };
static const char *const struck_choices[] = { "reject", "take", "skip", NULL };
static const char *const listings[] = { "full", "changes", NULL };

#define AT(member) offsetof(struct source, member)
static const struct setting settings[] = {
    { "name", SETTING_TEXT, AT(name), .required = true,
      .help = N_("the source's name in messages and views") },
    { "fetch", SETTING_OBJECT, AT(fetch), .required = true, .help = N_("where the documents come from") },
    { "format", SETTING_CHOICE, AT(format), .required = true, .choices = formats,
      .help = N_("what they are") },
    { "records", SETTING_TEXT, AT(records), .help = N_("where the records are in a document") },
    { "key", SETTING_TEXT, AT(key), .help = N_("the address of what identifies a record inside its source") },
    { "listing", SETTING_CHOICE, AT(listing), .fallback = "full", .choices = listings,
      .help = N_("full: what is absent is reported missing; changes: absence means nothing") },
    { "nothing", SETTING_LIST, AT(nothing), .help = N_("texts that mean nothing") },
    { "skip", SETTING_LIST, AT(skip),
      .help = N_("rows that are no records: from, and matches, is or nothing") },
    { "department", SETTING_TREE, AT(department),
      .help = N_("who mends a record: a name, or from: the address of one; by default the source's name") },
    { "map", SETTING_OBJECT, AT(map), .required = true,
      .help = N_("from the source's fields to the procedure's") },
    { "encoding", SETTING_TEXT, AT(encoding),
      .help = N_("auto, utf-8, utf-16, tcvn3, vni, vps, viscii, viqr, cp1258") },
    { "font", SETTING_TEXT, AT(font), .help = N_("tcvn3: capitals, when the text is in the capitals font") },
    { "namespaces", SETTING_OBJECT, AT(namespaces), .help = N_("xml: prefixes of the addresses") },
    { "separator", SETTING_TEXT, AT(separator),
      .help = N_("csv: what separates cells; found when not given") },
    { "header", SETTING_TREE, AT(header),
      .help = N_("csv, xlsx: the row of the headings, or a list of names") },
    { "sheet", SETTING_TEXT, AT(sheet), .help = N_("xlsx: the sheet's name or number") },
    { "hidden", SETTING_CHOICE, AT(hidden), .fallback = "take", .choices = hidden_choices,
      .help = N_("xlsx: hidden rows: take, with a warning, or skip") },
    { "struck", SETTING_CHOICE, AT(struck), .fallback = "reject", .choices = struck_choices,
      .help = N_("xlsx: rows that are struck out: reject, take or skip") },
    { "record_limit", SETTING_SIZE, AT(record_limit), .fallback = "8M", .minimum = 1024, .maximum = 256 << 20,
      .help = N_("bytes of one record") },
};

const struct setting *source_settings(size_t *count)
{
    *count = COUNT(settings);
    return settings;
}

const char *source_format_name(enum source_format format)
{
    return formats[format];
}

bool source_is_whole(const struct source *source)
{
    bool may_be =
        source->format == SOURCE_JSON || source->format == SOURCE_XML || source->format == SOURCE_HTML;
    return may_be && (!source->records || !*source->records);
}

char source_separator(const struct source *source)
{
    if (!source->separator || !*source->separator)
        return 0;
    if (!strcmp(source->separator, "\\t") || !strcmp(source->separator, "tab"))
        return '\t';
    return source->separator[0];
}

size_t source_header_row(const struct source *source)
{
    size_t row = 0;
    if (source->header && source->header->kind == VALUE_TEXT)
        for (size_t i = 0; i < source->header->text.length; i++)
            row = row * 10 + (size_t)(source->header->text.bytes[i] - '0');
    return row;
}

static enum status check_header(const struct setting_context *context, const struct source *source,
                                struct error *error)
{
    const struct value *header = source->header;
    if (!header)
        return STATUS_OK;
    bool fits = header->count > 0 && header->kind == VALUE_LIST;
    for (const struct value *name = header->first; fits && name; name = name->next)
        fits = name->kind == VALUE_TEXT;
    if (header->kind == VALUE_TEXT)
        fits = header->text.length && header->text.length < 8 &&
               strspn(header->text.bytes, "0123456789") == header->text.length && source_header_row(source);
    if (!fits)
        return setting_fault(context, header, error,
                             _("\"header\" must be the number of a row, from 1, or a list of names"));
    return STATUS_OK;
}

static enum status read_namespaces(const struct setting_context *context, struct source *source,
                                   struct error *error)
{
    if (!source->namespaces)
        return STATUS_OK;
    struct xml_namespace *list =
        arena_array(context->arena, struct xml_namespace, source->namespaces->count + 1);
    size_t count = 0;
    for (const struct value *member = source->namespaces->first; member; member = member->next) {
        if (member->kind != VALUE_TEXT || !member->text.length)
            return setting_fault(context, member, error, _("namespaces: \"%.*s\" must be a URI"),
                                 TEXT_ARG(member->name));
        list[count++] = (struct xml_namespace){ text_string(context->arena, member->name),
                                                text_string(context->arena, member->text) };
    }
    source->record.namespaces = list;
    source->record.namespace_count = count;
    return STATUS_OK;
}

static enum status check_encoding(const struct setting_context *context, struct source *source,
                                  struct error *error)
{
    static const char *const names[] = { "auto", "utf-8",  "utf-16", "tcvn3", "vni",
                                         "vps",  "viscii", "viqr",   "cp1258" };
    enum encoding encoding;
    if (source->encoding && !encoding_named(text_of(source->encoding), &encoding)) {
        const char *nearest = text_nearest(text_of(source->encoding), names, COUNT(names));
        return setting_fault(context, value_find(source->tree, "encoding"), error,
                             _("unknown encoding \"%s\"; did you mean \"%s\"?"), source->encoding,
                             nearest ? nearest : "auto");
    }
    if (source->font && strcmp(source->font, "capitals"))
        return setting_fault(context, value_find(source->tree, "font"), error,
                             _("\"font\" can only be \"capitals\" (TCVN3's font of capital letters)"));
    source->record.capitals = source->font != NULL;
    return STATUS_OK;
}

static enum status check_options(const struct setting_context *context, const struct source *source,
                                 struct error *error)
{
    static const struct {
        const char *name;
        unsigned formats;
    } uses[] = {
        { "records", 1 << SOURCE_JSON | 1 << SOURCE_XML | 1 << SOURCE_HTML },
        { "namespaces", 1 << SOURCE_XML },
        { "separator", 1 << SOURCE_CSV },
        { "header", 1 << SOURCE_CSV | 1 << SOURCE_XLSX },
        { "sheet", 1 << SOURCE_XLSX },
        { "hidden", 1 << SOURCE_XLSX },
        { "struck", 1 << SOURCE_XLSX },
    };
    for (size_t i = 0; i < COUNT(uses); i++) {
        const struct value *given = value_find(source->tree, uses[i].name);
        bool empty = given && given->kind == VALUE_TEXT && !given->text.length;
        if (given && !empty && !(uses[i].formats & 1u << source->format))
            return setting_fault(context, given, error, _("\"%s\" means nothing to format %s; remove it"),
                                 uses[i].name, formats[source->format]);
    }
    const struct value *separator = value_find(source->tree, "separator");
    char byte = source_separator(source);
    bool tab = byte == '\t';
    if (separator && separator->text.length &&
        ((separator->text.length != 1 && !tab) || byte == '"' || byte == '\n' || byte == '\r'))
        return setting_fault(context, separator, error, _("a separator is one character"));
    if (!source->key && source->format != SOURCE_HTML && !source_is_whole(source))
        return setting_fault(context, source->tree, error,
                             _("the source \"%s\" needs a \"key\": the address of what identifies a record"),
                             source->name);
    return STATUS_OK;
}

static enum status check_name(const struct setting_context *context, const struct source *source,
                              struct error *error)
{
    for (const char *name = source->name; *name; name++)
        if ((unsigned char)*name < 0x20)
            return setting_fault(context, source->tree, error,
                                 _("a source's name cannot hold control characters"));
    return STATUS_OK;
}

static bool is_format(const struct value *tree)
{
    for (size_t i = 0; formats[i]; i++)
        if (text_is(value_text_of(tree, "format"), formats[i]))
            return true;
    return false;
}

static enum status read_source(const struct setting_context *context, const struct value *tree,
                               struct source *source, struct error *error)
{
    enum status all = STATUS_OK;
    if (!setting_step(context, &all,
                      setting_read(context, settings, COUNT(settings), tree, "sources", source, error),
                      error))
        return all;
    source->name = source->name ? source->name : "";
    source->tree = tree;
    source->unformatted = !is_format(tree);
    source->record.shape = source->unformatted ? RECORD_CSV : shapes[source->format];
    source->record.encoding = source->encoding;
    (void)((source->unformatted ||
            setting_step(context, &all, check_options(context, source, error), error)) &&
           setting_step(context, &all, check_header(context, source, error), error) &&
           setting_step(context, &all, check_encoding(context, source, error), error) &&
           setting_step(context, &all, read_namespaces(context, source, error), error) &&
           setting_step(context, &all, check_name(context, source, error), error));
    return all;
}

enum status source_read_all(const struct setting_context *context, const struct value *list,
                            struct source **sources, size_t *count, struct error *error)
{
    *count = 0;
    *sources = NULL;
    if (!list)
        return STATUS_OK;
    if (list->kind != VALUE_LIST)
        return setting_fault(context, list, error, _("\"sources\" must be a list"));
    *sources = arena_array(context->arena, struct source, list->count + 1);
    enum status all = STATUS_OK;
    for (const struct value *tree = list->first; tree; tree = tree->next) {
        struct source *source = &(*sources)[*count];
        if (!setting_step(context, &all, read_source(context, tree, source, error), error))
            return all;
        for (size_t i = 0; i < *count; i++)
            if (*source->name && !strcmp((*sources)[i].name, source->name) &&
                !setting_step(
                    context, &all,
                    setting_fault(context, tree, error, _("two sources are called \"%s\""), source->name),
                    error))
                return all;
        source->order = (int64_t)(*count)++;
    }
    return all;
}

static enum status no_source(const struct source *sources, size_t count, const char *name,
                             struct error *error)
{
    const char *names[64];
    size_t known = 0;
    for (; known < count && known < sizeof names / sizeof *names; known++)
        names[known] = sources[known].name;
    const char *nearest = text_nearest(text_of(name), names, known);
    return error_set(error, STATUS_USAGE,
                     nearest ? _("there is no source \"%s\"; did you mean \"%s\"?")
                             : _("there is no source \"%s\""),
                     name, nearest);
}

enum status source_check_names(const struct source *sources, size_t count, const char *const *names,
                               size_t name_count, struct error *error)
{
    for (size_t i = 0; i < name_count; i++) {
        size_t at = 0;
        while (at < count && strcmp(sources[at].name, names[i]))
            at++;
        if (at == count)
            return no_source(sources, count, names[i], error);
    }
    return STATUS_OK;
}
