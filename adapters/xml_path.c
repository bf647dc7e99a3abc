#include <libxml/xpathInternals.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/html_references.h"
#include "adapters/xml_libxml2.h"
#include "adapters/xml_steps.h"
#include "core/count.h"
#include "core/memory.h"

#define EXPRESSION_LIMIT 4096     /* bytes; the compiler recurses on brackets */
#define OPERATION_LIMIT  20000000 /* a second or two */

/* libxml2 writes into a compiled expression while it evaluates it (it caches the functions), so a thread
 * takes one for itself and gives it back. */
struct spare {
    xmlXPathCompExprPtr compiled;
    struct spare *next;
};

struct xml_path {
    char *expression;
    char *
        plain; /* the names of plain child steps, a NUL behind each and one more at the end; NULL: it is more */
    size_t count;
    struct xml_namespace *namespaces;
    pthread_mutex_t lock;
    struct spare *spares;
};

/* ---- what libxml2 would only find while evaluating, or not with words that help ---- */

static bool is_one_of(struct text name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(name, names[i]))
            return true;
    return false;
}

static const char *const functions[] = {
    "boolean",
    "ceiling",
    "concat",
    "contains",
    "count",
    "false",
    "floor",
    "id",
    "lang",
    "last",
    "local-name",
    "name",
    "namespace-uri",
    "normalize-space",
    "not",
    "number",
    "position",
    "round",
    "starts-with",
    "string",
    "string-length",
    "substring",
    "substring-after",
    "substring-before",
    "sum",
    "translate",
    "true",
};
/* Not functions, though a bracket may stand behind them. */
static const char *const words[] = { "and", "or", "div", "mod", "comment", "text", "processing-instruction",
                                     "node" };

static enum status check_name(const struct xml_path *path, struct text name, const char *behind,
                              struct error *error)
{
    while (*behind == ' ' || *behind == '\t' || *behind == '\n' || *behind == '\r')
        behind++;
    if (*behind == '(' && !is_one_of(name, functions, COUNT(functions)) &&
        !is_one_of(name, words, COUNT(words))) {
        const char *nearest = text_nearest(name, functions, COUNT(functions));
        return error_set(error, STATUS_USAGE,
                         _("XPath %s: there is no function " TEXT_PRINT "() in XPath 1.0%s%s%s"),
                         path->expression, TEXT_ARG(name), nearest ? _("; did you mean ") : "",
                         nearest ? nearest : "", nearest ? "()?" : "");
    }
    if (*behind != ':' || behind[1] == ':' || text_is(name, "xml"))
        return STATUS_OK;
    for (size_t i = 0; i < path->count; i++)
        if (text_is(name, path->namespaces[i].prefix))
            return STATUS_OK;
    return error_set(
        error, STATUS_USAGE,
        _("XPath %s: the prefix " TEXT_PRINT " is not declared; add it to the source's namespaces"),
        path->expression, TEXT_ARG(name));
}

static enum status check_expression(const struct xml_path *path, struct error *error)
{
    for (const char *at = path->expression; *at;) {
        if (*at == '\'' || *at == '"') {
            const char *end = strchr(at + 1, *at);
            if (!end)
                return error_set(error, STATUS_USAGE,
                                 _("XPath %s: the text that begins at byte %zu does not end"),
                                 path->expression, (size_t)(at - path->expression));
            at = end + 1;
        } else if (*at == '$') {
            return error_set(error, STATUS_USAGE, _("XPath %s: there are no variables here"),
                             path->expression);
        } else if (xml_name_byte(*at)) {
            const char *start = at;
            while (xml_name_byte(*at))
                at++;
            enum status status = check_name(path, (struct text){ start, (size_t)(at - start) }, at, error);
            if (status)
                return status;
        } else
            at++;
    }
    return STATUS_OK;
}

/* ---- compiling ---- */

/* "name/name" is what most addresses are: elements of no namespace, found by walking. */
static char *plain_steps(const char *expression)
{
    size_t length = strlen(expression);
    char *plain = memory_take_zeroed(length + 2, 1);
    for (size_t i = 0; i < length; i++) {
        bool begins = !i || expression[i - 1] == '/',
             starts = xml_name_byte(expression[i]) && (expression[i] | 32) >= 'a';
        if (begins ? !starts : !xml_name_byte(expression[i]) && (expression[i] != '/' || i + 1 == length)) {
            free(plain);
            return NULL;
        }
        plain[i] = expression[i];
        if (expression[i] == '/')
            plain[i] = 0;
    }
    return plain;
}

static void keep_fault(void *fault, xmlErrorPtr found)
{
    struct xml_fault *kept = fault;
    bool first = !kept->level;
    xml_fault_keep(kept, found);
    if (first)
        kept->column = found->int1;
}

static xmlXPathCompExprPtr compile(const struct xml_path *path, struct xml_fault *fault)
{
    xmlXPathContextPtr context = xmlXPathNewContext(NULL);
    context->error = keep_fault;
    context->userData = fault;
    xmlXPathCompExprPtr compiled = xmlXPathCtxtCompile(context, (const xmlChar *)path->expression);
    xmlXPathFreeContext(context);
    return compiled;
}

static xmlXPathCompExprPtr take(const struct xml_path *path, struct xml_fault *fault)
{
    struct xml_path *shared = (struct xml_path *)(uintptr_t)path;
    pthread_mutex_lock(&shared->lock);
    struct spare *spare = shared->spares;
    if (spare)
        shared->spares = spare->next;
    pthread_mutex_unlock(&shared->lock);
    if (!spare)
        return compile(path, fault);
    xmlXPathCompExprPtr compiled = spare->compiled;
    free(spare);
    return compiled;
}

static void give_back(const struct xml_path *path, xmlXPathCompExprPtr compiled)
{
    struct xml_path *shared = (struct xml_path *)(uintptr_t)path;
    struct spare *spare = memory_new(struct spare);
    spare->compiled = compiled;
    pthread_mutex_lock(&shared->lock);
    spare->next = shared->spares;
    shared->spares = spare;
    pthread_mutex_unlock(&shared->lock);
}

enum status xml_path_compile(struct text expression, const struct xml_namespace *namespaces, size_t count,
                             struct xml_path **path, struct error *error)
{
    *path = NULL;
    struct text trimmed = text_trim(expression);
    if (trimmed.length > EXPRESSION_LIMIT || (trimmed.length && memchr(trimmed.bytes, 0, trimmed.length)))
        return error_set(error, STATUS_USAGE, _("the XPath has more than %d bytes, or a NUL"),
                         EXPRESSION_LIMIT);
    struct xml_path *made = memory_new(struct xml_path);
    made->expression = memory_take(trimmed.length + 2);
    memcpy(made->expression, trimmed.length ? trimmed.bytes : ".", trimmed.length ? trimmed.length : 1);
    made->expression[trimmed.length ? trimmed.length : 1] = 0;
    made->namespaces = memory_take_zeroed(count, sizeof *made->namespaces);
    for (; made->count < count; made->count++) {
        made->namespaces[made->count].prefix = memory_copy_string(namespaces[made->count].prefix);
        made->namespaces[made->count].uri = memory_copy_string(namespaces[made->count].uri);
    }
    pthread_mutex_init(&made->lock, NULL);
    made->plain = plain_steps(made->expression);
    enum status status = check_expression(made, error);
    if (!status) {
        struct xml_fault fault = { 0 };
        xmlXPathCompExprPtr compiled = compile(made, &fault);
        if (compiled)
            give_back(made, compiled);
        else
            status = error_set(error, STATUS_USAGE, _("XPath %s: wrong at byte %ld: %s"), made->expression,
                               fault.column, fault.words);
    }
    if (status)
        xml_path_free(made);
    else
        *path = made;
    return status;
}

void xml_path_free(struct xml_path *path)
{
    if (!path)
        return;
    while (path->spares) {
        struct spare *spare = path->spares;
        path->spares = spare->next;
        xmlXPathFreeCompExpr(spare->compiled);
        free(spare);
    }
    for (size_t i = 0; i < path->count; i++) {
        free((void *)(uintptr_t)path->namespaces[i].prefix);
        free((void *)(uintptr_t)path->namespaces[i].uri);
    }
    pthread_mutex_destroy(&path->lock);
    free(path->namespaces);
    free(path->expression);
    free(path->plain);
    free(path);
}

/* ---- selecting ---- */

static void prepare(const struct xml_path *path, struct xml_document *document, struct xml_fault *fault)
{
    if (!document->context) {
        document->context = xmlXPathNewContext(document->tree);
        document->context->opLimit = OPERATION_LIMIT;
        xmlXPathContextSetCache(document->context, 1, -1, 0);
        xmlXPathOrderDocElems(document->tree); /* comparing places is linear otherwise */
    }
    xmlXPathContextPtr context = document->context;
    if (document->namespaces_owner != path && (path->count || document->namespaces_owner)) {
        xmlXPathRegisteredNsCleanup(context);
        for (size_t i = 0; i < path->count; i++)
            xmlXPathRegisterNs(context, (const xmlChar *)path->namespaces[i].prefix,
                               (const xmlChar *)path->namespaces[i].uri);
        document->namespaces_owner = path->count ? path : NULL;
    }
    context->error = keep_fault;
    context->userData = fault;
    context->opCount = 0;
}

/* As XPath writes numbers: no exponent, no more digits than are known, a point whatever the locale. */
static struct text number_text(struct arena *arena, double number)
{
    char text[400];
    if (isnan(number))
        return TEXT("NaN");
    if (isinf(number))
        return number > 0 ? TEXT("Infinity") : TEXT("-Infinity");
    double size = fabs(number);
    if (size == 0)
        return TEXT("0");
    if (size >= 1e15)
        snprintf(text, sizeof text, "%.0f", number);
    else if (size >= 1e-4)
        snprintf(text, sizeof text, "%.15g", number);
    else {
        snprintf(text, sizeof text, "%.*f", 14 - (int)floor(log10(size)), number);
        for (char *end = text + strlen(text) - 1; *end == '0'; end--)
            *end = 0;
    }
    char *mark = strchr(text, ',');
    if (mark)
        *mark = '.';
    return text_copy(arena, text_of(text));
}

static enum status take_nodes(const struct xml_path *path, xmlNodeSetPtr set, struct arena *arena,
                              struct xml_result *result, struct error *error)
{
    if (!set || !set->nodeNr)
        return STATUS_OK;
    xmlXPathNodeSetSort(set);
    result->count = (size_t)set->nodeNr;
    result->nodes = arena_array(arena, struct xml_node *, result->count);
    for (size_t i = 0; i < result->count; i++) {
        if (set->nodeTab[i]->type == XML_NAMESPACE_DECL)
            return error_set(error, STATUS_USAGE, _("XPath %s: namespaces cannot be selected"),
                             path->expression);
        result->nodes[i] = (struct xml_node *)set->nodeTab[i];
    }
    return STATUS_OK;
}

static enum status take_result(const struct xml_path *path, xmlXPathObjectPtr found, struct arena *arena,
                               struct xml_result *result, struct error *error)
{
    switch (found->type) {
    case XPATH_NODESET:
        return take_nodes(path, found->nodesetval, arena, result, error);
    case XPATH_BOOLEAN:
        result->text = found->boolval ? TEXT("true") : TEXT("false");
        break;
    case XPATH_NUMBER:
        result->text = number_text(arena, found->floatval);
        break;
    case XPATH_STRING:
        result->text = text_copy(arena, text_of((const char *)found->stringval));
        break;
    default:
        return error_set(error, STATUS_USAGE, _("XPath %s gives neither nodes nor a text"), path->expression);
    }
    result->count = 1;
    return STATUS_OK;
}

static size_t walk(xmlNodePtr parent, const char *names, struct xml_node **nodes, size_t count)
{
    const char *rest = names + strlen(names) + 1;
    for (xmlNodePtr child = parent->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || child->ns || strcmp((const char *)child->name, names))
            continue;
        if (*rest)
            count = walk(child, rest, nodes, count);
        else if (nodes)
            nodes[count++] = (struct xml_node *)child;
        else
            count++;
    }
    return count;
}

enum status xml_path_select(const struct xml_path *path, struct xml_document *document,
                            struct xml_node *context, struct arena *arena, struct xml_result *result,
                            struct error *error)
{
    struct xml_fault fault = { 0 };
    *result = (struct xml_result){ 0 };
    if (path->plain) {
        xmlNodePtr from = context ? (xmlNodePtr)context : xmlDocGetRootElement(document->tree);
        result->count = walk(from, path->plain, NULL, 0);
        if (result->count)
            result->nodes = arena_array(arena, struct xml_node *, result->count);
        walk(from, path->plain, result->nodes, 0);
        return STATUS_OK;
    }
    prepare(path, document, &fault);
    document->context->node = context ? (xmlNodePtr)context : xmlDocGetRootElement(document->tree);
    xmlXPathCompExprPtr compiled = take(path, &fault);
    xmlXPathObjectPtr found = xmlXPathCompiledEval(compiled, document->context);
    give_back(path, compiled);
    document->context->error = NULL;
    document->context->userData = NULL;
    if (!found) {
        bool long_lasting = fault.code == XML_XPATH_EXPRESSION_OK + XPATH_OP_LIMIT_EXCEEDED;
        return error_set(error, STATUS_REJECT, _("XPath %s cannot be evaluated on this document: %s"),
                         path->expression,
                         long_lasting ? _("it takes too long; make it simpler") : fault.words);
    }
    enum status status = take_result(path, found, arena, result, error);
    if (document->html)
        result->text = html_restore(arena, result->text);
    xmlXPathFreeObject(found);
    if (status)
        *result = (struct xml_result){ 0 };
    return status;
}
