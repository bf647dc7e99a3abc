#include "report/against_words.h"

#include "core/error.h"
#include "report/output_word.h"

static struct text start(const struct value *row, const char *name)
{
    return text_slice(value_text_of(row, name), 0, 16);
}

/* "version w, digest 4444…, abolished": what of it was said. */
static struct text named(struct arena *arena, const struct value *row)
{
    struct buffer BUFFER_OWNED out = { 0 };
    struct text version = value_text_of(row, "version"), digest = start(row, "digest"),
                status = value_text_of(row, "status");
    if (version.length)
        buffer_text(&out, text_format(arena, _("version " TEXT_PRINT), TEXT_ARG(version)));
    if (digest.length)
        buffer_text(&out, text_format(arena, _("%sdigest " TEXT_PRINT "…"), out.length ? ", " : "",
                                      TEXT_ARG(digest)));
    if (status.length)
        buffer_text(
            &out, text_format(arena, "%s" TEXT_PRINT, out.length ? ", " : "", TEXT_ARG(output_word(status))));
    return out.length ? text_copy(arena, buffer_view(&out)) : text_of(_("nothing more is known of it"));
}

static struct text restored(struct arena *arena, const struct value *row, struct text at)
{
    struct text from = value_text_of(row, "from"), to = value_text_of(row, "to"),
                since = output_time(arena, value_text_of(row, "since"));
    if (!to.bytes)
        return text_format(arena,
                           _("the store is a backup, restored at " TEXT_PRINT
                             ": what stood at the portal since " TEXT_PRINT
                             ", until it was asked again, is not known (events from " TEXT_PRINT
                             " on of the replaced ledger are not in this one)"),
                           TEXT_ARG(at), TEXT_ARG(since), TEXT_ARG(from));
    return text_format(arena,
                       _("the store is a backup, restored at " TEXT_PRINT
                         ": what stood at the portal since " TEXT_PRINT
                         ", until it was asked again, is not known (events " TEXT_PRINT " to " TEXT_PRINT
                         " of the replaced ledger are not in this one)"),
                       TEXT_ARG(at), TEXT_ARG(since), TEXT_ARG(from), TEXT_ARG(to));
}

struct text against_words(struct arena *arena, const struct value *row)
{
    struct text what = value_text_of(row, "what"), words = value_text_of(row, "words"),
                at = output_time(arena, value_text_of(row, "at"));
    if (text_is(what, "restored"))
        return restored(arena, row, at);
    if (text_is(what, "absent"))
        return text_format(arena, _(TEXT_PRINT ": it did not stand at the portal any more"), TEXT_ARG(at));
    if (text_is(what, "adopted"))
        return text_format(
            arena,
            _(TEXT_PRINT ": it was found there and taken over; since when it stood there is not known"),
            TEXT_ARG(at));
    if (text_is(what, "only"))
        return text_format(arena,
                           _(TEXT_PRINT ": of what the portal held, nothing was acknowledged of " TEXT_PRINT
                                        " procedures; which, the ledger does not say"),
                           TEXT_ARG(at), TEXT_ARG(value_text_of(row, "count")));
    if (text_is(what, "open"))
        return text_format(arena,
                           _(TEXT_PRINT ": what became of a change that was sent is not known (" TEXT_PRINT
                                        ", digest " TEXT_PRINT "…)"),
                           TEXT_ARG(at), TEXT_ARG(output_word(value_text_of(row, "action"))),
                           TEXT_ARG(start(row, "digest")));
    if (text_is(what, "conflict"))
        return text_format(arena,
                           _(TEXT_PRINT ": a delivery was in conflict with what stood there: " TEXT_PRINT),
                           TEXT_ARG(at), TEXT_ARG(words));
    return text_format(arena, _(TEXT_PRINT ": the portal held something else (" TEXT_PRINT ")"), TEXT_ARG(at),
                       TEXT_ARG(named(arena, row)));
}

enum status against_absence(struct error *error, struct text code, const char *day, struct text known,
                            struct text begins)
{
    if (begins.bytes)
        return error_set(
            error, STATUS_USAGE,
            _("what the portal held of %.*s at the end of %s is not known: the ledger begins on %.*s"),
            TEXT_ARG(code), day, TEXT_ARG(begins));
    if (known.bytes)
        return error_set(error, STATUS_USAGE,
                         _("%.*s at the portal on %s, as known at %.*s: nothing that was acknowledged"),
                         TEXT_ARG(code), day, TEXT_ARG(known));
    return error_set(error, STATUS_USAGE,
                     _("%.*s at the portal at the end of %s: nothing that was acknowledged"), TEXT_ARG(code),
                     day);
}
