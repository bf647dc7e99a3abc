#include "report/report_kept.h"

#include <string.h>

#include "adapters/unicode.h"
#include "core/clock.h"
#include "core/field_words.h"
#include "report/report_parts.h"

bool report_kept_is_departments(const struct value *row)
{
    static const char *const theirs[] = { "rejected", "refused", "held", "sent-back" };
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
        if (text_is(value_text_of(row, "outcome"), theirs[i]))
            return true;
    return false;
}

static const char *state_words(const struct value *row)
{
    static const struct {
        const char *outcome, *words;
    } all[] = {
        { "rejected", N_("to be corrected and completed") },
        { "held", N_("to be agreed on: two records of one procedure differ") },
        { "refused", N_("the national database refused it") },
        { "sent-back", N_("sent back to be completed") },
        { "waiting", N_("waits for approval") },
        { "conflict", N_("the national database holds something else") },
        { "failed", N_("could not be sent") },
        { "unknown", N_("sent, and not confirmed yet") },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (text_is(value_text_of(row, "outcome"), all[i].outcome))
            return _(all[i].words);
    return "";
}

static struct text what_is_wrong(struct arena *arena, const struct value *row)
{
    struct text place = value_text_of(row, "place"), message = value_text_of(row, "message"),
                field = value_text_of(row, "field");
    if (!place.length && field.length) /* a person's word, and no rule's */
        place = field_words_place(arena, field, language_of_process());
    if (!message.bytes)
        return text_of(state_words(row));
    BUFFER_OWNED struct buffer out = { 0 };
    if (place.length) {
        buffer_text(&out, place);
        buffer_string(&out, ": ");
    }
    buffer_text(&out, message);
    return text_copy(arena, buffer_view(&out));
}

static void put(struct arena *arena, struct value *out, const char *name, struct text text)
{
    if (text.length)
        value_set(out, name, value_text(arena, text));
}

static void put_days_left(const struct report_kept *kept, struct arena *arena, struct value *out,
                          const struct value *row)
{
    struct date due;
    if (!report_date(row, "due", &due))
        return;
    int64_t days = kept->calendar ? workday_left(kept->calendar, kept->today, due)
                                  : date_days(due) - date_days(kept->today);
    put(arena, out, "due", value_text_of(row, "due"));
    value_set(out, "left", value_integer(arena, days));
}

static struct value *row_of(const struct report_kept *kept, struct arena *arena, const struct value *row)
{
    struct value *out = value_object(arena);
    struct text code = value_text_of(row, "code"), since = value_text_of(row, "since");
    put(arena, out, "department", value_text_of(row, "department"));
    put(arena, out, "code", code.length ? code : value_text_of(row, "key"));
    put(arena, out, "name", value_text_of(row, "name"));
    put(arena, out, "what", what_is_wrong(arena, row));
    put(arena, out, "value", value_text_of(row, "value"));
    put(arena, out, "to_do", value_text_of(row, "to_do"));
    put(arena, out, "article", value_text_of(row, "cites"));
    put(arena, out, "state", text_of(state_words(row)));
    int64_t at;
    char day[DATE_TEXT];
    if (clock_parse(since, &at)) {
        clock_format_date(at, day);
        put(arena, out, "since", text_copy(arena, text_of(day)));
    }
    put_days_left(kept, arena, out, row);
    return out;
}

struct value *report_kept_make(const struct report_kept *kept, struct arena *arena)
{
    struct value *document = value_object(arena), *agency, *period, *rows;
    char *today = arena_alloc(arena, DATE_TEXT);
    value_set(document, "schema", value_string(arena, "congkhai/report/1"));
    value_set(document, "report", value_string(arena, REPORT_KEPT));
    value_set(document, "title", value_string(arena, _("Procedures to be completed")));
    value_set(document, "unit", value_string(arena, _("points to mend")));
    value_set(
        document, "definition",
        value_string(arena,
                     _("What keeps procedures from being published, as checked last; each line is one point. "
                       "Days left are working days to the nearest term of the procedure.")));
    agency = value_set(document, "agency", value_object(arena));
    value_set(agency, "code", value_string(arena, kept->agency_code));
    value_set(agency, "name", value_string(arena, kept->agency_name));
    if (kept->department)
        value_set(document, "department", value_string(arena, kept->department));
    period = value_set(document, "period", value_object(arena));
    date_write(kept->today, today);
    value_set(period, "as_of", value_string(arena, today));
    if (kept->head && value_text_of(kept->head, "at").bytes)
        value_set(period, "known_at", value_text(arena, value_text_of(kept->head, "at")));
    if (kept->head && value_find(kept->head, "root"))
        value_set(document, "rests_on", value_copy(arena, kept->head));
    report_column(arena, document, "department", _("department"), "text");
    report_column(arena, document, "code", _("code"), "text");
    report_column(arena, document, "name", _("procedure"), "text");
    report_column(arena, document, "what", _("what is wrong"), "text");
    report_column(arena, document, "value", _("as it stands"), "text");
    report_column(arena, document, "to_do", _("what to do"), "text");
    report_column(arena, document, "article", _("article"), "text");
    report_column(arena, document, "state", _("state"), "text");
    report_column(arena, document, "since", _("since"), "date");
    report_column(arena, document, "due", _("due"), "date");
    report_column(arena, document, "left", _("days left"), "date");
    rows = value_set(document, "rows", value_list(arena));
    for (const struct value *row = kept->rows->first; row; row = row->next)
        value_append(rows, row_of(kept, arena, row));
    return document;
}

#define FILE_NAME_MAX 85 /* bytes; a number and an ending come behind */

struct text report_kept_file(struct arena *arena, struct text department)
{
    struct text plain = report_plain(arena, department);
    BUFFER_OWNED struct buffer out = { 0 };
    for (size_t at = 0; at < plain.length && out.length < FILE_NAME_MAX;) {
        int32_t character = unicode_next(plain, &at);
        if ((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'))
            buffer_char(&out, (char)character);
        else if (out.length && out.bytes[out.length - 1] != '-')
            buffer_char(&out, '-');
    }
    while (out.length && out.bytes[out.length - 1] == '-')
        out.bytes[--out.length] = 0;
    return out.length ? text_copy(arena, buffer_view(&out)) : TEXT("khong-ten");
}
