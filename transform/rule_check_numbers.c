/* Checks of numbers of documents and of amounts in prose. */
#include <string.h>

#include "core/decimal.h"
#include "core/document_number.h"
#include "core/vietnamese.h"
#include "transform/rule_inside.h"

/* document_number: true | { kinds: [decision, …], faults: [plain_d, …] }: which kinds are right (all), and
 * which faults break the rule (all). */
struct numbering {
    bool kinds[DOCUMENT_OTHER + 1];
    bool faults[DOCUMENT_NUMBER_FAULTS];
    bool any_kind, has_faults;
};

static const char *const fault_names[DOCUMENT_NUMBER_FAULTS] = {
    [DOCUMENT_NUMBER_RIGHT] = "",
    [DOCUMENT_NUMBER_PREFIX] = "prefix",
    [DOCUMENT_NUMBER_ETH] = "eth",
    [DOCUMENT_NUMBER_DASH] = "dash",
    [DOCUMENT_NUMBER_BLANK] = "blank",
    [DOCUMENT_NUMBER_NO_NUMBER] = "no_number",
    [DOCUMENT_NUMBER_BARE] = "bare",
    [DOCUMENT_NUMBER_NO_KIND] = "no_kind",
    [DOCUMENT_NUMBER_NO_ISSUER] = "no_issuer",
    [DOCUMENT_NUMBER_LOOKALIKE] = "look_alike",
    [DOCUMENT_NUMBER_PLAIN_D] = "plain_d",
    [DOCUMENT_NUMBER_BEHIND] = "behind",
    [DOCUMENT_NUMBER_GLUED] = "glued",
    [DOCUMENT_NUMBER_PUNCTUATION] = "punctuation",
    [DOCUMENT_NUMBER_TEST] = "test",
    [DOCUMENT_NUMBER_YEAR] = "year",
    [DOCUMENT_NUMBER_CASE] = "case",
    [DOCUMENT_NUMBER_DISAGREES] = "disagrees",
    [DOCUMENT_NUMBER_SEVERAL] = "several",
    [DOCUMENT_NUMBER_WORDS] = "words",
    [DOCUMENT_NUMBER_UNREADABLE] = "unreadable",
};

/* Sets chosen[i + offset] for each text that is names[i]. */
static enum status choose(const struct setting_context *context, const struct value *list,
                          const char *const *names, size_t count, bool *chosen, struct error *error)
{
    struct text *texts;
    size_t text_count;
    if (setting_texts(context, list, &texts, &text_count, error))
        return error->status;
    for (size_t i = 0; i < text_count; i++) {
        size_t at = 0;
        while (at < count && !text_is(texts[i], names[at]))
            at++;
        if (at < count) {
            chosen[at] = true;
            continue;
        }
        const char *nearest = text_nearest(texts[i], names, count);
        return setting_fault(context, list, error,
                             nearest ? _("%.*s: \"%.*s\" is unknown; did you mean \"%s\"?")
                                     : _("%.*s: \"%.*s\" is unknown"),
                             TEXT_ARG(list->name), TEXT_ARG(texts[i]), nearest);
    }
    return STATUS_OK;
}

static enum status compile_document_number(struct rule *rule, const struct rule_compiling *compiling,
                                           const struct value *options, void **user_data, struct error *error)
{
    const struct setting_context *context = compiling->context;
    struct numbering *numbering = arena_new(context->arena, struct numbering);
    const struct value *kinds = value_find(options, "kinds"), *faults = value_find(options, "faults");
    const char *names[DOCUMENT_OTHER];
    (void)rule;
    *user_data = numbering;
    numbering->any_kind = !kinds;
    numbering->has_faults = faults;
    if (options->kind == VALUE_TEXT && text_is(options->text, "true"))
        return STATUS_OK;
    if (options->kind != VALUE_OBJECT || (!kinds && !faults) ||
        options->count != (size_t)(!!kinds + !!faults))
        return setting_fault(context, options, error,
                             _("\"document_number\" is true, or an object of \"kinds\" and \"faults\""));
    for (size_t kind = 1; kind <= DOCUMENT_OTHER; kind++)
        names[kind - 1] = document_kind_text((enum document_kind)kind);
    if (kinds && choose(context, kinds, names, DOCUMENT_OTHER, numbering->kinds + 1, error))
        return error->status;
    return faults ? choose(context, faults, fault_names + 1, DOCUMENT_NUMBER_FAULTS - 1,
                           numbering->faults + 1, error)
                  : STATUS_OK;
}

static size_t digits(struct text text, size_t at)
{
    size_t count = 0;
    while (at + count < text.length && text.bytes[at + count] >= '0' && text.bytes[at + count] <= '9')
        count++;
    return count;
}

/* Most numbers are plain: "1025/QĐ-BCA", "63/2010/NĐ-CP". What this does not know for certain, the grammar is
 * asked. D in an issuer may stand for Đ, but not in UBND. */
static bool is_plain(struct text text, const struct numbering *numbering)
{
    static const struct {
        struct text symbol;
        enum document_kind kind;
    } symbols[] = { { { "QĐ-", 4 }, DOCUMENT_DECISION },
                    { { "NĐ-", 4 }, DOCUMENT_DECREE },
                    { { "TT-", 3 }, DOCUMENT_CIRCULAR },
                    { { "NQ-", 3 }, DOCUMENT_RESOLUTION } };
    size_t at = digits(text, 0);
    if (!at || at > 5 || at == text.length || text.bytes[at] != '/')
        return false;
    size_t year = digits(text, ++at);
    if (year == 4 && at + 4 < text.length && text.bytes[at + 4] == '/' &&
        ((text.bytes[at] == '1' && text.bytes[at + 1] == '9' && text.bytes[at + 2] >= '5') ||
         (text.bytes[at] == '2' && text.bytes[at + 1] == '0')))
        at += 5;
    else if (year)
        return false;
    if (year && numbering->any_kind && text_starts(text_slice(text, at, text.length), TEXT("QH")))
        return digits(text, at + 2) == 2 && at + 4 == text.length;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        struct text issuer = text_slice(text, at, text.length);
        if (!text_starts(issuer, symbols[i].symbol))
            continue;
        issuer = text_slice(issuer, symbols[i].symbol.length, text.length);
        if (!numbering->any_kind && !numbering->kinds[symbols[i].kind])
            return false;
        if (text_is(issuer, "UBND"))
            return true;
        for (size_t j = 0; j < issuer.length; j++)
            if (issuer.bytes[j] < 'A' || issuer.bytes[j] > 'Z' || issuer.bytes[j] == 'D')
                return false;
        return issuer.length >= 2 && issuer.length <= 8;
    }
    return false;
}

static bool holds_document_number(const void *user_data, const struct rule_subject *subject,
                                  struct rule_why *why)
{
    const struct numbering *numbering = user_data;
    struct document_number number;
    if (is_plain(subject->value->text, numbering))
        return true;
    document_number_read(subject->arena, subject->value->text, &number);
    if (number.status == DOCUMENT_NUMBER_OK) {
        if (numbering->any_kind || numbering->kinds[number.kind])
            return true;
        reason_set(&why->reason, "document.kind", text_of(document_kind_text(number.kind)));
        return false;
    }
    if (numbering->has_faults && !numbering->faults[number.fault])
        return true;
    struct text better = number.status == DOCUMENT_NUMBER_REPAIRED ? number.text : number.suggestion;
    const char *id = text_format(subject->arena, "document.%s", fault_names[number.fault]).bytes;
    reason_set(&why->reason, id, better);
    return false;
}

/* ---- amounts ---- */

static bool is_currency(struct text text)
{
    static const char *const words[] = { "đồng", "đ", "vnđ", "vnd", "usd" };
    text = text_trim(text);
    if (text_starts(text, TEXT("₫")))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (vietnamese_starts(text, words[i]))
            return true;
    return false;
}

/* amounts: readable. Sums in prose whose marks can be read in two ways or in none. */
static bool holds_amounts(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    struct text text = subject->value->text;
    (void)user_data;
    for (size_t at = 0; at < text.length;) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9') {
            at++;
            continue;
        }
        size_t end = at;
        bool marked = false;
        for (; end < text.length &&
               ((text.bytes[end] >= '0' && text.bytes[end] <= '9') ||
                ((text.bytes[end] == '.' || text.bytes[end] == ',') && digits(text, end + 1)));
             end++)
            marked = marked || text.bytes[end] == '.' || text.bytes[end] == ',';
        struct text amount = text_slice(text, at, end - at), decimal;
        at = end;
        if (!marked || !is_currency(text_slice(text, end, 16)) ||
            decimal_read(subject->arena, amount, &decimal) != DECIMAL_DOUBTFUL)
            continue;
        reason_set(&why->reason, "amount.unclear", amount);
        return false;
    }
    return true;
}

static enum status compile_amounts(struct rule *rule, const struct rule_compiling *compiling,
                                   const struct value *options, void **user_data, struct error *error)
{
    (void)rule, (void)user_data;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "readable"))
        return setting_fault(compiling->context, options, error, _("\"amounts\" can only be readable"));
    return STATUS_OK;
}

const struct rule_check rule_check_document_number = { .name = "document_number",
                                                       .takes = RULE_TAKES_SCALAR,
                                                       .compile = compile_document_number,
                                                       .holds = holds_document_number };
const struct rule_check rule_check_amounts = {
    .name = "amounts", .takes = RULE_TAKES_SCALAR, .compile = compile_amounts, .holds = holds_amounts
};
