#include "load/reconcile.h"

#include <stdio.h>

#include "adapters/json.h"
#include "adapters/secrets.h"
#include "load/portal.h"

#define PAGES_MAX  20000
#define LISTED_MAX 200000 /* procedures of one agency; the whole country has some thousands */
#define UNTOLD_MAX 16     /* answers in a row that say nothing: then it is the portal's fault */

static enum status open_portal(struct store *store, const struct load_request *request, struct portal *portal,
                               struct error *error)
{
    *portal = (struct portal){ .notice = request->notice, .notice_own = request->user_data };
    if (portal_read(request->context, request->folder, request->portal, portal, error))
        return error->status;
    portal->agency = request->agency_code;
    portal->clock = store_clock(store);
    enum status status = portal->driver->open(portal, error);
    if (status) {
        portal->driver->close(portal);
        portal_free(portal);
    }
    return status;
}

enum status reconcile_check(const struct load_request *request, bool settle, struct error *error)
{
    struct portal portal = { .notice = NULL };
    if (portal_read(request->context, request->folder, request->portal, &portal, error))
        return error->status;
    bool can = settle ? portal.driver->network : portal.driver->list != NULL;
    portal_free(&portal);
    if (can)
        return STATUS_OK;
    return error_set(
        error, STATUS_USAGE,
        _("a portal of the kind \"%s\" cannot be asked for what it holds, as reconciling needs it"),
        portal.driver->name);
}

static void close_portal(struct portal *portal)
{
    portal->driver->close(portal);
    portal_free(portal);
}

/* ---- the listing ---- */

/* A word that says neither makes a difference that a person must look at. */
static const char *standing_name(enum remote_status standing)
{
    static const char *const names[] = { [REMOTE_UNSAID] = NULL,
                                         [REMOTE_PUBLISHED] = "published",
                                         [REMOTE_ABOLISHED] = "abolished",
                                         [REMOTE_STRANGE] = "strange" };
    return names[standing];
}

static struct reconciliation_entry entry_of(struct text code, const struct remote_state *remote,
                                            const struct digest *digest)
{
    return (struct reconciliation_entry){
        .code = code, .version = remote->version, .digest = digest, .status = standing_name(remote->standing)
    };
}

/* As the portal names it in its listing, which is what later listings are compared with. */
static const struct digest *digest_named(const struct remote_state *remote)
{
    return remote->has_digest ? &remote->digest : &remote->content;
}

static enum status keep_page(struct store *store, const struct portal_page *page, int64_t *added,
                             struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < page->count; i++) {
        const struct remote_state *remote = &page->entries[i].remote;
        bool is_new, told = remote->has_digest || remote->has_content;
        struct reconciliation_entry entry =
            entry_of(page->entries[i].code, remote, told ? digest_named(remote) : NULL);
        status = reconciliation_listing_put(store, &entry, &is_new, error);
        *added += !status && is_new;
    }
    return store_end(store, status, error);
}

/* A page that brings nothing new although another one follows would go on for ever, and so would one that always
 * brings something. */
static enum status check_progress(const struct portal *portal, const struct portal_page *page, int64_t added,
                                  int64_t listed, int64_t pages, struct error *error)
{
    if (!page->next.bytes || (added && pages < PAGES_MAX && listed + added < LISTED_MAX))
        return STATUS_OK;
    return error_set(error, STATUS_STOP,
                     _("the listing of the portal %s does not come to an end (\"next\" is \"" TEXT_PRINT
                       "\" after %lld pages); nothing was compared"),
                     portal->settings->shown, TEXT_ARG(page->next), (long long)pages);
}

static enum status read_listing(struct store *store, const struct load_request *request,
                                struct portal *portal, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer after = { 0 };
    struct portal_page page = { .next = TEXT_NONE };
    int64_t listed = 0;
    for (int64_t pages = 1; pages == 1 || page.next.bytes; pages++) {
        int64_t added = 0;
        struct text from = page.next.bytes ? buffer_view(&after) : TEXT_NONE;
        if (request->stop && *request->stop)
            return error_set(error, STATUS_STOP,
                             _("a signal ended the reconciliation; nothing was compared"));
        arena_clear(&arena);
        if (portal->driver->list(portal, from, &arena, &page, error) ||
            keep_page(store, &page, &added, error) ||
            check_progress(portal, &page, added, listed, pages, error))
            return error->status;
        buffer_clear(&after);
        buffer_text(&after, page.next);
        listed += added;
        if (request->progress)
            request->progress(request->user_data, listed, 0);
    }
    return STATUS_OK;
}

/* What the portal holds, by an answer to a question. STATUS_END: it does not know it. */
static enum status look(struct portal *portal, struct text code, struct arena *arena,
                        struct portal_response *report, struct error *error)
{
    struct portal_request request = { .kind = PORTAL_ASK, .looks = true, .code = code };
    enum status status = portal_ask(portal, &request, report, error);
    if (status)
        return status;
    portal_response_keep(report, arena);
    report->shown = report->shown.bytes ? text_copy(arena, report->shown) : TEXT_NONE;
    if (report->said == RESULT_GONE)
        report->remote.standing = REMOTE_ABOLISHED;
    return STATUS_OK;
}

/* Ours by its content, whatever the listing calls it. */
static enum status keep_told(struct store *store, struct text code, const struct remote_state *remote,
                             struct error *error)
{
    struct digest digest;
    bool told = remote_digest(remote, &digest);
    struct reconciliation_entry entry = entry_of(code, remote, told ? &digest : NULL);
    return reconciliation_told(store, code, &entry, remote->etag, error);
}

/* How long until a look can show what was sent of it last; where the clock was set back, nobody waits. */
static enum status until_seen(struct store *store, const struct portal *portal, struct text code,
                              int64_t *left, struct error *error)
{
    int64_t lag = portal->settings->lag, at;
    *left = 0;
    enum status status = lag ? outbox_last_word(store, code, &at, error) : STATUS_END;
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    int64_t age = portal->clock->now(portal->clock) - at;
    *left = age >= 0 && age < lag ? lag - age : 0;
    return STATUS_OK;
}

/* What the portal answered without saying anything. */
struct untold {
    int64_t count, in_a_row;
    struct text first; /* its code */
    long status;
};

/* An answer came, and it is of this procedure alone: the listing came whole. */
static bool is_unshown(const struct portal_response *report, struct untold *untold, struct text code)
{
    bool shut = report->said == RESULT_CLOSED || report->said == RESULT_REFUSED || report->shared;
    if (report->status < 500 || shut || ++untold->in_a_row >= UNTOLD_MAX)
        return false;
    if (!untold->count++) {
        untold->first = code;
        untold->status = report->status;
    }
    return true;
}

static enum status ask_one(struct store *store, struct portal *portal, struct text code,
                           struct untold *untold, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct portal_response report = { .status = 0 };
    struct reconciliation_entry nothing = { .code = code };
    enum status status = look(portal, code, &arena, &report, error);
    bool unshown = status == STATUS_STOP && is_unshown(&report, untold, code);
    if ((status && status != STATUS_END && !unshown) || store_begin(store, error))
        return error->status;
    if (!unshown)
        untold->in_a_row = 0;
    status = unshown                ? reconciliation_told(store, code, &nothing, TEXT_NONE, error)
             : status == STATUS_END ? reconciliation_told(store, code, NULL, TEXT_NONE, error)
                                    : keep_told(store, code, &report.remote, error);
    return store_end(store, status, error);
}

/* What the listing says otherwise than it is believed, or not at all. */
static enum status ask_doubtful(struct store *store, const struct load_request *request,
                                struct portal *portal, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *codes;
    int64_t done = 0;
    bool waited = false;
    struct untold untold = { .count = 0 };
    if (reconciliation_doubtful(store, &arena, &codes, error))
        return error->status;
    for (const struct value *row = codes->first; row; row = row->next) {
        if (request->stop && *request->stop)
            return error_set(error, STATUS_STOP,
                             _("a signal ended the reconciliation; nothing was compared"));
        struct text code = value_text_of(row, "code");
        int64_t left;
        if (until_seen(store, portal, code, &left, error))
            return error->status;
        if (left && !waited)
            portal_notice(
                portal, _("waiting up to %lld s, until the portal shows what was just sent (appears_within)"),
                (long long)((left + 999) / 1000));
        waited |= left > 0;
        if (left)
            portal->clock->sleep(portal->clock, left);
        if (ask_one(store, portal, code, &untold, error))
            return error->status;
        if (request->progress)
            request->progress(request->user_data, ++done, (int64_t)codes->count);
    }
    if (untold.count)
        portal_notice(portal,
                      _("the portal does not say what it holds of %lld procedures (the first: " TEXT_PRINT
                        ", HTTP %ld): they are not compared"),
                      (long long)untold.count, TEXT_ARG(untold.first), untold.status);
    return STATUS_OK;
}

enum status reconcile_ask(struct store *store, const struct load_request *request,
                          struct reconciliation_counts *counts, struct error *error)
{
    struct portal portal;
    if (open_portal(store, request, &portal, error))
        return error->status;
    enum status status = reconciliation_listing_begin(store, error);
    if (!status)
        status = read_listing(store, request, &portal, error);
    if (!status)
        status = ask_doubtful(store, request, &portal, error);
    close_portal(&portal);
    return status ? status : reconciliation_compare(store, counts, error);
}

/* ---- settling ---- */

/* What is taken over is what every view says of this procedure, and stays in the store. */
static enum status check_content(const struct reconciliation_decision *decision, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *shown = NULL;
    if (!decision->content.bytes)
        return STATUS_OK;
    if (secrets_named_in(decision->content))
        return error_set(
            error, STATUS_USAGE,
            _("what the portal shows of " TEXT_PRINT
              " holds a secret that the configuration names, so it is not taken over: change that "
              "secret, and ask those who run the portal how it came there"),
            TEXT_ARG(decision->code));
    if (json_parse(&arena, decision->content, &shown, error))
        return error->status;
    struct text code = value_text_of(shown, "code"), status = value_text_of(shown, "status");
    bool other = code.bytes && !text_equal(code, decision->code),
         unannounced = status.bytes && !text_is(status, "announced") && !decision->abolished;
    if (!other && !unannounced)
        return STATUS_OK;
    return error_set(
        error, STATUS_USAGE,
        _("the content that the portal shows of " TEXT_PRINT " says of itself: %s " TEXT_PRINT
          ", so it cannot be taken over; \"congkhai reconcile --overwrite\" puts ours in its place"),
        TEXT_ARG(decision->code), other ? "code" : "status", TEXT_ARG(other ? code : status));
}

static enum status settle_known(struct store *store, const struct reconciliation_decision *decision,
                                bool overwrite, bool ours, enum reconcile_result *settled,
                                struct error *error)
{
    enum status status = STATUS_END;
    if (!ours && !overwrite && check_content(decision, error))
        return error->status;
    if (ours || !overwrite) {
        *settled = ours ? RECONCILE_OURS : RECONCILE_ADOPTED;
        status = reconciliation_adopt(store, decision, error);
    }
    if (status == STATUS_END && overwrite) { /* of ours: the next load sees that it stands there */
        *settled = RECONCILE_OVERWRITES;
        status = reconciliation_overwrite(store, decision, error);
    }
    if (status != STATUS_END)
        return status;
    if (overwrite)
        return error_set(error, STATUS_USAGE,
                         _("there is nothing to put in the place of " TEXT_PRINT
                           ": no source gives it, and it was never published from here"),
                         TEXT_ARG(decision->code));
    return error_set(
        error, STATUS_USAGE,
        _("the portal does not say what it holds of " TEXT_PRINT
          ", so it cannot be taken over; \"congkhai reconcile --overwrite\" puts ours in its place"),
        TEXT_ARG(decision->code));
}

static enum status settle_unknown(struct store *store, const struct reconciliation_decision *decision,
                                  enum reconcile_result *settled, struct error *error)
{
    bool wanted = false;
    enum status status = reconciliation_missing(store, decision, &wanted, error);
    *settled = wanted ? RECONCILE_MISSING : RECONCILE_GONE;
    if (status != STATUS_END)
        return status;
    return error_set(error, STATUS_USAGE, _("neither the portal nor the store knows " TEXT_PRINT),
                     TEXT_ARG(decision->code));
}

/* An intent without an answer must not lose its question. */
static enum status check_open(struct store *store, struct text code, struct arena *arena,
                              struct outbox_item *item, struct error *error)
{
    *item = (struct outbox_item){ .stored = false };
    enum status status = outbox_find(store, arena, code, item, error);
    if (status && status != STATUS_END)
        return status;
    if (status == STATUS_END || item->state != OUTBOX_INTENDED)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("a delivery of " TEXT_PRINT
                       " is still open: run \"congkhai load\" first, it asks the portal what became of it"),
                     TEXT_ARG(code));
}

/* Nor by a look that cannot show yet what became of it. */
static enum status check_seen(struct store *store, const struct portal *portal,
                              const struct outbox_item *item, struct error *error)
{
    int64_t left;
    if (item->state != OUTBOX_UNKNOWN)
        return STATUS_OK;
    if (until_seen(store, portal, item->code, &left, error))
        return error->status;
    if (!left)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("what was sent of " TEXT_PRINT
                       " may not be seen at the portal yet (portal.appears_within): "
                       "decide in %lld s, or run \"congkhai load\", which waits for it"),
                     TEXT_ARG(item->code), (long long)((left + 999) / 1000));
}

enum status reconcile_decide(struct store *store, const struct load_request *request, struct text code,
                             bool overwrite, enum reconcile_result *settled, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct portal portal;
    struct portal_response report;
    struct outbox_item believes;
    char quoted[DELIVERY_BASE_MAX];
    if (check_open(store, code, &arena, &believes, error) || open_portal(store, request, &portal, error))
        return error->status;
    enum status status = check_seen(store, &portal, &believes, error);
    if (!status)
        status = look(&portal, code, &arena, &report, error);
    bool canonical = !portal.driver->form;
    close_portal(&portal);
    if (status && status != STATUS_END)
        return status;
    struct reconciliation_decision decision = { .code = code,
                                                .actor = request->actor,
                                                .reason = request->reason };
    if (status == STATUS_END && believes.state == OUTBOX_REFUSED)
        return error_set(
            error, STATUS_USAGE,
            _("the portal does not know " TEXT_PRINT ", and refused what is wanted of it: run \"congkhai "
              "reconcile\", then change the record, or send it again with \"congkhai retry --code\""),
            TEXT_ARG(code));
    if (status == STATUS_END)
        return settle_unknown(store, &decision, settled, error);
    const struct remote_state *remote = &report.remote;
    const struct outbox_item item = { .held = true, .version = remote->version, .etag = remote->etag };
    decision.version = remote->version;
    decision.etag = remote->etag;
    decision.abolished = remote_abolished(remote, &believes);
    decision.strange = remote->standing == REMOTE_STRANGE;
    decision.has_digest = remote->has_digest || remote->has_content;
    decision.digest = *digest_named(remote);
    decision.content = canonical ? report.shown : TEXT_NONE;
    decision.base = delivery_base(&item, quoted);
    struct reconciliation_decision shown = decision; /* whether it is ours, the content decides */
    bool believed, ours;
    if (remote->has_content)
        shown.digest = remote->content;
    if (reconciliation_weigh(store, &shown, &believed, &ours, error))
        return error->status;
    *settled = RECONCILE_NOTHING;
    if (believed && !decision.strange && (ours || !overwrite))
        return STATUS_OK;
    if (decision.strange && !overwrite)
        return error_set(error, STATUS_USAGE,
                         _("the status that the portal names of " TEXT_PRINT
                           " is neither \"published\" nor \"abolished\", so it cannot be taken over; "
                           "\"congkhai reconcile --overwrite\" puts ours in its place"),
                         TEXT_ARG(code));
    return settle_known(store, &decision, overwrite, ours && !decision.strange, settled, error);
}

/* ---- side by side ---- */

static enum status read_ours(struct store *store, const struct portal *portal, struct arena *arena,
                             struct reconcile_view *view, struct error *error)
{
    const struct outbox_item *item = &view->item;
    bool wanted = item->wanted && item->action == OUTBOX_PUBLISH;
    int64_t payload = wanted ? item->content : item->has_held_digest ? item->held_content : 0;
    struct text bytes;
    struct value *content;
    view->which = wanted ? "wanted" : "held";
    if (!payload)
        return STATUS_OK;
    enum status status = store_payload(store, arena, payload, &bytes, error);
    if (status == STATUS_END)
        return STATUS_OK;
    if (status || json_parse(arena, bytes, &content, error))
        return error->status;
    view->ours_known = true;
    view->ours = portal->driver->form ? portal->driver->form(portal, arena, content) : content;
    return STATUS_OK;
}

static enum status read_there(struct portal *portal, struct text code, struct arena *arena,
                              struct reconcile_view *view, struct error *error)
{
    struct portal_response report;
    struct value *shown;
    enum status status = look(portal, code, arena, &report, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    const struct remote_state *remote = &report.remote;
    view->known = true;
    view->has_digest = remote->has_digest;
    view->digest = remote->digest;
    view->version = remote->version.bytes ? remote->version : remote->etag;
    view->status = standing_name(remote->standing);
    if (!report.shown.bytes)
        return STATUS_OK;
    status = json_parse(arena, report.shown, &shown, error);
    view->there = status ? NULL : shown;
    return status;
}

enum status reconcile_view(struct store *store, const struct load_request *request, struct text code,
                           struct arena *arena, struct reconcile_view *view, struct error *error)
{
    struct portal portal;
    *view = (struct reconcile_view){ .known = false };
    enum status status = outbox_find(store, arena, code, &view->item, error);
    if (status && status != STATUS_END)
        return status;
    if (open_portal(store, request, &portal, error))
        return error->status;
    status = read_ours(store, &portal, arena, view, error);
    if (!status)
        status = read_there(&portal, code, arena, view, error);
    close_portal(&portal);
    if (!status && !view->known && !view->item.stored)
        return error_set(error, STATUS_USAGE, _("neither the portal nor the store knows " TEXT_PRINT),
                         TEXT_ARG(code));
    return status;
}
