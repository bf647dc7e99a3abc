/* What the files of the libxml2 door share; adapters/xml*.c alone include it. */
#ifndef ADAPTERS_XML_LIBXML2_H
#define ADAPTERS_XML_LIBXML2_H

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>

#include "adapters/xml.h"

/* The fault of a document that is worth telling: the first fatal one, else the first error. */
struct xml_fault {
    int level; /* 0 none, 2 error, 3 fatal */
    int code;
    long line, column;
    char words[400]; /* one line */
};
void xml_fault_keep(struct xml_fault *fault, const xmlError *found);
/* A refusal of our own, which outranks what libxml2 says after it. */
void xml_fault_refuse(struct xml_fault *fault, xmlParserCtxtPtr parser, const char *words);
/* Handlers that keep the faults of a parser whose _private is a fault, and refuse what a DOCTYPE may not bring in. */
void xml_fault_listen(xmlSAXHandler *handlers);
/* Sets the error with line and column. */
enum status xml_fault_tell(const struct xml_fault *fault, const char *name, enum status status,
                           struct error *error);

struct xml_document {
    xmlDocPtr tree;
    bool html;
    xmlXPathContextPtr context;   /* made when first needed */
    const void *namespaces_owner; /* the path whose namespaces the context knows */
};

/* The encoding as libxml2 is to be told it (*told NULL: it finds out itself) and whether the document's own
 * declaration counts. */
enum status xml_encoding_choose(const char *encoding, struct text start, const char **told, bool *declared,
                                struct error *error);

/* Zeroed but for `html`, fed with all of a document's bytes: false when a tag has more attributes than any
 * document needs, or a second page begins (the words say so). */
enum xml_guard_state {
    XML_GUARD_TEXT,
    XML_GUARD_LESS, /* behind "<" */
    XML_GUARD_TAG,
    XML_GUARD_QUOTE,  /* inside a value */
    XML_GUARD_MARKUP, /* comments, CDATA, instructions, the DOCTYPE */
    XML_GUARD_RAW     /* <script>, <style> */
};
struct xml_guard {
    bool html;
    enum xml_guard_state state;
    unsigned roots;      /* tags <html> */
    bool opened, closed; /* <html> or <body>; one of their ends */
    long tables;         /* that are open */
    char quote;
    bool value, naming, ending; /* ending: a tag </…> */
    unsigned marks, markup, named;
    const char *end;
    char before, last[8], name[8]; /* last: in markup and raw text */
};
bool xml_guard_pass(struct xml_guard *guard, struct text bytes);
const char *xml_guard_words(const struct xml_guard *guard);
void xml_guard_take(struct xml_guard *guard, char byte);

/* A push parser fed from a stream. The files that read with it put it first in their own struct. */
struct xml_push {
    struct xml_fault fault; /* in front: xml_fault_listen */
    xmlParserCtxtPtr parser;
    struct file_stream *stream;
    char *encoding;
    char *chunk;
    bool begun, ended, broken;
    unsigned depth;
    bool no_doctype;
    struct xml_guard guard;
};
/* `handlers` are completed with those that refuse; their first argument is the parser, and xml_push_of tells
 * whose it is. */
void xml_push_open(struct xml_push *push, struct file_stream *stream, const char *encoding,
                   const xmlSAXHandler *handlers);
struct xml_push *xml_push_of(void *parser);
/* Feeds one chunk: STATUS_OK, STATUS_END after the last, STATUS_STOP, or what the stream says. */
enum status xml_push_feed(struct xml_push *push, struct error *error);
void xml_push_close(struct xml_push *push);
/* For the handler of CDATA, which the push parser lets through with overlong sequences: false when it stopped
 * the document for that. */
bool xml_push_check(struct xml_push *push, const xmlChar *bytes, int length);
/* For the start handler: counts the depth; false when the document was stopped for it. */
bool xml_push_enter(struct xml_push *push);

#endif
