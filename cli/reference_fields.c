/* The canonical fields as a page, from the tables of core/procedure.c. */
#include "cli/reference.h"
#include "core/procedure.h"

static const char *kind_of(const struct field *field)
{
    static const char *const kinds[] = {
        [FIELD_LINE] = "a text of one line",
        [FIELD_LINES] = "a text with line breaks",
        [FIELD_CHOICE] = "one of",
        [FIELD_DATE] = "yyyy-mm-dd",
        [FIELD_DECIMAL] = "a decimal, as text",
        [FIELD_INTEGER] = "an integer",
        [FIELD_GROUP] = "an object",
        [FIELD_LIST] = "a list",
    };
    return kinds[field->kind];
}

static void put_row(struct buffer *out, const char *path, const struct field *field,
                    const struct words *words)
{
    buffer_printf(out, "| `%s`%s | %s | %s | %s", path, field->required ? " *" : "",
                  words->in[LANGUAGE_VI] ? words->in[LANGUAGE_VI] : "",
                  words->in[LANGUAGE_EN] ? words->in[LANGUAGE_EN] : "", kind_of(field));
    for (size_t i = 0; field->kind == FIELD_CHOICE && field->choices[i]; i++) {
        buffer_printf(out, "%s`%s`", i ? " · " : " ", field->choices[i]);
        if (field->choice_words && field->choice_words[i].in[LANGUAGE_VI])
            buffer_printf(out, " (%s)", field->choice_words[i].in[LANGUAGE_VI]);
    }
    if (field->kind == FIELD_GROUP && field->main)
        buffer_printf(out, "; a bare text is its `%s`", field->main);
    buffer_string(out, " |\n");
}

static void put_fields(struct buffer *out, const char *prefix, const struct field *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct field *field = &group->fields[i], *item = field;
        BUFFER_OWNED struct buffer path = { 0 };
        buffer_printf(&path, "%s%s", prefix, field->name);
        if (field->kind == FIELD_LIST) {
            buffer_string(&path, "[]");
            item = field->item;
        }
        struct field shown = *item;
        shown.required = field->required;
        put_row(out, path.bytes, &shown, &field->words);
        if (item->kind == FIELD_GROUP) {
            buffer_char(&path, '.');
            put_fields(out, path.bytes, item);
        }
    }
}

void reference_fields(struct buffer *out)
{
    buffer_string(
        out,
        "# The canonical procedure\n\n"
        "What a map fills, rules look at and the portal is sent; made by `make-reference fields` from the "
        "tables of `core/procedure.c`.\n"
        "`[]` is a list, a dot a member, `*` what every procedure must have. What is nothing is absent.\n\n"
        "| field | tên gọi | called | holds |\n|---|---|---|---|\n");
    put_fields(out, "", &procedure_root);
}
