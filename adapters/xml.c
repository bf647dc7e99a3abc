#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/html_references.h"
#include "adapters/unicode.h"
#include "adapters/xml_libxml2.h"
#include "core/memory.h"

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void nothing_printed(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

static void nothing_kept(void *context, xmlErrorPtr found)
{
    (void)context, (void)found;
}

static void start(void)
{
    xmlMemSetup(free, memory_take, memory_resize, memory_copy_string);
    xmlInitParser();
    /* Faults go to the handlers of each parser. What libxml2 raises outside of a parser (iconv, memory) would
     * be printed: these settings are kept for each thread, and a new thread takes the defaults. */
    xmlSetGenericErrorFunc(NULL, nothing_printed);
    xmlThrDefSetGenericErrorFunc(NULL, nothing_printed);
    xmlSetStructuredErrorFunc(NULL, nothing_kept);
    xmlThrDefSetStructuredErrorFunc(NULL, nothing_kept);
}

void xml_start(void)
{
    pthread_once(&started, start);
}

void xml_stop(void)
{
    xmlCleanupParser();
}

/* ---- faults ---- */

static void words_of(char *words, size_t size, const char *message)
{
    size_t length = 0;
    for (const char *byte = message; *byte && length + 1 < size; byte++)
        words[length++] = (unsigned char)*byte < ' ' ? ' ' : *byte;
    while (length && (words[length - 1] == ' ' || words[length - 1] == '.'))
        length--;
    words[length] = 0;
    /* The message may quote the document's bytes, whatever they are. */
    length = unicode_invalid_at((struct text){ words, length });
    words[length] = 0;
}

void xml_fault_keep(struct xml_fault *fault, const xmlError *found)
{
    int level = (int)found->level;
    if (level < XML_ERR_ERROR || level <= fault->level)
        return;
    *fault =
        (struct xml_fault){ .level = level, .code = found->code, .line = found->line, .column = found->int2 };
    const char *message = found->message ? found->message : _("unknown fault");
    if (found->code == XML_ERR_DOCUMENT_EMPTY)
        message = _("there is no XML here: it does not begin with a tag");
    else if (strstr(message, "Huge input lookup"))
        message = _("a comment, value or CDATA section has more than 10,000,000 bytes, or does not end");
    else if (strstr(message, "huge text node"))
        message = _("a text has more than 10,000,000 bytes");
    words_of(fault->words, sizeof fault->words, message);
}

void xml_fault_refuse(struct xml_fault *fault, xmlParserCtxtPtr parser, const char *words)
{
    if (fault->level > XML_ERR_FATAL)
        return;
    *fault = (struct xml_fault){ .level = XML_ERR_FATAL + 1, .code = -1 };
    if (parser->input) {
        fault->line = parser->input->line;
        fault->column = parser->input->col;
    }
    words_of(fault->words, sizeof fault->words, words);
    xmlStopParser(parser);
}

static void keep_parse_fault(void *context, xmlErrorPtr found)
{
    xml_fault_keep(((xmlParserCtxtPtr)context)->_private, found);
}

static void refuse_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                          const xmlChar *system_id, xmlChar *content)
{
    xmlParserCtxtPtr parser = context;
    (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
    xml_fault_refuse(
        parser->_private, parser,
        _("the DOCTYPE declares entities, which is refused; have the file written without them"));
}

static void refuse_unparsed_entity(void *context, const xmlChar *name, const xmlChar *public_id,
                                   const xmlChar *system_id, const xmlChar *notation)
{
    refuse_entity(context, name, 0, public_id, system_id, NULL);
    (void)notation;
}

static void refuse_default(void *context, const xmlChar *element, const xmlChar *name, int type, int kind,
                           const xmlChar *value, xmlEnumerationPtr list)
{
    xmlParserCtxtPtr parser = context;
    (void)element, (void)name, (void)type, (void)kind;
    if (value)
        xml_fault_refuse(
            parser->_private, parser,
            _("the DOCTYPE declares default values, which is refused; have the file written without them"));
    xmlFreeEnumeration(list);
}

static void refuse_reference(void *context, const xmlChar *name)
{
    xmlParserCtxtPtr parser = context;
    char words[300];
    snprintf(words, sizeof words,
             _("&%.60s; is an entity that is not declared here, so that its text would be lost; have it "
               "written as "
               "the character itself"),
             (const char *)name);
    xml_fault_refuse(parser->_private, parser, words);
}

void xml_fault_listen(xmlSAXHandler *handlers)
{
    handlers->serror = keep_parse_fault;
    handlers->entityDecl = refuse_entity;
    handlers->unparsedEntityDecl = refuse_unparsed_entity;
    handlers->attributeDecl = refuse_default;
    handlers->reference = refuse_reference;
}

enum status xml_fault_tell(const struct xml_fault *fault, const char *name, enum status status,
                           struct error *error)
{
    const char *words = fault->level ? fault->words : _("it cannot be read");
    if (name)
        return error_set(error, status, _("%s, line %ld, column %ld: %s"), name, fault->line, fault->column,
                         words);
    return error_set(error, status, _("line %ld, column %ld: %s"), fault->line, fault->column, words);
}

/* ---- encodings ---- */

enum status xml_encoding_choose(const char *encoding, struct text start_bytes, const char **told,
                                bool *declared, struct error *error)
{
    *told = NULL;
    *declared = !encoding;
    if (!encoding || !strcasecmp(encoding, "utf-8") || !strcasecmp(encoding, "utf8"))
        return STATUS_OK; /* without a mark and a declaration XML is UTF-8 */
    if (!strcasecmp(encoding, "utf-16le"))
        *told = "UTF-16LE";
    else if (!strcasecmp(encoding, "utf-16be"))
        *told = "UTF-16BE";
    else if (!strcasecmp(encoding, "utf-16")) {
        const char *bytes = start_bytes.bytes;
        bool big = start_bytes.length >= 2 && (!memcmp(bytes, "\xfe\xff", 2) || !bytes[0]);
        *told = big ? "UTF-16BE" : "UTF-16LE";
    } else
        return error_set(error, STATUS_USAGE,
                         _("XML and HTML are read as utf-8 or utf-16; a text in %s has to be decoded first"),
                         encoding);
    return STATUS_OK;
}

/* ---- documents ---- */

static xmlDocPtr parse_xml(struct text bytes, const char *told, bool declared, struct xml_fault *fault)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    parser->_private = fault;
    xml_fault_listen(parser->sax);
    /* NOENT only joins the predefined entities with the text around them: there are no others. */
    int options =
        XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_COMPACT | (declared ? 0 : XML_PARSE_IGNORE_ENC);
    xmlDocPtr tree = xmlCtxtReadMemory(parser, bytes.bytes, (int)bytes.length, NULL, told, options);
    /* Where it gave up for want of room it says that all was well, and the rest is missing. */
    if (tree && (parser->disableSAX || fault->level > XML_ERR_FATAL)) {
        xmlFreeDoc(tree);
        tree = NULL;
    }
    xmlFreeParserCtxt(parser);
    return tree;
}

static void keep_html_fault(void *fault, xmlErrorPtr found)
{
    xml_fault_keep(fault, found);
}

/* *whole: no byte was left out. Where one is not of the encoding, the parser may end there and say nothing. */
static xmlDocPtr parse_page(xmlParserCtxtPtr parser, struct text bytes, const char *told, bool *whole,
                            struct xml_fault *fault)
{
    parser->_private = fault;
    parser->sax->serror = keep_parse_fault;
    int options =
        HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_COMPACT | (told ? HTML_PARSE_IGNORE_ENC : 0);
    xmlSetStructuredErrorFunc(
        fault, keep_html_fault); /* its handlers are of the old kind; the setting is the thread's */
    xmlDocPtr tree = htmlCtxtReadMemory(parser, bytes.bytes, (int)bytes.length, NULL, told, options);
    xmlSetStructuredErrorFunc(NULL, nothing_kept);
    xmlParserInputBufferPtr buffer = parser->input ? parser->input->buf : NULL;
    *whole = !buffer || !buffer->encoder || !buffer->raw || !xmlBufUse(buffer->raw);
    return tree;
}

#define NAME 64

/* The encoding that a page declares; NULL where it declares none, UTF-8 (which it is not) or one that is not known. The parser
 * would take it for Latin-1 then, as it does with what stands before the declaration. */
static const char *declared_by(struct text bytes, char name[NAME])
{
    bool whole;
    struct xml_fault unused = { 0 };
    xmlParserCtxtPtr parser = htmlNewParserCtxt();
    xmlFreeDoc(parse_page(parser, bytes, NULL, &whole, &unused));
    const char *found = parser->input ? (const char *)parser->input->encoding : NULL;
    snprintf(name, NAME, "%s", found ? found : "");
    xmlFreeParserCtxt(parser);
    xmlCharEncodingHandlerPtr known = xmlFindCharEncodingHandler(name);
    bool usable = name[0] && known && xmlParseCharEncoding(name) != XML_CHAR_ENCODING_UTF8;
    xmlCharEncCloseFunc(known);
    return usable ? name : NULL;
}

static xmlDocPtr parse_html(struct text bytes, const char *told, struct xml_fault *fault)
{
    bool whole;
    xmlParserCtxtPtr parser = htmlNewParserCtxt();
    xmlDocPtr tree = parse_page(parser, bytes, told, &whole, fault);
    if (!whole)
        xml_fault_refuse(fault, parser,
                         _("from here on the bytes are not of the encoding that the document declares"));
    /* Faults of HTML are forgiven, but where the parser gave up the rest of the page is missing. */
    if (tree && (parser->disableSAX || fault->level >= XML_ERR_FATAL)) {
        xmlFreeDoc(tree);
        tree = NULL;
    }
    xmlFreeParserCtxt(parser);
    return tree;
}

/* What the HTML parser would mend by guessing. */
static enum status check_html(struct text bytes, const char *encoding, char name[NAME], const char **told,
                              struct error *error)
{
    if (*told)
        return STATUS_OK;
    const char *zero = memchr(bytes.bytes, 0, bytes.length);
    if (zero)
        return error_set(error, STATUS_REJECT,
                         _("the page has a NUL at byte %zu: it is no HTML, or it is UTF-16"),
                         (size_t)(zero - bytes.bytes));
    size_t valid = unicode_invalid_at(bytes);
    *told = valid == bytes.length ? "UTF-8" : encoding ? NULL : declared_by(bytes, name);
    if (!*told)
        return error_set(error, STATUS_REJECT, _("the page is not UTF-8: byte %zu; name its encoding"),
                         valid);
    return STATUS_OK;
}

enum status xml_parse(struct text bytes, bool html, const char *encoding, struct xml_document **document,
                      struct error *error)
{
    const char *told;
    char name[NAME];
    bool declared;
    struct xml_fault fault = { 0 };
    *document = NULL;
    if (!text_trim(bytes).length)
        return error_set(error, STATUS_REJECT, _("the document is empty"));
    if (bytes.length > XML_DOCUMENT_LIMIT)
        return error_set(error, STATUS_REJECT,
                         _("the document has %zu bytes, more than the %d that are read at once"),
                         bytes.length, XML_DOCUMENT_LIMIT);
    enum status status = xml_encoding_choose(encoding, bytes, &told, &declared, error);
    struct xml_guard guard = { .html = html };
    if (!status && !xml_guard_pass(&guard, bytes))
        status = error_set(error, STATUS_REJECT, "%s", xml_guard_words(&guard));
    if (!status && html)
        status = check_html(bytes, encoding, name, &told, error);
    if (status)
        return status;
    struct buffer BUFFER_OWNED prepared = { .limit = 2 * (size_t)XML_DOCUMENT_LIMIT };
    if (html && (!told || !strcmp(told, "UTF-8")) && html_prepare(bytes, &prepared))
        bytes = buffer_view(&prepared);
    if (prepared.over)
        return error_set(error, STATUS_REJECT,
                         _("the page is too large with its control characters written out"));
    xmlDocPtr tree = html ? parse_html(bytes, told, &fault) : parse_xml(bytes, told, declared, &fault);
    if (!tree) {
        (void)xml_fault_tell(&fault, NULL, STATUS_REJECT, error);
        return error_add(error,
                         html ? _("the HTML cannot be read to its end") : _("the XML is not well-formed"));
    }
    if (!xmlDocGetRootElement(tree)) {
        xmlFreeDoc(tree);
        return error_set(error, STATUS_REJECT, _("the document holds no element"));
    }
    *document = memory_new(struct xml_document);
    (*document)->tree = tree;
    (*document)->html = html;
    return STATUS_OK;
}

void xml_document_free(struct xml_document *document)
{
    if (!document)
        return;
    xmlXPathFreeContext(document->context);
    xmlFreeDoc(document->tree);
    free(document);
}

struct xml_node *xml_document_root(struct xml_document *document)
{
    return (struct xml_node *)xmlDocGetRootElement(document->tree);
}

struct text xml_node_bytes(struct arena *arena, struct xml_document *document, const struct xml_node *node)
{
    xmlNodePtr tree = (xmlNodePtr)(uintptr_t)node;
    if (tree->type == XML_DOCUMENT_NODE || tree->type == XML_HTML_DOCUMENT_NODE)
        tree = xmlDocGetRootElement(document->tree);
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlOutputBufferPtr output = xmlOutputBufferCreateBuffer(buffer, NULL);
    struct text bytes = TEXT_NONE;
    if (document->html)
        htmlNodeDumpFormatOutput(output, document->tree, tree, "UTF-8", 0);
    else if (tree->type == XML_ELEMENT_NODE) {
        /* On a copy, the namespaces that are declared further up come along. */
        xmlNodePtr copy = xmlDocCopyNode(tree, document->tree, 1);
        if (copy) {
            xmlReconciliateNs(document->tree, copy);
            xmlNodeDumpOutput(output, document->tree, copy, 0, 0, "UTF-8");
            xmlFreeNode(copy);
        }
    } else
        xmlNodeDumpOutput(output, document->tree, tree, 0, 0, "UTF-8");
    xmlOutputBufferFlush(output);
    bytes = text_copy(
        arena, (struct text){ (const char *)xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer) });
    xmlOutputBufferClose(output);
    xmlBufferFree(buffer);
    return bytes;
}
