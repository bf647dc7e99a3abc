#include <libxml/tree.h>
#include <string.h>
#include <strings.h>

#include "adapters/html_references.h"
#include "adapters/xml.h"

/* The next node in the order of the document inside `top`; a node's children are skipped when `down` is
 * false. */
static const xmlNode *next_node(const xmlNode *node, const xmlNode *top)
{
    bool holds = node->type == XML_ELEMENT_NODE || node->type == XML_ATTRIBUTE_NODE ||
                 node->type == XML_DOCUMENT_NODE || node->type == XML_HTML_DOCUMENT_NODE;
    if (holds && node->children)
        return node->children;
    while (node != top && !node->next)
        node = node->parent;
    return node == top ? NULL : node->next;
}

static bool is_text(const xmlNode *node)
{
    return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content;
}

static struct text plain_text(struct arena *arena, const xmlNode *top)
{
    size_t length = 0, count = 0;
    const xmlChar *only = NULL;
    if (top->type == XML_COMMENT_NODE || top->type == XML_PI_NODE)
        return text_copy(arena, text_of((const char *)top->content));
    for (const xmlNode *node = top; node; node = next_node(node, top))
        if (is_text(node)) {
            length += strlen((const char *)node->content);
            only = node->content;
            count++;
        }
    if (count == 1)
        return text_copy(arena, (struct text){ (const char *)only, length });
    char *bytes = arena_alloc(arena, length + 1), *end = bytes;
    for (const xmlNode *node = top; node; node = next_node(node, top))
        if (is_text(node))
            end = stpcpy(end, (const char *)node->content);
    *end = 0;
    return (struct text){ bytes, length };
}

/* ---- as a page shows it ---- */

static const char *const block_names[] = {
    "address",  "article", "aside",  "blockquote", "caption", "center",   "dd",         "details",
    "dialog",   "dir",     "div",    "dl",         "dt",      "fieldset", "figcaption", "figure",
    "footer",   "form",    "h1",     "h2",         "h3",      "h4",       "h5",         "h6",
    "header",   "hr",      "legend", "li",         "main",    "menu",     "nav",        "ol",
    "optgroup", "option",  "p",      "pre",        "section", "summary",  "table",      "tbody",
    "textarea", "tfoot",   "thead",  "title",      "tr",      "ul",
};
static const char *const silent_names[] = { "script", "style", "noscript", "template" };

static bool named(const xmlNode *node, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp((const char *)node->name, names[i]))
            return true;
    return false;
}
#define NAMED(node, names) named((node), (names), sizeof(names) / sizeof *(names))

struct page {
    struct buffer out;
    bool blank;        /* one is due before the next letter */
    unsigned verbatim; /* inside this many <pre> */
};

static void page_break(struct page *page)
{
    page->blank = false;
    buffer_char(&page->out, '\n');
}

static bool at_line_start(const struct page *page)
{
    return !page->out.length || page->out.bytes[page->out.length - 1] == '\n';
}

static void page_text(struct page *page, const char *bytes)
{
    while (*bytes) {
        size_t plain = strcspn(bytes, " \t\n\f\r");
        if (plain) {
            if (page->blank && !at_line_start(page))
                buffer_char(&page->out, ' ');
            page->blank = false;
            buffer_put(&page->out, bytes, plain);
            bytes += plain;
            continue;
        }
        if (page->verbatim && *bytes == '\n')
            page_break(page);
        else
            page->blank = true;
        bytes++;
    }
}

static void page_edge(struct page *page, const xmlNode *node, bool begins)
{
    if (!strcasecmp((const char *)node->name, "br")) {
        if (begins)
            page_break(page);
    } else if (!strcasecmp((const char *)node->name, "td") || !strcasecmp((const char *)node->name, "th"))
        page->blank = true;
    else if (NAMED(node, block_names)) {
        page->blank = false;
        if (!at_line_start(page))
            page_break(page);
        bool verbatim =
            !strcasecmp((const char *)node->name, "pre") || !strcasecmp((const char *)node->name, "textarea");
        if (verbatim)
            page->verbatim += begins ? 1U : (unsigned)-1;
    }
}

static struct text page_node(struct arena *arena, const xmlNode *top)
{
    struct page page = { 0 };
    const xmlNode *node = top;
    while (node) {
        bool down = true;
        if (is_text(node))
            page_text(&page, (const char *)node->content);
        else if (node->type == XML_ELEMENT_NODE) {
            down = !NAMED(node, silent_names);
            if (down)
                page_edge(&page, node, true);
        }
        if (down && node->children && node->type != XML_DTD_NODE && node->type != XML_ENTITY_REF_NODE) {
            node = node->children;
            continue;
        }
        for (;;) {
            if (node->type == XML_ELEMENT_NODE && down)
                page_edge(&page, node, false);
            down = true;
            if (node == top || node->next)
                break;
            node = node->parent;
        }
        node = node == top ? NULL : node->next;
    }
    struct text text = text_copy(arena, text_trim(buffer_view(&page.out)));
    buffer_free(&page.out);
    return text;
}

struct text xml_node_text(struct arena *arena, const struct xml_node *node, bool html)
{
    const xmlNode *top = (const xmlNode *)node;
    if (!html)
        return plain_text(arena, top);
    return html_restore(arena,
                        top->type != XML_ATTRIBUTE_NODE ? page_node(arena, top) : plain_text(arena, top));
}
