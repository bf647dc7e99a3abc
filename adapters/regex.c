#include "adapters/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#define MATCH_LIMIT     200000
#define DEPTH_LIMIT     20000
#define HEAP_LIMIT      20000 /* KiB */
#define JIT_STACK_LEAST (32 * 1024)
#define JIT_STACK_MAX   (1024 * 1024)

struct regex {
    pcre2_code *code;
    bool has_group;
    size_t length;
    char expression[]; /* for messages */
};

/* What a match needs beside the pattern: one set a thread, since it is written to. */
struct spool_file {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL where there is no JIT */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static pcre2_general_context *general;
static pcre2_compile_context *compiling;
static _Thread_local struct spool_file *thread_scratch;

static void *take(size_t size, void *nothing)
{
    (void)nothing;
    return memory_take(size);
}

static void give(void *memory, void *nothing)
{
    (void)nothing;
    free(memory);
}

static void free_scratch(void *memory)
{
    struct spool_file *scratch = memory;
    if (scratch->stack)
        pcre2_jit_stack_free(scratch->stack);
    pcre2_match_context_free(scratch->context);
    pcre2_match_data_free(scratch->data);
    free(scratch);
    thread_scratch = NULL;
}

static void set_up(void)
{
    general = pcre2_general_context_create(take, give, NULL);
    compiling = pcre2_compile_context_create(general);
    /* Sources bring CRLF: "." must not swallow the CR. */
    pcre2_set_newline(compiling, PCRE2_NEWLINE_ANYCRLF);
    if (pthread_key_create(&thread_end, free_scratch) != 0)
        abort();
}

static struct spool_file *scratch_of_thread(void)
{
    if (thread_scratch)
        return thread_scratch;
    struct spool_file *scratch = memory_new(struct spool_file);
    /* Two pairs do for every pattern: PCRE2 leaves out the groups that do not fit. */
    scratch->data = pcre2_match_data_create(2, general);
    scratch->context = pcre2_match_context_create(general);
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_LIMIT);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_LEAST, JIT_STACK_MAX, general);
    if (scratch->stack)
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    pthread_setspecific(thread_end, scratch);
    thread_scratch = scratch;
    return scratch;
}

enum status regex_compile(struct text expression, struct regex **pattern, struct error *error)
{
    pthread_once(&once, set_up);
    *pattern = NULL;
    int code = 0;
    PCRE2_SIZE offset = 0;
    const char *bytes = expression.bytes ? expression.bytes : "";
    /* \C would cut letters into bytes; a $ before a last line break is a surprise in checks of whole fields.
     */
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)bytes, expression.length, options, &code, &offset, compiling);
    if (!compiled) {
        PCRE2_UCHAR words[256];
        pcre2_get_error_message(code, words, sizeof words);
        return error_set(error, STATUS_USAGE,
                         _("The regular expression \"" TEXT_PRINT "\" is wrong at offset %zu: %s."),
                         TEXT_ARG(expression), (size_t)offset, (const char *)words);
    }
    uint32_t groups = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without JIT it only runs slower */

    struct regex *made = memory_take(sizeof *made + expression.length);
    made->code = compiled;
    made->has_group = groups > 0;
    made->length = expression.length;
    memcpy(made->expression, bytes, expression.length);
    *pattern = made;
    return STATUS_OK;
}

void regex_free(struct regex *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

static struct text pair(struct text subject, const PCRE2_SIZE *offsets, size_t number)
{
    PCRE2_SIZE from = offsets[2 * number], to = offsets[2 * number + 1];
    if (from == PCRE2_UNSET || to == PCRE2_UNSET || from > to)
        return TEXT_NONE;
    return (struct text){ subject.bytes + from, to - from };
}

static enum status fail(const struct regex *pattern, int code, struct error *error)
{
    struct text expression = { pattern->expression, pattern->length };
    switch (code) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return error_set(
            error, STATUS_REJECT,
            _("The regular expression \"" TEXT_PRINT "\" reached its match limit on this text: it "
              "backtracks too much. Make it more exact, for example with a possessive ++ or *+, or "
              "without one repetition inside another."),
            TEXT_ARG(expression));
    default: {
        PCRE2_UCHAR words[256];
        pcre2_get_error_message(code, words, sizeof words);
        return error_set(error, STATUS_REJECT,
                         _("The regular expression \"" TEXT_PRINT "\" failed on this text: %s."),
                         TEXT_ARG(expression), (const char *)words);
    }
    }
}

enum status regex_search(const struct regex *pattern, struct text subject, size_t from,
                         struct regex_match *match, struct error *error)
{
    struct spool_file *scratch = scratch_of_thread();
    if (match)
        *match = (struct regex_match){ TEXT_NONE, TEXT_NONE };
    if (!subject.bytes)
        subject = TEXT("");
    while (from < subject.length && ((unsigned char)subject.bytes[from] & 0xc0) == 0x80)
        from++;
    if (from > subject.length)
        return STATUS_END;
    int code = pcre2_match(pattern->code, (PCRE2_SPTR)subject.bytes, subject.length, from, PCRE2_NO_UTF_CHECK,
                           scratch->data, scratch->context);
    if (code == PCRE2_ERROR_NOMATCH)
        return STATUS_END;
    if (code < 0)
        return fail(pattern, code, error);
    if (match) {
        const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(scratch->data);
        match->whole = pair(subject, offsets, 0);
        match->group = match->whole;
        if (pattern->has_group)
            match->group = code == 1 ? TEXT_NONE : pair(subject, offsets, 1);
    }
    return STATUS_OK;
}
