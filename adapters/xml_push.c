#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/unicode.h"
#include "adapters/xml_libxml2.h"
#include "core/memory.h"

#define FIRST 1024 /* bytes that tell the encoding, if there are so many */

struct xml_push *xml_push_of(void *parser)
{
    return ((xmlParserCtxtPtr)parser)->_private;
}

static void refuse(struct xml_push *push, const char *words)
{
    xml_fault_refuse(&push->fault, push->parser, words);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    struct xml_push *push = xml_push_of(context);
    (void)name, (void)public_id, (void)system_id;
    if (push->no_doctype)
        refuse(push, _("a DOCTYPE has no place in this kind of file"));
}

void xml_push_open(struct xml_push *push, struct file_stream *stream, const char *encoding,
                   const xmlSAXHandler *handlers)
{
    xmlSAXHandler all = *handlers;
    all.initialized = XML_SAX2_MAGIC;
    all.internalSubset = on_doctype;
    xml_fault_listen(&all);
    push->stream = stream;
    push->encoding = encoding ? memory_copy_string(encoding) : NULL;
    push->chunk = memory_take(FILE_BLOCK);
    /* Without user data of our own: libxml2 gives its handlers that, but for faults of validity (a token
     * twice in a DOCTYPE's list) the parser. So it is the parser in every case. */
    push->parser = xmlCreatePushParserCtxt(&all, NULL, NULL, 0, NULL);
    push->parser->_private = push;
}

bool xml_push_enter(struct xml_push *push)
{
    if (++push->depth <= XML_DEPTH)
        return true;
    char words[200];
    snprintf(words, sizeof words, _("elements stand more than %d deep inside one another"), XML_DEPTH);
    refuse(push, words);
    return false;
}

bool xml_push_check(struct xml_push *push, const xmlChar *bytes, int length)
{
    struct text text = { (const char *)bytes, (size_t)length };
    if (unicode_invalid_at(text) == text.length)
        return true;
    refuse(push, _("Input is not proper UTF-8, indicate encoding !"));
    return false;
}

static enum status begin(struct xml_push *push, size_t *length, struct error *error)
{
    const char *told;
    bool declared;
    enum status status =
        xml_encoding_choose(push->encoding, (struct text){ push->chunk, *length }, &told, &declared, error);
    if (status)
        return status;
    if (told) {
        xmlCtxtResetPush(push->parser, NULL, 0, NULL, told);
        /* The parser looks for the mark only when it finds out the encoding itself. */
        if (*length >= 2 && (!memcmp(push->chunk, "\xff\xfe", 2) || !memcmp(push->chunk, "\xfe\xff", 2))) {
            *length -= 2;
            memmove(push->chunk, push->chunk + 2, *length);
        }
    }
    /* NOENT joins `&amp;` with the value around it; entities of other kinds are refused where they are
     * declared. */
    xmlCtxtUseOptions(push->parser,
                      XML_PARSE_NONET | XML_PARSE_NOENT | (declared ? 0 : XML_PARSE_IGNORE_ENC));
    push->begun = true;
    return STATUS_OK;
}

static enum status tell(struct xml_push *push, struct error *error)
{
    push->broken = true;
    (void)xml_fault_tell(&push->fault, push->stream->name, STATUS_STOP, error);
    return error_add(error, _("the XML is broken"));
}

enum status xml_push_feed(struct xml_push *push, struct error *error)
{
    if (push->broken)
        return tell(push, error);
    if (push->ended)
        return STATUS_END;
    size_t length = 0, got = 1;
    while (length < FILE_BLOCK && got) {
        enum status status =
            push->stream->read(push->stream, push->chunk + length, FILE_BLOCK - length, &got, error);
        if (status && status != STATUS_END)
            return status;
        if (status)
            break;
        length += got;
        if (length >= (push->begun ? 1 : FIRST))
            break;
    }
    if (!length && !push->begun)
        refuse(push, _("the document is empty"));
    if (!xml_guard_pass(&push->guard, (struct text){ push->chunk, length }))
        refuse(push, xml_guard_words(&push->guard));
    if (push->fault.level > XML_ERR_FATAL)
        return tell(push, error);
    enum status status = push->begun ? STATUS_OK : begin(push, &length, error);
    if (status)
        return status;
    if (!length) {
        xmlParseChunk(push->parser, NULL, 0, 1);
        push->ended = true;
        if (push->depth && push->fault.code == XML_ERR_DOCUMENT_END)
            snprintf(push->fault.words, sizeof push->fault.words, "%s",
                     _("the document ends in the middle: the file was cut"));
    } else
        xmlParseChunk(push->parser, push->chunk, (int)length, 0);
    /* A byte that the declared encoding does not know stops the parser, which says nothing of it. */
    if (push->parser->disableSAX && push->fault.level < XML_ERR_FATAL)
        refuse(push, _("from here on the bytes are not of the encoding that the document declares"));
    if (!push->parser->wellFormed || push->fault.level > XML_ERR_FATAL)
        return tell(push, error);
    return push->ended ? STATUS_END : STATUS_OK;
}

void xml_push_close(struct xml_push *push)
{
    if (push->parser) {
        xmlFreeDoc(push->parser->myDoc);
        xmlFreeParserCtxt(push->parser);
    }
    free(push->chunk);
    free(push->encoding);
}
