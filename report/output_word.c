#include "report/output_word.h"

#include "core/clock.h"
#include "core/error.h"

struct text output_word(struct text word)
{
    static const char *const words[] = {
        /* records and rules */
        N_("accepted"),
        N_("rejected"),
        N_("held"),
        N_("waiting"),
        N_("sent-back"),
        N_("unsubmitted"),
        N_("approved"),
        N_("error"),
        N_("warning"),
        /* procedures */
        N_("draft"),
        N_("announced"),
        N_("abolished"),
        N_("public"),
        N_("internal"),
        /* deliveries */
        N_("publish"),
        N_("withdraw"),
        N_("published"),
        N_("withdrawn"),
        N_("refused"),
        N_("conflict"),
        N_("unknown"),
        N_("failed"),
        N_("intended"),
        N_("attempted"),
        N_("recalled"),
        /* the other events of a procedure */
        N_("missing"),
        N_("returned"),
        N_("retried"),
        N_("withheld"),
        N_("withdrawal-ordered"),
        N_("overwrite-ordered"),
        N_("order-ended"),
        N_("recoded"),
        N_("rekeyed"),
        N_("refreshed"),
        /* orders */
        N_("retry"),
        N_("adopt"),
        N_("overwrite"),
        N_("release"),
        N_("submit"),
        N_("approve"),
        N_("send-back"),
        /* people */
        N_("approver"),
        N_("submitter"),
        /* reconciliation */
        N_("same"),
        N_("differs"),
        N_("untold"),
        /* runs */
        N_("run-started"),
        N_("run-finished"),
        N_("listed"),
        N_("reconciled"),
        N_("restored"),
        N_("migrated"),
        N_("forgotten"),
        N_("plan-sent"),
        N_("brake-released"),
        N_("copy-failed"),
        /* approval */
        N_("approval-founded"),
        N_("approval-lapsed"),
        N_("approval-recovered"),
        N_("submitted"),
        N_("only"),
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(word, words[i]))
            return text_of(_(words[i]));
    return word;
}

struct text output_time(struct arena *arena, struct text at)
{
    int64_t milliseconds;
    char *text = arena_alloc(arena, 32);
    if (!clock_parse(at, &milliseconds))
        return at;
    clock_format_local(milliseconds, text);
    return text_of(text);
}
