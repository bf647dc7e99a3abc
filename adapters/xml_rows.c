#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/xml_libxml2.h"
#include "core/memory.h"

#define COLUMNS 1000               /* HTML's own ceiling of colspan */
#define ROWS    65534              /* … of rowspan */
#define ROOM    ((size_t)64 << 20) /* of what is repeated, counted roughly */

/* A cell that reaches into the rows below. */
struct span {
    xmlNodePtr cell;
    long rows;               /* that it still reaches into */
    unsigned columns, width; /* width: of the row that it begins in */
    size_t size;
};

struct table {
    struct span spans[COLUMNS];
    unsigned used; /* columns that may have one */
    size_t room;
};

static bool is_named(xmlNodePtr node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !strcasecmp((const char *)node->name, name);
}

static xmlNodePtr cell_from(xmlNodePtr node)
{
    while (node && !is_named(node, "td") && !is_named(node, "th"))
        node = node->next;
    return node;
}

static long number_at(xmlNodePtr cell, const char *name, long most)
{
    xmlChar *words = xmlGetProp(cell, (const xmlChar *)name);
    char *end = NULL;
    long number = words ? strtol((const char *)words, &end, 10) : 1;
    bool none = words && end == (const char *)words;
    xmlFree(words);
    return none || number < 0 ? 1 : number > most ? most : number;
}

static unsigned columns_of(xmlNodePtr cell)
{
    long columns = number_at(cell, "colspan", COLUMNS);
    return columns ? (unsigned)columns : 1;
}

static size_t size_of(xmlNodePtr node)
{
    size_t size = sizeof *node;
    if (node->type != XML_ELEMENT_NODE) /* an element's is its place, which XPath keeps there */
        return size + (node->content ? (size_t)xmlStrlen(node->content) : 0);
    for (xmlNodePtr child = node->children; child && size < ROOM; child = child->next)
        size += size_of(child);
    return size;
}

/* Has the row room for what reaches into it? One that has all its cells is shown with one too many, and is left as it is. */
static bool lacks_cells(const struct table *table, xmlNodePtr row)
{
    unsigned own = 0, width = 0;
    for (unsigned column = 0; column < table->used; column++) {
        const struct span *span = &table->spans[column];
        own += span->rows ? span->columns : 0;
        width = span->rows && span->width > width ? span->width : width;
    }
    for (xmlNodePtr cell = own ? cell_from(row->children) : NULL; cell; cell = cell_from(cell->next))
        own += columns_of(cell);
    return own <= width;
}

static void repeat(xmlNodePtr row, xmlNodePtr before, const struct span *span)
{
    xmlNodePtr copy = xmlDocCopyNode(span->cell, row->doc, 1);
    if (!copy)
        return;
    (void)xmlUnsetProp(copy, (const xmlChar *)"rowspan");
    if (before)
        (void)xmlAddPrevSibling(before, copy);
    else
        (void)xmlAddChild(row, copy);
}

static void reach_on(struct table *table, const struct span *fresh, const unsigned *at, unsigned count,
                     unsigned width)
{
    for (unsigned column = 0; column < table->used; column++)
        table->spans[column].rows -= table->spans[column].rows > 0;
    for (unsigned i = 0; i < count; i++) {
        table->spans[at[i]] = fresh[i];
        table->spans[at[i]].width = width;
        if (table->used <= at[i])
            table->used = at[i] + 1;
    }
}

/* Goes through the cells of a row as they are shown, puts in what reaches down from above, and takes up what reaches on. A cell
 * behind a gap would come to stand in another column, and is left out. */
static void take_row(struct table *table, xmlNodePtr row)
{
    bool lacking = lacks_cells(table, row);
    unsigned column = 0, begun = 0, at[COLUMNS];
    struct span fresh[COLUMNS];
    for (xmlNodePtr cell = cell_from(row->children); column < COLUMNS;) {
        const struct span *above = &table->spans[column];
        if (lacking && above->rows) {
            table->room -= above->size < table->room ? above->size : table->room;
            if (table->room)
                repeat(row, cell, above);
            column += above->columns;
            continue;
        }
        if (!cell)
            break;
        long rows = number_at(cell, "rowspan", ROWS);
        if (rows != 1) {
            fresh[begun] = (struct span){ cell, rows ? rows - 1 : ROWS, columns_of(cell), 0, size_of(cell) };
            at[begun++] = column;
        }
        column += columns_of(cell);
        cell = cell_from(cell->next);
    }
    reach_on(table, fresh, at, begun, column);
}

static bool has_wide_cell(xmlNodePtr row)
{
    xmlNodePtr cell = cell_from(row->children);
    while (cell && columns_of(cell) == 1)
        cell = cell_from(cell->next);
    return cell;
}

/* Where most rows have a cell for each column, those in which one spans several have empty ones behind it. */
static void widen_cells(struct table *table, struct xml_node *const *nodes, size_t count)
{
    size_t rows = 0, wide = 0;
    for (size_t i = 0; i < count; i++) {
        rows += is_named((xmlNodePtr)nodes[i], "tr");
        wide += is_named((xmlNodePtr)nodes[i], "tr") && has_wide_cell((xmlNodePtr)nodes[i]);
    }
    for (size_t i = 0; i < count && wide && wide * 2 <= rows; i++) {
        xmlNodePtr row = (xmlNodePtr)nodes[i];
        for (xmlNodePtr cell = is_named(row, "tr") ? cell_from(row->children) : NULL; cell;
             cell = cell_from(cell->next))
            for (unsigned more = columns_of(cell) - 1; more && table->room; more--) {
                (void)xmlAddNextSibling(cell, xmlNewDocNode(row->doc, NULL, (const xmlChar *)"td", NULL));
                table->room -= table->room < sizeof *cell ? table->room : sizeof *cell;
            }
    }
}

enum status xml_spread_rows(struct xml_document *document, struct xml_node *const *nodes, size_t count,
                            struct error *error)
{
    struct table *table = memory_new(struct table);
    table->room = ROOM;
    for (size_t i = 0; i < count && table->room; i++) {
        xmlNodePtr row = (xmlNodePtr)nodes[i], group = row->parent;
        if (!is_named(row, "tr") || !group || group->_private == document)
            continue;
        group->_private = document; /* done */
        memset(table->spans, 0, sizeof table->spans);
        table->used = 0;
        for (row = group->children; row && table->room; row = row->next)
            if (is_named(row, "tr"))
                take_row(table, row);
    }
    widen_cells(table, nodes, count);
    bool enough = table->room;
    free(table);
    return enough ? STATUS_OK
                  : error_set(error, STATUS_REJECT,
                              _("the cells of the page that span rows or columns are more than %zu bytes "
                                "when they are "
                                "spread"),
                              ROOM);
}
