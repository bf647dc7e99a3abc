#include "extract/infer_html.h"

#include <string.h>

#define TABLES 30
#define CELLS  40
#define ROWS   40
#define LABELS 120
#define LABEL  60 /* bytes */

struct look {
    struct infer_fields *fields;
    struct xml_document *document;
};

static struct xml_result nodes_at(const struct look *look, struct text address)
{
    struct xml_path *path;
    struct xml_result result = { 0 };
    struct error error;
    if (xml_path_compile(address, NULL, 0, &path, &error))
        return result;
    if (xml_path_select(path, look->document, NULL, look->fields->arena, &result, &error) || !result.nodes)
        result.count = 0;
    xml_path_free(path);
    return result;
}

static struct text text_at(const struct look *look, struct xml_node *node, struct text address)
{
    return text_trim(infer_ask(look->fields, look->document, node, address));
}

static struct text cell_of(const struct look *look, struct xml_node *row, size_t at)
{
    return text_at(look, row, text_format(look->fields->arena, "normalize-space(*[%zu])", at));
}

/* ---- a table of procedures ---- */

/* `headings`: the row with the names of the columns; NULL: of no interest. */
static void take_rows(const struct look *look, struct infer_fields *fields, const struct xml_result *rows,
                      struct xml_node *headings)
{
    for (size_t i = 0; i < rows->count && i < ROWS; i++) {
        fields->records++;
        for (size_t at = 1; at <= CELLS; at++) {
            struct text cell = cell_of(look, rows->nodes[i], at);
            if (!cell.length)
                continue;
            struct text heading = headings ? cell_of(look, headings, at) : TEXT("");
            infer_take(fields, infer_add(fields, text_format(fields->arena, "*[%zu]", at), heading), cell);
        }
    }
}

static bool holds_codes(const struct look *look, struct text table)
{
    struct infer_fields found = { .arena = look->fields->arena };
    struct xml_result rows = nodes_at(look, table);
    size_t most = 0;
    take_rows(look, &found, &rows, NULL);
    for (size_t i = 0; i < found.count; i++)
        most = found.list[i].inside > most ? found.list[i].inside : most;
    return most > 1 && most * 2 >= found.records;
}

#define HEADINGS 4 /* rows */

/* How many rows of the table are headings where these are no <th>: the first, and those into which its cells reach. */
static int headings_of(const struct look *look, int table)
{
    int rows = 1;
    while (rows < HEADINGS &&
           nodes_at(look, text_format(look->fields->arena,
                                      "(//table)[%d]//tr[not(preceding-sibling::tr)]/*[@rowspan > %d]", table,
                                      rows))
               .count)
        rows++;
    return rows;
}

static struct text find_table(const struct look *look)
{
    struct arena *arena = look->fields->arena;
    for (int at = 1; at <= TABLES; at++) {
        struct text table = text_format(arena, "(//table)[%d]", at);
        if (!nodes_at(look, table).count)
            break;
        bool headed = nodes_at(look, text_format(arena, "(//table)[%d]//tr[th][not(td)]", at)).count > 0;
        int skipped = headed ? 0 : headings_of(look, at);
        struct text rows =
            text_format(arena,
                        skipped > 1    ? "(//table)[%d]//tr[td][count(preceding-sibling::tr) >= %d]"
                        : skipped == 1 ? "(//table)[%d]//tr[td][preceding-sibling::tr]"
                                       : "(//table)[%d]//tr[td]",
                        at, skipped);
        if (holds_codes(look, rows))
            return rows;
    }
    return TEXT_NONE;
}

static void look_at_rows(const struct look *look)
{
    struct infer_fields *fields = look->fields;
    struct xml_result rows = nodes_at(look, fields->table);
    /* The row above the first: the lowest one of the headings. */
    struct text above = text_format(fields->arena, "(%.*s)[1]/preceding::tr[1]", TEXT_ARG(fields->table));
    struct xml_result headings = nodes_at(look, above);
    struct xml_node **all = arena_array(fields->arena, struct xml_node *, rows.count + 1);
    size_t count = headings.count ? 1 : 0;
    if (count)
        all[0] = headings.nodes[0];
    for (size_t i = 0; i < rows.count; i++)
        all[count++] = rows.nodes[i];
    struct error error;
    (void)xml_spread_rows(look->document, all, count, &error); /* the columns as a night reads them */
    take_rows(look, fields, &rows, headings.count ? headings.nodes[0] : NULL);
}

/* ---- one procedure ---- */

/* A text in an XPath cannot escape its quote. */
static bool can_be_quoted(struct text label)
{
    return label.length && label.length <= LABEL && !memchr(label.bytes, '\'', label.length);
}

static struct text name_of(struct text label)
{
    size_t colon;
    return text_find(label, TEXT(":"), &colon) ? text_slice(label, 0, colon) : label;
}

/* <tr><th>Label</th><td>value</td></tr>, <dt>Label</dt><dd>value</dd> */
static void look_at_pairs(const struct look *look, const char *pairs, const char *label_at,
                          const char *before, const char *after)
{
    struct infer_fields *fields = look->fields;
    struct xml_result found = nodes_at(look, text_of(pairs));
    for (size_t i = 0; i < found.count && i < LABELS; i++) {
        struct text label = text_at(look, found.nodes[i], text_of(label_at));
        if (!can_be_quoted(label))
            continue;
        struct text address = text_format(fields->arena, "%s'%.*s'%s", before, TEXT_ARG(label), after);
        infer_take(
            fields, infer_add(fields, address, name_of(label)),
            text_at(look, NULL, text_format(fields->arena, "normalize-space(%.*s)", TEXT_ARG(address))));
    }
}

/* <h2>Label</h2> … <ul><li>value</li></ul>, or a paragraph. */
static void look_at_headings(const struct look *look)
{
    struct infer_fields *fields = look->fields;
    struct xml_result found = nodes_at(look, TEXT("//h2 | //h3 | //h4"));
    for (size_t i = 0; i < found.count && i < LABELS; i++) {
        struct text label = text_at(look, found.nodes[i], TEXT("normalize-space(.)"));
        struct text tag = text_at(look, found.nodes[i], TEXT("name(.)"));
        struct text what =
            text_at(look, found.nodes[i], TEXT("name(following::*[self::ul or self::ol or self::p][1])"));
        if (!can_be_quoted(label) || !what.length ||
            !infer_is_known(infer_fold(fields->arena, name_of(label))))
            continue;
        bool list = !text_is(what, "p");
        struct text address =
            text_format(fields->arena, "//%.*s[normalize-space(.)='%.*s']/following::%.*s[1]%s",
                        TEXT_ARG(tag), TEXT_ARG(label), TEXT_ARG(what), list ? "/li" : "");
        struct infer_field *field = infer_add(fields, address, name_of(label));
        infer_take(
            fields, field,
            text_at(look, NULL, text_format(fields->arena, "normalize-space(%.*s)", TEXT_ARG(address))));
        if (field && list)
            field->shape = PROBE_TEXTS;
    }
}

/* <p>Label: value</p>, where the label is one that is met. */
static void look_at_lines(const struct look *look)
{
    struct infer_fields *fields = look->fields;
    struct xml_result found = nodes_at(
        look, TEXT("//p[contains(., ':')] | //li[contains(., ':')] | //div[not(*)][contains(., ':')]"));
    for (size_t i = 0; i < found.count && i < LABELS; i++) {
        struct text line = text_at(look, found.nodes[i], TEXT("normalize-space(.)"));
        struct text tag = text_at(look, found.nodes[i], TEXT("name(.)")), label = name_of(line);
        if (!can_be_quoted(label) || !infer_is_known(infer_fold(fields->arena, label)))
            continue;
        struct text address = text_format(
            fields->arena, "substring-after(//%.*s[starts-with(normalize-space(.), '%.*s:')], ':')",
            TEXT_ARG(tag), TEXT_ARG(label));
        infer_take(fields, infer_add(fields, address, label), text_at(look, NULL, address));
    }
}

static void look_at_page(const struct look *look)
{
    struct infer_fields *fields = look->fields;
    fields->records++;
    look_at_pairs(look, "//tr[count(*) = 2]", "normalize-space(*[1])",
                  "//tr[normalize-space(*[1])=", "]/*[2]");
    look_at_pairs(look, "//dt", "normalize-space(.)",
                  "//dt[normalize-space(.)=", "]/following-sibling::dd[1]");
    look_at_headings(look);
    look_at_lines(look);
    infer_take(fields, infer_add(fields, TEXT("//h1"), TEXT("title")),
               text_at(look, NULL, TEXT("normalize-space(//h1)")));
}

void infer_html_look(struct infer_fields *fields, const struct record *record)
{
    struct look look = { fields, record->document };
    if (!fields->records)
        fields->table = find_table(&look);
    if (fields->table.length)
        look_at_rows(&look);
    else
        look_at_page(&look);
}
