#include "console/content.h"

#include <string.h>

#include "core/canonical.h"
#include "core/field_words.h"
#include "core/procedure.h"
#include "core/word_diff.h"

#define TEXT_MOST  60000 /* bytes of a value on a page; downloads have all of it */
#define ITEMS_MOST 400   /* of a list that are compared item by item */

/* What officials look for first; what is not named comes behind, in the tables' order. */
static const char *const order[] = {
    "name",
    "code",
    "kind",
    "internal_group",
    "status",
    "announcement",
    "decision",
    "agency",
    "fields",
    "levels",
    "steps",
    "methods",
    "dossier",
    "time_limit",
    "subjects",
    "executing_agencies",
    "competent_agencies",
    "coordinating_agencies",
    "results",
    "conditions",
    "legal_bases",
    "online_service",
    "services",
    "notes",
};
#define ORDER (sizeof order / sizeof *order)

typedef void visit_field(void *user_data, const struct field *field, struct text name);

static bool is_ordered(struct text name)
{
    for (size_t i = 0; i < ORDER; i++)
        if (text_is(name, order[i]))
            return true;
    return false;
}

/* Each field that either content has. */
static void each_field(const struct value *first, const struct value *second, visit_field *visit,
                       void *user_data)
{
    for (size_t i = 0; i < ORDER; i++)
        if (value_find(first, order[i]) || value_find(second, order[i]))
            visit(user_data, field_find(&procedure_root, text_of(order[i])), text_of(order[i]));
    for (const struct value *member = first ? first->first : NULL; member; member = member->next)
        if (!is_ordered(member->name))
            visit(user_data, field_find(&procedure_root, member->name), member->name);
    for (const struct value *member = second ? second->first : NULL; member; member = member->next)
        if (!is_ordered(member->name) && !value_find_text(first, member->name))
            visit(user_data, field_find(&procedure_root, member->name), member->name);
}

static struct text words_of(const struct page *page, const struct field *field, struct text name)
{
    const char *words = field ? field->words.in[page->language] : NULL;
    return words ? text_of(words) : name;
}

/* ---- a value as text ---- */

static void put_plain(const struct page *page, struct buffer *out, const struct field *field,
                      const struct value *value, bool lines)
{
    if (!value)
        return;
    if (value->kind == VALUE_LIST) {
        for (const struct value *item = value->first; item; item = item->next) {
            put_plain(page, out, field ? field->item : NULL, item, false);
            buffer_string(out, item->next ? "\n" : "");
        }
    } else if (value->kind == VALUE_OBJECT) {
        bool any = false;
        for (const struct value *member = value->first; member; member = member->next) {
            const struct field *of =
                field && field->kind == FIELD_GROUP ? field_find(field, member->name) : NULL;
            bool main = field && field->main && text_is(member->name, field->main);
            buffer_string(out, !any ? "" : lines ? "\n" : "; ");
            if (!main) {
                buffer_text(out, words_of(page, of, member->name));
                buffer_string(out, ": ");
            }
            put_plain(page, out, of, member, false);
            any = true;
        }
    } else if (value->kind == VALUE_BOOLEAN) {
        buffer_string(out, value->truth ? _("yes") : _("no"));
    } else {
        buffer_text(out, field_words_value(page->arena, field, value->text, page->language));
    }
}

static struct text plain(const struct page *page, const struct field *field, const struct value *value)
{
    BUFFER_OWNED struct buffer out = { 0 };
    put_plain(page, &out, field, value, true);
    return page_cut(page, text_copy(page->arena, buffer_view(&out)), TEXT_MOST);
}

/* ---- one content ---- */

struct putting {
    struct page *page;
    const struct value *after;
};

static void put_field(void *user_data, const struct field *field, struct text name)
{
    struct putting *putting = user_data;
    struct page *page = putting->page;
    const struct value *value = value_find_text(putting->after, name);
    html_literal(page->out, "<tr>");
    html_open(page->out, "th", "scope", "row", NULL);
    html_text(page->out, words_of(page, field, name));
    html_literal(page->out, "</th><td>");
    if (value->kind == VALUE_LIST && value->count > 1) {
        html_literal(page->out, "<ol>");
        for (const struct value *item = value->first; item; item = item->next)
            html_element(page->out, "li", plain(page, field ? field->item : NULL, item));
        html_literal(page->out, "</ol>");
    } else {
        html_text(page->out, plain(page, field, value));
    }
    html_literal(page->out, "</td></tr>\n");
}

void content_put(struct page *page, const struct value *procedure)
{
    struct putting putting = { .page = page, .after = procedure };
    html_literal(page->out, "<div class=\"wide\"><table class=\"content\"><tbody>\n");
    each_field(NULL, procedure, put_field, &putting);
    html_literal(page->out, "</tbody></table></div>\n");
}

/* ---- two contents ---- */

static void put_side(struct page *page, const struct word_piece *pieces, enum word_side side,
                     const char *label)
{
    html_open(page->out, "td", "data-label", label, NULL);
    for (const struct word_piece *piece = pieces; piece; piece = piece->next) {
        struct text word = text_trim(piece->text);
        if (piece->side != WORD_BOTH && piece->side != side)
            continue;
        if (piece->side == WORD_BOTH)
            html_text(page->out, word);
        else
            html_element(page->out, side == WORD_BEFORE ? "del" : "ins", word);
        html_string(page->out, text_ends(piece->text, TEXT("\n")) ? "\n" : " ");
    }
    html_literal(page->out, "</td>");
}

struct beside {
    struct page *page;
    const struct value *before, *after;
    const char *left, *right;
    size_t same;
};

static void put_row(struct beside *beside, struct text words, const struct field *field,
                    const struct value *before, const struct value *after)
{
    struct page *page = beside->page;
    const struct word_piece *pieces = word_diff(page->arena, before ? plain(page, field, before) : TEXT_NONE,
                                                after ? plain(page, field, after) : TEXT_NONE);
    html_literal(page->out, "<tr>");
    html_open(page->out, "th", "scope", "row", NULL);
    html_text(page->out, words);
    html_literal(page->out, "</th>");
    put_side(page, pieces, WORD_BEFORE, beside->left);
    put_side(page, pieces, WORD_AFTER, beside->right);
    html_literal(page->out, "</tr>\n");
}

/* "Căn cứ pháp lý thứ 2" */
static struct text item_words(const struct page *page, struct text name, size_t number)
{
    return field_words_place(
        page->arena, text_format(page->arena, TEXT_PRINT "[%zu]", TEXT_ARG(name), number), page->language);
}

static void put_rows(struct beside *beside, const struct field *field, struct text name,
                     const struct value **before, size_t before_count, const struct value **after,
                     size_t after_count, size_t number)
{
    size_t count = before_count > after_count ? before_count : after_count;
    for (size_t i = 0; i < count; i++)
        put_row(beside, item_words(beside->page, name, number + i), field ? field->item : NULL,
                i < before_count ? before[i] : NULL, i < after_count ? after[i] : NULL);
}

/* Items that stand in both lists are not shown again; what went and came between them stands side by side. */
static void put_items(struct beside *beside, const struct field *field, struct text name,
                      const struct value *before, const struct value *after)
{
    struct arena *arena = beside->page->arena;
    size_t rows = before->count, columns = after->count, width = columns + 1, at = 0;
    const struct value **left = arena_array(arena, const struct value *, rows + 1);
    const struct value **right = arena_array(arena, const struct value *, columns + 1);
    unsigned *length = arena_array(arena, unsigned, (rows + 1) * width);
    for (const struct value *item = before->first; item; item = item->next)
        left[at++] = item;
    at = 0;
    for (const struct value *item = after->first; item; item = item->next)
        right[at++] = item;
    for (size_t i = rows; i-- > 0;)
        for (size_t j = columns; j-- > 0;) {
            unsigned down = length[(i + 1) * width + j], across = length[i * width + j + 1];
            length[i * width + j] = value_equal(left[i], right[j]) ? length[(i + 1) * width + j + 1] + 1
                                    : down > across                ? down
                                                                   : across;
        }
    /* Between two items that stayed, what went and what came stands in rows, the first beside the first. */
    size_t i = 0, j = 0, gone = 0, came = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns && value_equal(left[i], right[j])) {
            put_rows(beside, field, name, left + gone, i - gone, right + came, j - came, came);
            gone = ++i;
            came = ++j;
        } else if (i < rows && (j == columns || length[(i + 1) * width + j] >= length[i * width + j + 1])) {
            i++;
        } else {
            j++;
        }
    }
    put_rows(beside, field, name, left + gone, rows - gone, right + came, columns - came, came);
}

static void put_difference(void *user_data, const struct field *field, struct text name)
{
    struct beside *beside = user_data;
    const struct value *before = value_find_text(beside->before, name),
                       *after = value_find_text(beside->after, name);
    if (before && after && value_equal(before, after)) {
        beside->same++;
        return;
    }
    bool lists = before && after && before->kind == VALUE_LIST && after->kind == VALUE_LIST &&
                 before->count <= ITEMS_MOST && after->count <= ITEMS_MOST;
    if (lists)
        put_items(beside, field, name, before, after);
    else
        put_row(beside, words_of(beside->page, field, name), field, before, after);
}

static void put_same(void *user_data, const struct field *field, struct text name)
{
    struct beside *beside = user_data;
    const struct value *before = value_find_text(beside->before, name),
                       *after = value_find_text(beside->after, name);
    struct putting putting = { .page = beside->page, .after = beside->after };
    if (before && after && value_equal(before, after))
        put_field(&putting, field, name);
}

void content_put_beside(struct page *page, const struct value *before, const struct value *after,
                        const char *left, const char *right)
{
    struct beside beside = { page, before, after, left, right, 0 };
    html_literal(page->out, "<div class=\"wide\"><table class=\"beside\"><thead><tr>");
    const char *const headings[] = { _("field"), left, right };
    for (size_t i = 0; i < 3; i++) {
        html_open(page->out, "th", "scope", "col", NULL);
        html_string(page->out, headings[i]);
        html_close(page->out, "th");
    }
    html_literal(page->out, "</tr></thead>\n<tbody>");
    each_field(before, after, put_difference, &beside);
    html_literal(page->out, "</tbody></table></div>\n<details><summary>");
    html_text(page->out, text_format(page->arena, _("%zu fields are the same in both"), beside.same));
    html_literal(page->out, "</summary><div class=\"wide\"><table class=\"content\"><tbody>\n");
    each_field(before, after, put_same, &beside);
    html_literal(page->out, "</tbody></table></div></details>\n");
}
