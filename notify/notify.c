#include "notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/clock.h"
#include "core/field_words.h"
#include "notify/untold.h"

/* 7 days, and half a day less: the seventh night may begin a moment before the hour of the first. */
#define AGAIN_MS     ((int64_t)(7 * 24 - 12) * 3600 * 1000)
#define STATE_LIMIT  ((size_t)4 << 20)
#define TOLD_ROWS    20
#define FORGOTTEN_MS ((int64_t)60 * 24 * 3600 * 1000)

enum style { STYLE_PLAIN, STYLE_HEALTHCHECKS };
enum body { BODY_TEXT, BODY_JSON };

#define CAUSE_NAME(id, name) [id] = name,
static const char *const causes[] = { NOTIFY_CAUSES_ALL(CAUSE_NAME) };

/* ---- settings ---- */

/* NOTIFY_CAUSES: there is none that can be asked for. */
static int find_cause(struct text name)
{
    int cause = 0;
    while (cause < NOTIFY_CAUSES && (cause == NOTIFY_APPROVAL || !text_is(name, causes[cause])))
        cause++;
    return cause;
}

static enum status read_words(const struct setting_context *context, struct notify_entry *entry,
                              struct error *error)
{
    struct text *words;
    size_t count = 0;
    if (entry->on && setting_texts(context, entry->on, &words, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++) {
        int cause = find_cause(words[i]);
        if (cause == NOTIFY_CAUSES) {
            BUFFER_OWNED struct buffer known = { 0 };
            for (int j = 0; j < NOTIFY_CAUSES; j++)
                if (j != NOTIFY_APPROVAL)
                    buffer_printf(&known, "%s%s", j ? ", " : "", causes[j]);
            return setting_fault(context, entry->on, error, _("\"on\" takes %s, not \"%.*s\""), known.bytes,
                                 TEXT_ARG(words[i]));
        }
        entry->told_on[cause] = true;
    }
    for (int i = 0; i < NOTIFY_CAUSES; i++)
        entry->told_on[i] = entry->told_on[i] || !entry->on || i == NOTIFY_APPROVAL;
    entry->is_ok[0] = entry->is_ok[1] = !entry->ok;
    if (entry->ok && setting_texts(context, entry->ok, &words, &count, error))
        return error->status;
    for (size_t i = 0; entry->ok && i < count; i++) {
        if (words[i].length != 1 || words[i].bytes[0] < '0' || words[i].bytes[0] > '5')
            return setting_fault(context, entry->ok, error,
                                 _("\"ok\" takes exit codes from 0 to 5, not \"%.*s\""), TEXT_ARG(words[i]));
        entry->is_ok[words[i].bytes[0] - '0'] = true;
    }
    return STATUS_OK;
}

static enum status check_entry(const struct setting_context *context, const char *base,
                               const struct value *item, struct notify_entry *entry, struct error *error)
{
    const struct sink *sink = &entry->sink;
    if (entry->metrics && sink_named(sink))
        return setting_fault(context, item, error, _("\"metrics\" stands alone in its entry"));
    if (!entry->metrics && sink_check(context, base, item, &entry->sink, error))
        return error->status;
    if (entry->style == STYLE_HEALTHCHECKS && !sink->url)
        return setting_fault(context, item, error, _("\"style: healthchecks\" wants a \"url\""));
    return STATUS_OK;
}

enum status notify_read(const struct setting_context *context, const char *base, const struct value *list,
                        struct notify_settings *settings, struct error *error)
{
    static const char *const styles[] = { "plain", "healthchecks", NULL };
    static const char *const bodies[] = { "text", "json", NULL };
    static const struct setting table[] = {
        SINK_SETTINGS,
        { "metrics", SETTING_TEXT, offsetof(struct notify_entry, metrics),
          .help = N_("a file for node-exporter's textfile collector") },
        { "on", SETTING_LIST, offsetof(struct notify_entry, on),
          .help = N_("the causes of which it tells; all of them when not given") },
        { "ok", SETTING_LIST, offsetof(struct notify_entry, ok),
          .help = N_("health checks: exit codes that are success; 0 and 1 unless said otherwise") },
        { "style", SETTING_CHOICE, offsetof(struct notify_entry, style), .choices = styles,
          .fallback = "plain", .help = N_("healthchecks: URL/start, then URL/EXIT, every night") },
        { "body", SETTING_CHOICE, offsetof(struct notify_entry, body), .choices = bodies, .fallback = "text",
          .help = N_("of a POST and of a command: text or json") },
    };
    *settings = (struct notify_settings){ .entries = NULL };
    if (!list)
        return STATUS_OK;
    if (list->kind != VALUE_LIST)
        return setting_fault(context, list, error, _("\"notify\" is a list"));
    settings->entries = arena_array(context->arena, struct notify_entry, list->count + 1);
    enum status all = STATUS_OK;
    for (const struct value *item = list->first; item; item = item->next) {
        struct notify_entry *entry = &settings->entries[settings->count++];
        enum status one = STATUS_OK;
        bool on = setting_step(context, &one,
                               setting_read(context, table, sizeof table / sizeof *table, item, "notify",
                                            entry, error),
                               error) &&
                  setting_step(context, &one, check_entry(context, base, item, entry, error), error) &&
                  setting_step(context, &one, read_words(context, entry, error), error);
        all = one ? one : all;
        if (!on)
            return all;
        if (one) /* nobody is told by half an entry */
            settings->entries[--settings->count] = (struct notify_entry){ 0 };
        else if (entry->metrics)
            entry->metrics = file_path(context->arena, base, entry->metrics);
    }
    return all;
}

/* ---- what was told ---- */

struct told {
    struct arena arena;
    struct value *causes; /* an object: the cause, and when it was told */
    struct untold untold;
    char path[4200];
    int64_t now;
};

static void told_open(struct told *told, const char *store, int64_t now)
{
    struct text bytes;
    struct error ignored = { 0 };
    *told = (struct told){ .now = now };
    snprintf(told->path, sizeof told->path, "%s.notices", store ? store : "");
    if (!store || file_read(&told->arena, told->path, STATE_LIMIT, &bytes, &ignored) ||
        json_parse(&told->arena, bytes, &told->causes, &ignored) || told->causes->kind != VALUE_OBJECT)
        told->causes = value_object(&told->arena);
    untold_open(&told->untold, &told->arena, value_find(told->causes, "untold"), now);
}

static bool told_lately(const struct told *told, struct text cause)
{
    int64_t at;
    const struct value *known = value_find_text(told->causes, cause);
    return known && clock_parse(known->text, &at) && told->now - at < AGAIN_MS && at <= told->now;
}

static void told_now(struct told *told, struct text cause)
{
    char at[CLOCK_TEXT];
    clock_format(told->now, at);
    struct value *known = value_find_text(told->causes, cause);
    struct value *moment = value_text(&told->arena, text_copy(&told->arena, text_of(at)));
    if (known)
        known->text = moment->text;
    else
        value_set_text(told->causes, text_copy(&told->arena, cause), moment);
}

/* Takes out what begins so (NULL: nothing), and what nobody has met for a long time. */
static bool told_forget(struct told *told, const char *start)
{
    struct value *kept = value_object(&told->arena);
    bool found = false;
    for (const struct value *cause = told->causes->first; cause; cause = cause->next) {
        int64_t at;
        bool starts = start && text_starts(cause->name, text_of(start));
        found = found || starts;
        if (!starts && clock_parse(cause->text, &at) && told->now - at < FORGOTTEN_MS)
            value_set_text(kept, cause->name, value_text(&told->arena, cause->text));
    }
    told->causes = kept;
    return found;
}

static void told_close(struct told *told, bool has_store)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct error ignored = { 0 };
    if (told->untold.list->count)
        value_set(told->causes, "untold", untold_kept(&told->untold));
    canonical_write(&out, told->causes);
    if (has_store)
        (void)file_write(told->path, buffer_view(&out), FILE_OURS, &ignored);
    arena_free(&told->arena);
}

/* ---- causes ---- */

struct tonight {
    bool is[NOTIFY_CAUSES];
    struct text key[NOTIFY_CAUSES]; /* under which it is remembered; bytes NULL: it is not */
};

static struct text digest_of(struct arena *arena, const char *start, const struct value *rows,
                             const char *const *members)
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    char hex[DIGEST_HEX];
    for (const struct value *row = rows ? rows->first : NULL; row; row = row->next)
        for (size_t i = 0; members[i]; i++) {
            buffer_text(&bytes, value_text_of(row, members[i]));
            buffer_char(&bytes, members[i + 1] ? '\x1f' : '\n');
        }
    struct digest digest = crypto_sha256(buffer_view(&bytes));
    digest_hex(&digest, hex);
    return text_format(arena, "%s:%s", start, hex);
}

static bool has_rows(const struct value *rows)
{
    return rows && rows->count;
}

/* A stop that may be of the very thing that should be remembered is told each time. */
static bool is_told_each_time(const struct notify_night *night)
{
    return night->exit_code == 2 || night->exit_code == 4 || night->exit_code == 5;
}

/* Each term is a cause of its own, and another one when it is over: that one of them was met is no news of the others. */
static struct text term_key(struct arena *arena, const struct value *term)
{
    const struct value *overdue = value_find(term, "overdue");
    return text_format(arena, "deadline:" TEXT_PRINT ":" TEXT_PRINT ":" TEXT_PRINT "%s",
                       TEXT_ARG(value_text_of(term, "code")), TEXT_ARG(value_text_of(term, "rule")),
                       TEXT_ARG(value_text_of(term, "due")), overdue && overdue->truth ? ":over" : "");
}

static bool has_untold_term(struct told *told, const struct value *terms)
{
    for (const struct value *term = terms ? terms->first : NULL; term; term = term->next)
        if (!told_lately(told, term_key(&told->arena, term)))
            return true;
    return false;
}

static void find_causes(struct told *told, const struct notify_night *night, struct tonight *tonight)
{
    static const char *const kept[] = { "source", "key", "code", "outcome", "rule", NULL };
    static const char *const deciding[] = { "words", "at", NULL };
    struct arena *arena = &told->arena;
    bool stopped = night->exit_code > 1;
    bool was_stopped = !stopped && told_forget(told, "stopped:");
    *tonight = (struct tonight){ .is = { [NOTIFY_STOPPED] = stopped,
                                         [NOTIFY_NEW_KEPT] =
                                             has_rows(night->new_kept) || has_rows(night->still_kept),
                                         [NOTIFY_RECOVERED] = was_stopped,
                                         [NOTIFY_DEADLINE] = has_untold_term(told, night->deadlines),
                                         [NOTIFY_APPROVAL] = has_rows(night->approval) } };
    tonight->key[NOTIFY_STOPPED] =
        text_format(arena, "stopped:%d:%.*s", night->exit_code, (int)text_cut(night->why, 160),
                    night->why.bytes ? night->why.bytes : "");
    struct text fresh = digest_of(arena, "new-kept", night->new_kept, kept);
    tonight->key[NOTIFY_NEW_KEPT] =
        has_rows(night->still_kept) ? digest_of(arena, fresh.bytes, night->still_kept, kept) : fresh;
    tonight->key[NOTIFY_APPROVAL] = digest_of(arena, "approval", night->approval, deciding);
    for (int i = 0; i < NOTIFY_CAUSES; i++)
        if (tonight->key[i].bytes && told_lately(told, tonight->key[i]) &&
            !(i == NOTIFY_STOPPED && is_told_each_time(night)))
            tonight->is[i] = false;
}

/* ---- words ---- */

static const char *result_words(int exit_code)
{
    static const char *const words[] = { N_("done"),
                                         N_("done, some records are kept back"),
                                         N_("wrong configuration"),
                                         N_("stopped before the end"),
                                         N_("another run holds the store"),
                                         N_("the ledger cannot be trusted") };
    return exit_code >= 0 && exit_code < 6 ? _(words[exit_code]) : "?";
}

static struct text subject_of(struct arena *arena, const struct notify_night *night)
{
    if (!night->counts)
        return text_format(arena, "[congkhai] " TEXT_PRINT ": %s", TEXT_ARG(night->agency),
                           result_words(night->exit_code));
    return text_format(arena, "[congkhai] " TEXT_PRINT ": %s (%s " TEXT_PRINT ", %s %lld)",
                       TEXT_ARG(night->agency), result_words(night->exit_code), _("published"),
                       TEXT_ARG(value_text_of(night->counts, "published")), _("kept back"),
                       (long long)night->kept);
}

static void put_rows(struct arena *arena, struct buffer *out, const char *heading, const struct value *rows,
                     const char *const *members, const char *more)
{
    static const struct field day = { .kind = FIELD_DATE };
    size_t shown = 0;
    if (!has_rows(rows))
        return;
    buffer_printf(out, "\n%s (%zu)\n", heading, rows->count);
    for (const struct value *row = rows->first; row && shown < TOLD_ROWS; row = row->next, shown++) {
        const char *between = "- ";
        for (size_t i = 0; members[i]; i++) {
            struct text text = value_text_of(row, members[i]);
            if (!i &&
                !text.length) /* a record that cannot be read has no code: it is found by where it lies */
                text = value_text_of(row, "locator");
            if (!strcmp(members[i], "due"))
                text = field_words_value(arena, &day, text, language_of_process());
            if (text.length)
                buffer_printf(out, "%s%.*s", between, TEXT_ARG(text));
            between = text.length ? "; " : between;
        }
        buffer_char(out, '\n');
    }
    if (rows->count > TOLD_ROWS)
        buffer_printf(out, _("… and %zu more: %s\n"), rows->count - TOLD_ROWS, more);
}

/* What left its listing may be there under another key: `status` calls missing what no record gives any more. */
static const char *count_words(struct arena *arena, const struct value *count)
{
    return text_is(count->name, "missing")       ? _("absent")
           : text_is(count->name, "missing_now") ? _("missing")
                                                 : words_said(text_string(arena, count->name));
}

static struct text words_of(struct arena *arena, const struct notify_night *night,
                            const struct tonight *tonight)
{
    static const char *const kept[] = { "code", "name", "place", "message", NULL };
    static const char *const terms[] = { "code", "name", "due", "rule", NULL };
    static const char *const deciding[] = { "words", "at", "actor", "reason", NULL };
    BUFFER_OWNED struct buffer out = { 0 };
    char at[32];
    clock_format_local(night->started, at);
    if (tonight->is[NOTIFY_RECOVERED])
        buffer_printf(&out, "%s\n", _("The night went well again."));
    buffer_printf(&out, "%.*s: %s\n", TEXT_ARG(night->agency), result_words(night->exit_code));
    if (night->run)
        buffer_printf(&out, _("Run %lld, begun %s, on %.*s, exit %d\n"), (long long)night->run, at,
                      TEXT_ARG(night->host), night->exit_code);
    else
        buffer_printf(&out, _("No run was begun: %s, on %.*s, exit %d\n"), at, TEXT_ARG(night->host),
                      night->exit_code);
    if (night->why.length)
        buffer_printf(&out, "%.*s\n", TEXT_ARG(night->why));
    for (const struct value *count = night->counts ? night->counts->first : NULL; count; count = count->next)
        buffer_printf(&out, "%s%s %.*s", count == night->counts->first ? "" : ", ", count_words(arena, count),
                      TEXT_ARG(count->text));
    buffer_char(&out, '\n');
    put_rows(arena, &out, _("Who approves"), night->approval, deciding, "congkhai status");
    put_rows(arena, &out, _("Newly kept back"), night->new_kept, kept, "congkhai kept --new");
    put_rows(arena, &out, _("Still kept back, since a week or more"), night->still_kept, kept,
             "congkhai kept");
    put_rows(arena, &out, _("Terms that are near or over"), night->deadlines, terms, "congkhai status");
    return text_copy(arena, buffer_view(&out));
}

static struct value *rows_of(struct arena *arena, const struct value *rows)
{
    return rows ? value_copy(arena, rows) : value_list(arena);
}

static struct text json_of(struct arena *arena, const struct notify_night *night,
                           const struct tonight *tonight)
{
    struct value *document = value_object(arena), *on = value_list(arena);
    char at[CLOCK_TEXT];
    clock_format(night->started, at);
    for (int i = 0; i < NOTIFY_CAUSES; i++)
        if (tonight->is[i])
            value_append(on, value_string(arena, causes[i]));
    value_set(document, "schema", value_string(arena, "congkhai/notice/1"));
    value_set(document, "agency", value_text(arena, night->agency));
    value_set(document, "host", value_text(arena, night->host));
    if (night->run)
        value_set(document, "run", value_integer(arena, night->run));
    value_set(document, "started_at", value_text(arena, text_copy(arena, text_of(at))));
    value_set(document, "exit_code", value_integer(arena, night->exit_code));
    if (night->why.length)
        value_set(document, "why", value_text(arena, night->why));
    value_set(document, "on", on);
    if (night->run)
        value_set(document, "kept", value_integer(arena, night->kept));
    if (night->counts)
        value_set(document, "counts", value_copy(arena, night->counts));
    value_set(document, "new_kept", rows_of(arena, night->new_kept));
    value_set(document, "still_kept", rows_of(arena, night->still_kept));
    value_set(document, "deadlines", rows_of(arena, night->deadlines));
    value_set(document, "approval", rows_of(arena, night->approval));
    return canonical_copy(arena, document);
}

/* ---- sending ---- */

static void post_health(const struct notify_entry *entry, const char *what, struct text body, notify_say *say,
                        void *user_data)
{
    BUFFER_OWNED struct buffer url = { 0 };
    struct error error = { 0 };
    buffer_printf(&url, "%s%s", entry->sink.url, what);
    if (sink_post(&entry->sink, url.bytes, body, "text/plain; charset=utf-8", &error))
        say(user_data, entry->sink.shown, error.message);
}

void notify_begin(const struct notify_settings *settings, notify_say *say, void *user_data)
{
    for (size_t i = 0; i < settings->count; i++)
        if (settings->entries[i].style == STYLE_HEALTHCHECKS)
            post_health(&settings->entries[i], "/start", TEXT(""), say, user_data);
}

static void tell(const struct notify_entry *entry, const struct notify_night *night, struct told *told,
                 const struct tonight *tonight, notify_say *say, void *user_data)
{
    struct arena *arena = &told->arena;
    struct error error = { 0 };
    bool concerned = false;
    for (int i = 0; i < NOTIFY_CAUSES; i++)
        concerned = concerned || (tonight->is[i] && entry->told_on[i]);
    struct sink_message message = {
        .subject = subject_of(arena, night),
        .body = entry->body == BODY_JSON ? json_of(arena, night, tonight) : words_of(arena, night, tonight),
        .type = entry->body == BODY_JSON ? "application/json" : "text/plain; charset=utf-8",
        .file = text_format(arena, "congkhai-%lld.%s", (long long)(night->run ? night->run : night->started),
                            entry->body == BODY_JSON ? "json" : "txt")
                    .bytes,
    };
    if (untold_send(&told->untold, &entry->sink, concerned ? &message : NULL, &error))
        say(user_data, entry->sink.shown, error.message);
}

void notify_end(const struct notify_settings *settings, const struct notify_night *night, int64_t now,
                notify_say *say, void *user_data)
{
    struct told told;
    struct tonight tonight;
    struct error error = { 0 };
    bool has_state = night->store && night->exit_code != 4; /* 4: it is the other run's */
    if (!settings->count)
        return;
    told_open(&told, has_state ? night->store : NULL, now);
    find_causes(&told, night, &tonight);
    for (size_t i = 0; i < settings->count; i++) {
        const struct notify_entry *entry = &settings->entries[i];
        char path[8];
        if (entry->metrics) {
            if (night->metrics.bytes && file_write(entry->metrics, night->metrics, 0644, &error))
                say(user_data, entry->metrics, error.message);
        } else if (entry->style == STYLE_HEALTHCHECKS) {
            int code = night->exit_code >= 0 && night->exit_code < 6 ? night->exit_code : 3;
            snprintf(path, sizeof path, "/%d", entry->is_ok[code] ? 0 : code ? code : 1);
            post_health(entry, path, words_of(&told.arena, night, &tonight), say, user_data);
        } else {
            tell(entry, night, &told, &tonight, say, user_data);
        }
    }
    for (int i = 0; i < NOTIFY_CAUSES; i++)
        if (tonight.is[i] && tonight.key[i].bytes)
            told_now(&told, tonight.key[i]);
    const struct value *term = tonight.is[NOTIFY_DEADLINE] ? night->deadlines->first : NULL;
    for (; term; term = term->next)
        told_now(&told, term_key(&told.arena, term));
    told_forget(&told, NULL);
    told_close(&told, has_state);
}
