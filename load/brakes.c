#include "load/brakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/field_presence.h"
#include "store/ledger.h"
#include "store/outbox_scan.h"
#include "store/staging.h"

static const char *const names[BRAKES + 1] = {
    "changes", "withdrawals", "empty_source", "shrunken_source", "vanished_field", "vanished_folder", NULL
};

/* ---- the configuration ---- */

struct written {
    const char *changes, *withdrawals, *shrunken;
    int empty, vanished_field, vanished_folder;
};

static const char *const empties[] = { "off", "stop", "warn", NULL };

static const struct setting settings[] = {
    { "changes", SETTING_TEXT, offsetof(struct written, changes),
      .help = N_("share (30%) or number of published procedures that a run may replace") },
    { "withdrawals", SETTING_TEXT, offsetof(struct written, withdrawals),
      .help = N_("share (5%) or number of published procedures that a run may withdraw") },
    { "empty_source", SETTING_CHOICE, offsetof(struct written, empty), .fallback = "off", .choices = empties,
      .help = N_("what happens when a source gives no record, though it gave some before") },
    { "shrunken_source", SETTING_TEXT, offsetof(struct written, shrunken),
      .help = N_("share (30%) or number of records that a source may give less than before") },
    { "vanished_field", SETTING_CHOICE, offsetof(struct written, vanished_field), .fallback = "off",
      .choices = empties, .help = N_("what happens when an address of the map gives nothing any more") },
    { "vanished_folder", SETTING_CHOICE, offsetof(struct written, vanished_folder), .fallback = "stop",
      .choices = empties, .help = N_("what happens when a folder gives no record any more") },
};

const struct setting *brakes_settings(size_t *count)
{
    *count = sizeof settings / sizeof *settings;
    return settings;
}

/* 30%, 0.3 or 12: what has neither a % nor a point is a number of procedures. */
static bool read_limit(const char *message, struct brake_limit *limit)
{
    char *end;
    *limit = (struct brake_limit){ .given = true, .message = text_of(message) };
    if (strspn(message, "0123456789.% ") != strlen(message) || strspn(message, "0123456789") == 0)
        return false;
    double number = strtod(message, &end);
    while (*end == ' ')
        end++;
    bool percent = *end == '%';
    if (percent)
        end++;
    limit->is_share = percent || strchr(message, '.') != NULL;
    limit->share = percent ? number / 100 : number;
    limit->number = limit->is_share ? 0 : strtoll(message, NULL, 10);
    return !*end && (limit->is_share ? limit->share <= 1 : number <= 1e12);
}

static enum status read_one(const struct setting_context *context, const struct value *tree, enum brake brake,
                            const char *message, struct brake_limit *limit, struct error *error)
{
    *limit = (struct brake_limit){ .given = false };
    if (!message || read_limit(message, limit))
        return STATUS_OK;
    return setting_fault(context, value_find(tree, names[brake]), error,
                         _("brakes.%s is a share such as 30%%, or a number of procedures, not \"%s\""),
                         names[brake], message);
}

enum status brakes_read(const struct setting_context *context, const struct value *tree,
                        struct brakes *brakes, struct error *error)
{
    struct written written = { .changes = NULL };
    *brakes = (struct brakes){ .empty = 0 };
    if (!tree)
        return STATUS_OK;
    const struct {
        enum brake brake;
        const char *const *written;
        struct brake_limit *limit;
    } limits[] = { { BRAKE_CHANGES, &written.changes, &brakes->changes },
                   { BRAKE_WITHDRAWALS, &written.withdrawals, &brakes->withdrawals },
                   { BRAKE_SHRUNKEN_SOURCE, &written.shrunken, &brakes->shrunken } };
    enum status all = STATUS_OK;
    bool on = setting_step(
        context, &all,
        setting_read(context, settings, sizeof settings / sizeof *settings, tree, "brakes", &written, error),
        error);
    for (size_t i = 0; on && i < sizeof limits / sizeof *limits; i++)
        on = setting_step(
            context, &all,
            read_one(context, tree, limits[i].brake, *limits[i].written, limits[i].limit, error), error);
    if (all)
        return all;
    brakes->empty = written.empty;
    brakes->vanished_field = written.vanished_field;
    brakes->vanished_folder = written.vanished_folder;
    return STATUS_OK;
}

static bool is_released(const struct brakes_request *request, enum brake brake)
{
    for (size_t i = 0; i < request->released_count; i++)
        if (strcmp(request->released[i], names[brake]) == 0)
            return true;
    return false;
}

enum status brakes_check_released(const struct brakes_request *request, struct error *error)
{
    for (size_t i = 0; i < request->released_count; i++) {
        const char *given = request->released[i];
        const char *nearest = text_nearest(text_of(given), names, BRAKES);
        if (nearest && strcmp(nearest, given) == 0)
            continue;
        if (nearest)
            return error_set(error, STATUS_USAGE, _("there is no brake \"%s\"; did you mean \"%s\"?"), given,
                             nearest);
        return error_set(error, STATUS_USAGE,
                         _("there is no brake \"%s\"; there are %s, %s, %s, %s, %s and %s"), given, names[0],
                         names[1], names[2], names[3], names[4], names[5]);
    }
    if (request->released_count && (!request->reason || !text_trim(text_of(request->reason)).length))
        return error_set(error, STATUS_USAGE,
                         _("--release-brake needs --reason TEXT: it goes into the ledger with your name"));
    if (!request->released_count && request->reason)
        return error_set(error, STATUS_USAGE,
                         _("--reason says why a brake is released: name it with --release-brake"));
    return STATUS_OK;
}

/* ---- what holds ---- */

struct whys {
    struct error why;
    struct whys *next;
};

struct holding {
    const struct brakes_request *request;
    struct whys *whys; /* of what holds: the last first */
    struct arena arena;
    struct buffer releases; /* options that would release it */
    struct value *released; /* details for the ledger */
    struct value *usual;    /* source: records */
    bool whole;             /* the listing of the source at hand: only such a one lets its brakes go */
    bool held[BRAKES];
};

static bool exceeds(const struct brake_limit *limit, int64_t count, int64_t of)
{
    if (!limit->given || !count || !of)
        return false;
    return limit->is_share ? (double)count > limit->share * (double)of + 1e-9 : count > limit->number;
}

/* A brake that would hold: it does, unless it is released. */
static void hold(struct holding *holding, enum brake brake, const char *source, int64_t count, int64_t of,
                 const struct error *why)
{
    if (is_released(holding->request, brake) && (!source || holding->whole)) {
        struct value *detail = value_append(holding->released, value_object(&holding->arena));
        value_set(detail, "brake", value_string(&holding->arena, names[brake]));
        value_set(detail, "count", value_integer(&holding->arena, count));
        value_set(detail, "of", value_integer(&holding->arena, of));
        if (source)
            value_set(detail, "source", value_string(&holding->arena, source));
        return;
    }
    struct whys *kept = arena_new(&holding->arena, struct whys);
    *kept = (struct whys){ *why, holding->whys };
    (void)error_add(&kept->why, "%s", names[brake]);
    holding->whys = kept;
    if (!holding->held[brake])
        buffer_printf(&holding->releases, " --release-brake %s", names[brake]);
    holding->held[brake] = true;
}

static void judge_extent(struct holding *holding, const struct outbox_extent *extent)
{
    struct error why;
    const struct brakes *brakes = holding->request->brakes;
    int64_t replaced = outbox_extent_replaced(extent), recoded = outbox_extent_recoded(extent);
    if (exceeds(&brakes->changes, replaced, extent->published)) {
        if (recoded)
            (void)error_set(
                &why, STATUS_STOP,
                _("%lld of %lld published procedures would be replaced (allowed: %.*s), %lld of them by new "
                  "codes while no source gives the old ones any more, which would stay at the portal beside "
                  "them (did codes change?)"),
                (long long)replaced, (long long)extent->published, TEXT_ARG(brakes->changes.message),
                (long long)recoded);
        else
            (void)error_set(
                &why, STATUS_STOP, _("%lld of %lld published procedures would be replaced (allowed: %.*s)"),
                (long long)replaced, (long long)extent->published, TEXT_ARG(brakes->changes.message));
        hold(holding, BRAKE_CHANGES, NULL, replaced, extent->published, &why);
    }
    if (exceeds(&brakes->withdrawals, extent->withdrawals, extent->published)) {
        (void)error_set(&why, STATUS_STOP,
                        _("%lld of %lld published procedures would be withdrawn (allowed: %.*s)"),
                        (long long)extent->withdrawals, (long long)extent->published,
                        TEXT_ARG(brakes->withdrawals.message));
        hold(holding, BRAKE_WITHDRAWALS, NULL, extent->withdrawals, extent->published, &why);
    }
}

/* True: the listing is one to go on from. */
static bool judge_listing(struct holding *holding, const char *source, int64_t usual, int64_t records)
{
    struct error why;
    const struct brakes *brakes = holding->request->brakes;
    if (!records && usual && brakes->empty) {
        (void)error_set(&why, STATUS_STOP, _("the source %s gives no record any more (%lld before)"), source,
                        (long long)usual);
        if (brakes->empty == 1) {
            hold(holding, BRAKE_EMPTY_SOURCE, source, usual, usual, &why);
            return true;
        }
        if (holding->request->notice)
            holding->request->notice(holding->request->user_data, why.message);
        return false;
    }
    if (exceeds(&brakes->shrunken, usual - records > 0 ? usual - records : 0, usual)) {
        (void)error_set(&why, STATUS_STOP,
                        _("the source %s gives %lld records, %lld less than before (allowed: %.*s)"), source,
                        (long long)records, (long long)(usual - records), TEXT_ARG(brakes->shrunken.message));
        hold(holding, BRAKE_SHRUNKEN_SOURCE, source, usual - records, usual, &why);
    }
    return true;
}

static enum status judge_fields(struct store *store, struct holding *holding, const char *source,
                                struct error *error)
{
    BUFFER_OWNED struct buffer addresses = { 0 };
    struct error why;
    const struct brakes *brakes = holding->request->brakes;
    struct value *vanished;
    int64_t records = 0;
    if (brakes->vanished_field == BRAKE_OFF)
        return STATUS_OK;
    if (field_presence_vanished(store, source, &holding->arena, &vanished, &records, error))
        return error->status;
    if (!vanished)
        return STATUS_OK;
    for (const struct value *address = vanished->first; address; address = address->next)
        buffer_printf(&addresses, "%s%.*s", address == vanished->first ? "" : ", ", TEXT_ARG(address->text));
    (void)error_set(
        &why, STATUS_STOP,
        _("the source %s gives nothing any more at %.*s, in none of its %lld records (was it renamed "
          "there?)"),
        source, TEXT_ARG(buffer_view(&addresses)), (long long)records);
    if (brakes->vanished_field == BRAKE_STOP)
        hold(holding, BRAKE_VANISHED_FIELD, source, records, records, &why);
    else if (holding->request->notice)
        holding->request->notice(holding->request->user_data, why.message);
    return STATUS_OK;
}

static bool is_named(const struct outbox_filter *filter, const char *source)
{
    for (size_t i = 0; i < filter->source_count; i++)
        if (strcmp(filter->sources[i], source) == 0)
            return true;
    return !filter->source_count;
}

static enum status judge_sources(struct store *store, struct holding *holding, struct error *error)
{
    const struct brakes_request *request = holding->request;
    for (size_t i = 0; i < request->source_count; i++) {
        const char *source = request->sources[i];
        int64_t usual, records;
        bool known;
        if (!is_named(request->filter, source))
            continue;
        if (staging_was_whole(store, source, &holding->whole, error) ||
            outbox_usual(store, source, &known, &usual, error) ||
            staging_present(store, source, &records, error) || judge_fields(store, holding, source, error))
            return error->status;
        bool settled = !known || judge_listing(holding, source, usual, records);
        if (settled && holding->whole && (known ? usual != records : records > 0))
            value_set(holding->usual, source, value_integer(&holding->arena, records));
    }
    return STATUS_OK;
}

static enum status judge(struct store *store, struct holding *holding, struct error *error)
{
    const struct brakes *brakes = holding->request->brakes;
    struct outbox_extent extent;
    if ((brakes->changes.given || brakes->withdrawals.given)) {
        const struct brakes_request *request = holding->request;
        if (request->gate ? approval_gate_extent(request->gate, request->filter, &extent, error)
                          : outbox_extent(store, request->filter, &extent, error))
            return error->status;
        judge_extent(holding, &extent);
    }
    /* Who names codes has looked at them: a listing does not matter then. */
    return holding->request->filter->code_count ? STATUS_OK : judge_sources(store, holding, error);
}

/* ---- going on ---- */

static enum status write_release(struct store *store, const struct holding *holding, const char *name,
                                 struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct brakes_request *request = holding->request;
    struct value *detail = value_object(&arena), *held = value_list(&arena);
    for (const struct value *item = holding->released->first; item; item = item->next)
        if (text_is(value_text_of(item, "brake"), name))
            value_append(held, value_copy(&arena, item));
    value_set(detail, "brake", value_string(&arena, name));
    if (held->count)
        value_set(detail, "held", held);
    value_set(detail, "reason", value_string(&arena, request->reason));
    struct ledger_event event = { .event = "brake-released", .actor = request->actor, .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

static enum status go_on(struct store *store, const struct holding *holding, struct error *error)
{
    const struct brakes_request *request = holding->request;
    if (store_begin(store, error))
        return error->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < request->released_count; i++)
        if (strcmp(request->released[i], names[BRAKE_VANISHED_FOLDER])) /* extract has written its own */
            status = write_release(store, holding, request->released[i], error);
    for (const struct value *item = holding->usual->first; !status && item; item = item->next)
        status = outbox_set_usual(store, item->name.bytes, strtoll(item->text.bytes, NULL, 10), error);
    for (size_t i = 0; !status && !request->filter->code_count && i < request->source_count; i++)
        if (is_named(request->filter, request->sources[i]))
            status = field_presence_settle(store, request->sources[i], error);
    return store_end(store, status, error);
}

static enum status stop(const struct holding *holding, struct error *error)
{
    (void)error_set(
        error, STATUS_STOP,
        _("a brake holds: nothing was sent and everything stays pending. Look with \"congkhai plan\"; "
          "to go on, say why: congkhai %s%s --reason \"…\""),
        holding->request->command, holding->releases.bytes);
    for (const struct whys *held = holding->whys; held; held = held->next)
        (void)error_before(error, &held->why);
    return error->status;
}

enum status brakes_hold(struct store *store, const struct brakes_request *request, struct error *error)
{
    struct holding holding = { .request = request };
    holding.released = value_list(&holding.arena);
    holding.usual = value_object(&holding.arena);
    enum status status = judge(store, &holding, error);
    if (!status)
        status = holding.whys ? stop(&holding, error) : go_on(store, &holding, error);
    buffer_free(&holding.releases);
    arena_free(&holding.arena);
    return status;
}

static void put_words(struct buffer *words, const struct whys *whys)
{
    if (whys->next) {
        put_words(words, whys->next);
        buffer_string(words, "; ");
    }
    buffer_string(words, whys->why.message);
}

enum status brakes_words(struct store *store, const struct brakes_request *request, struct buffer *words,
                         struct error *error)
{
    struct holding holding = { .request = request };
    holding.released = value_list(&holding.arena);
    holding.usual = value_object(&holding.arena);
    enum status status = judge(store, &holding, error);
    if (!status && holding.whys)
        put_words(words, holding.whys);
    buffer_free(&holding.releases);
    arena_free(&holding.arena);
    return status;
}
