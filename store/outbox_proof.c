#include "store/outbox_proof.h"

#include <string.h>

#include "adapters/json.h"
#include "store/ledger.h"
#include "store/merkle.h"

/* What the events of one procedure come to, as far as they have been read. */
struct proof {
    struct store *store;
    bool nameless;           /* an older store, as it is: its rows name no events */
    struct outbox_item item; /* the row in question */
    struct arena arena;      /* of the procedure */
    struct arena details;    /* of an event */
    struct buffer bytes;
    const char *sentence; /* the first thing that does not follow; NULL: all does */
    int64_t event;        /* and where it should follow from */
    /* what stands at the portal */
    const char *held; /* "published", "abolished", "absent" or NULL */
    int64_t held_event;
    bool has_held_digest;
    struct digest held_digest;
    struct text version, etag;
    /* the last intent: must it be open, or may it not? */
    int64_t intent_event;
    bool open, open_unsure;
    struct digest intent_digest;
    struct text key, base;
    bool intent_withdraws;
    /* what stands in the way */
    int64_t conflict; /* the event; 0: nothing does */
    int64_t ordered;  /* the withdrawal that stands; 0: none */
    int64_t dismissed_event;
    struct digest dismissed;
    /* the event that the row's wish rests on */
    bool wanted_seen, wanted_fits;
    bool from_record; /* it is a record's: another outcome of the same record overrules it */
    struct text source, key_of_record;
    struct text overwrite; /* the base of the last overwriting */
    int64_t overwrite_event;
};

static void doubt(struct proof *proof, int64_t event, const char *sentence)
{
    if (proof->sentence)
        return;
    proof->sentence = sentence;
    proof->event = event;
}

static enum status parse_detail(struct proof *proof, const struct ledger_entry *entry, struct value **detail,
                                struct error *error)
{
    arena_clear(&proof->details);
    if (json_parse(&proof->details, entry->detail, detail, error) == STATUS_OK)
        return STATUS_OK;
    doubt(proof, entry->seq, N_("an event it rests on cannot be read"));
    *detail = value_object(&proof->details);
    return STATUS_OK;
}

static bool has_true(const struct value *detail, const char *name)
{
    const struct value *member = value_find(detail, name);
    return member && member->kind == VALUE_BOOLEAN && member->truth;
}

static struct text keep(struct proof *proof, const struct value *detail, const char *name)
{
    return text_copy(&proof->arena, value_text_of(detail, name));
}

/* ---- what each event does ---- */

static void take_held(struct proof *proof, const struct ledger_entry *entry, const struct value *detail,
                      const char *held)
{
    proof->held = held;
    proof->held_event = entry->seq;
    if (strcmp(held, "abolished") != 0 && entry->has_digest) {
        proof->has_held_digest = true;
        proof->held_digest = entry->digest;
    }
    proof->version = keep(proof, detail, "version");
    proof->etag = keep(proof, detail, "etag");
    proof->overwrite_event = 0;
}

static void take_dismissed(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    proof->dismissed_event =
        digest_from_hex(value_text_of(detail, "dismissed"), &proof->dismissed) ? entry->seq : 0;
}

static void take_intended(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    proof->intent_event = entry->seq;
    proof->intent_digest = entry->digest;
    proof->intent_withdraws = text_is(value_text_of(detail, "action"), "withdraw");
    proof->key = keep(proof, detail, "key");
    proof->base = keep(proof, detail, "base");
    proof->open = true;
    proof->open_unsure = false;
}

static void take_adopted(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    take_dismissed(proof, entry, detail);
    if (!proof->item.ordered) /* it stands on only where a withdrawal was wanted */
        proof->ordered = 0;
}

/* An answer or a comparison: where it leaves what was under way. */
static void take_answer(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    bool absent = has_true(detail, "absent");
    proof->conflict = 0;
    if (text_is(entry->event, "recalled") && has_true(detail, "reconciled")) {
        take_held(proof, entry, detail, "absent"); /* what failed keeps its intent */
        return;
    }
    proof->open = false;
    if (text_is(entry->event, "published"))
        take_held(proof, entry, detail, "published");
    else if (text_is(entry->event, "withdrawn"))
        take_held(proof, entry, detail, "abolished");
    else if (absent)
        take_held(proof, entry, detail, "absent");
    else if (text_is(entry->event, "conflict") || text_is(entry->event, "differs"))
        proof->conflict = entry->seq;
    if (has_true(detail, "adopted"))
        take_adopted(proof, entry, detail);
}

static void take_order(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    if (text_is(entry->event, "withdrawal-ordered")) {
        proof->ordered = entry->seq;
        proof->conflict = 0;
        take_dismissed(proof, entry, detail);
        return;
    }
    if (text_is(entry->event, "order-ended")) {
        proof->ordered = proof->dismissed_event = proof->conflict = 0;
        return;
    }
    bool retried = text_is(entry->event, "retried");
    if (retried && entry->source.bytes) /* a record */
        return;
    proof->conflict = 0;
    proof->open = proof->open && retried;
    if (retried) { /* 0.1.0 let an open intent go when it lifted a decision */
        bool decided = text_is(value_text_of(detail, "state"), "decided");
        proof->open_unsure = proof->open_unsure || decided;
        proof->ordered = decided ? 0 : proof->ordered;
        proof->dismissed_event = decided ? 0 : proof->dismissed_event;
        return;
    }
    proof->overwrite = keep(proof, detail, "base");
    proof->overwrite_event = entry->seq;
    if (text_is(value_text_of(detail, "action"), "publish"))
        proof->ordered = proof->dismissed_event = 0;
}

/* ---- the wish ---- */

static bool is_hash_right(struct proof *proof, const struct ledger_entry *entry)
{
    ledger_canonical(&proof->bytes, entry);
    struct digest leaf = merkle_leaf(buffer_view(&proof->bytes));
    return digest_equal(&leaf, &entry->hash);
}

/* The first version wrote no status beside the outcome: then the content says it. */
static enum status says_action(struct proof *proof, const struct value *detail, bool *says,
                               struct error *error)
{
    const struct outbox_item *item = &proof->item;
    const char *wanted = item->action == OUTBOX_WITHDRAW ? "abolished" : "announced";
    struct text status = value_text_of(detail, "status"), bytes;
    struct value *content;
    if (!status.bytes) {
        enum status read =
            store_payload_by_digest(proof->store, &proof->details, &item->digest, &bytes, error);
        if (read == STATUS_OK)
            read = json_parse(&proof->details, bytes, &content, error);
        if (read == STATUS_OK)
            status = value_text_of(content, "status");
        else if (read > STATUS_REJECT)
            return read;
    }
    *says = text_is(status, wanted);
    return STATUS_OK;
}

static enum status take_wanted(struct proof *proof, const struct ledger_entry *entry,
                               const struct value *detail, struct error *error)
{
    const struct outbox_item *item = &proof->item;
    bool fits = false;
    proof->wanted_seen = true;
    if (text_is(entry->event, "accepted")) {
        if (says_action(proof, detail, &fits, error))
            return error->status;
        proof->from_record = true;
        proof->source = text_copy(&proof->arena, entry->source);
        proof->key_of_record = keep(proof, detail, "key");
    } else if (text_is(entry->event, "withdrawal-ordered")) {
        fits = item->action == OUTBOX_WITHDRAW;
    } else if (text_is(entry->event, "overwrite-ordered")) {
        fits = text_is(value_text_of(detail, "action"), outbox_action_name(item->action));
    } else if (text_is(entry->event, "recalled")) {
        fits = item->action == OUTBOX_PUBLISH && has_true(detail, "absent") && has_true(detail, "reconciled");
    }
    proof->wanted_fits = fits && entry->has_digest && digest_equal(&entry->digest, &item->digest);
    return STATUS_OK;
}

static bool is_outcome(struct text event)
{
    return text_is(event, "accepted") || text_is(event, "rejected") || text_is(event, "held");
}

static void take_outcome(struct proof *proof, const struct ledger_entry *entry, const struct value *detail)
{
    if (text_is(entry->event, "accepted") && entry->has_digest &&
        !digest_equal(&entry->digest, &proof->dismissed))
        proof->dismissed_event = 0;
    if (proof->item.wanted && proof->from_record && entry->seq > proof->item.wanted_event &&
        text_equal(entry->source, proof->source) &&
        text_equal(value_text_of(detail, "key"), proof->key_of_record))
        doubt(proof, entry->seq, N_("what is wanted is not what its record said last"));
}

static bool is_one_of(struct text event, const char *const *names)
{
    for (; *names; names++)
        if (text_is(event, *names))
            return true;
    return false;
}

static enum status take_event(struct proof *proof, const struct ledger_entry *entry, struct error *error)
{
    static const char *const answers[] = { "published", "withdrawn", "refused", "conflict",
                                           "recalled",  "differs",   NULL };
    static const char *const orders[] = { "withdrawal-ordered", "order-ended", "retried", "overwrite-ordered",
                                          NULL };
    const struct outbox_item *item = &proof->item;
    struct value *detail;
    bool is_wanted = item->wanted && entry->seq == item->wanted_event;
    bool rests = is_wanted || entry->seq == item->held_event || entry->seq == item->intent_event;
    if (rests && !is_hash_right(proof, entry))
        doubt(proof, entry->seq, N_("an event it rests on is not the one that was written"));
    if (parse_detail(proof, entry, &detail, error) || (is_wanted && take_wanted(proof, entry, detail, error)))
        return error->status;
    if (is_outcome(entry->event))
        take_outcome(proof, entry, detail);
    else if (text_is(entry->event, "intended"))
        take_intended(proof, entry, detail);
    else if (is_one_of(entry->event, answers))
        take_answer(proof, entry, detail);
    else if (is_one_of(entry->event, orders))
        take_order(proof, entry, detail);
    else if (text_is(entry->event, "refreshed")) {
        proof->version = keep(proof, detail, "version");
        proof->etag = TEXT_NONE;
    }
    return STATUS_OK;
}

/* ---- the row against what the events came to ---- */

static bool same_version(const struct proof *proof)
{
    const struct outbox_item *item = &proof->item;
    struct text named = item->version.bytes ? item->version : item->etag;
    return text_equal(item->etag, proof->etag) && text_equal(named, proof->version);
}

static void judge_held(struct proof *proof)
{
    const struct outbox_item *item = &proof->item;
    const char *held = item->held_abolished ? "abolished"
                       : item->held         ? "published"
                       : item->held_absent  ? "absent"
                                            : NULL;
    bool same = held ? proof->held && !strcmp(held, proof->held) : !proof->held;
    bool digest = item->has_held_digest == proof->has_held_digest &&
                  (!item->has_held_digest || digest_equal(&item->held_digest, &proof->held_digest));
    if (!same || !digest || (!proof->nameless && item->held_event != proof->held_event))
        doubt(proof, proof->held_event,
              N_("what the stages believe to stand at the portal is not what the ledger says"));
    else if (held && !proof->nameless && !same_version(proof))
        doubt(proof, proof->held_event, N_("its version is not the one that the portal named"));
}

static void judge_intent(struct proof *proof)
{
    const struct outbox_item *item = &proof->item;
    bool open = outbox_is_open(item);
    if (open != proof->open && !(proof->open_unsure && proof->open))
        doubt(proof, proof->intent_event,
              N_("the ledger and the stages do not agree on whether a delivery is open"));
    else if (open && ((!proof->nameless && item->intent_event != proof->intent_event) ||
                      !text_equal(item->key, proof->key) || !text_equal(item->intent_base, proof->base) ||
                      (item->intent_action == OUTBOX_WITHDRAW) != proof->intent_withdraws ||
                      !digest_equal(&item->intent_digest, &proof->intent_digest)))
        doubt(proof, proof->intent_event, N_("the delivery that is open is not the one that was intended"));
}

static void judge_wanted(struct proof *proof)
{
    const struct outbox_item *item = &proof->item;
    if (!item->wanted || proof->nameless)
        return;
    if (!proof->wanted_seen)
        doubt(proof, 0, N_("no event says that it is wanted"));
    else if (!proof->wanted_fits)
        doubt(proof, item->wanted_event, N_("what is wanted is not what its event says"));
    if (item->overwrite.bytes &&
        (item->overwrite_event != proof->overwrite_event || !text_equal(item->overwrite, proof->overwrite)))
        doubt(proof, proof->overwrite_event, N_("no event says that what stands there is to be overwritten"));
}

/* An order of 0.1.0 could end without an event. */
static enum status was_migrated_since(struct store *store, int64_t event, bool *since, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(store, "SELECT 1 FROM ledger WHERE seq > ?1 AND event = 'migrated' LIMIT 1", &row, error))
        return error->status;
    sqlite_bind_number(row, 1, event);
    enum status status = sqlite_step(row, error);
    *since = status == STATUS_OK;
    sqlite_reset_statement(row);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Only what would leave, or does not: a conflict or an order that stands lets nothing pass. */
static enum status judge_obstacles(struct proof *proof, struct error *error)
{
    const struct outbox_item *item = &proof->item;
    bool pending = item->wanted && item->state == OUTBOX_IDLE, publishes = item->action == OUTBOX_PUBLISH;
    bool ended = false;
    if (!pending)
        return STATUS_OK;
    if (proof->conflict && !proof->ordered)
        doubt(proof, proof->conflict, N_("a conflict stands that nobody has settled"));
    if (publishes && proof->dismissed_event && digest_equal(&item->digest, &proof->dismissed))
        doubt(proof, proof->dismissed_event, N_("an operator decided that this content is not published"));
    if (!publishes || !proof->ordered)
        return STATUS_OK;
    if (was_migrated_since(proof->store, proof->ordered, &ended, error))
        return error->status;
    if (!ended)
        doubt(proof, proof->ordered, N_("an operator ordered its withdrawal, and the order stands"));
    return STATUS_OK;
}

static enum status conclude(struct proof *proof, outbox_doubt *say, void *user_data, struct error *error)
{
    judge_held(proof);
    judge_intent(proof);
    judge_wanted(proof);
    if (judge_obstacles(proof, error))
        return error->status;
    return proof->sentence ? say(user_data, proof->item.code, proof->event, _(proof->sentence), error)
                           : STATUS_OK;
}

/* ---- the pass ---- */

#define FIRST OUTBOX_COLUMN_COUNT
#define PROOF(condition)                                                                                     \
    "SELECT " OUTBOX_COLUMNS ", p.code, e.seq, e.run, e.at, e.event, e.source, e.code, e.actor, e.detail,"   \
    " e.digest, e.hash FROM procedure_state p LEFT JOIN ledger e ON e.code = p.code WHERE " condition        \
    " ORDER BY p.code, e.seq"

static struct text column(struct sqlite_statement *row, int at)
{
    return sqlite_is_null(row, at) ? TEXT_NONE : sqlite_column_text(row, at);
}

static struct ledger_entry read_entry(struct sqlite_statement *row)
{
    struct ledger_entry entry = { .seq = sqlite_number(row, FIRST + 1),
                                  .run = sqlite_number(row, FIRST + 2),
                                  .at = column(row, FIRST + 3),
                                  .event = column(row, FIRST + 4),
                                  .source = column(row, FIRST + 5),
                                  .code = column(row, FIRST + 6),
                                  .actor = column(row, FIRST + 7),
                                  .detail = column(row, FIRST + 8) };
    entry.has_digest = sqlite_digest(row, FIRST + 9, &entry.digest);
    sqlite_digest(row, FIRST + 10, &entry.hash);
    return entry;
}

static enum status begin(struct proof *proof, struct sqlite_statement *row, struct error *error)
{
    arena_clear(&proof->arena);
    *proof = (struct proof){ .store = proof->store,
                             .nameless = store_version(proof->store) < 2,
                             .arena = proof->arena,
                             .details = proof->details,
                             .bytes = proof->bytes };
    proof->item.code = text_copy(&proof->arena, sqlite_column_text(row, FIRST));
    return outbox_read(row, &proof->arena, &proof->item, error);
}

static enum status walk(struct proof *proof, struct sqlite_statement *rows, outbox_doubt *say,
                        void *user_data, struct error *error)
{
    enum status status;
    bool begun = false;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        if (!begun || !text_equal(proof->item.code, sqlite_column_text(rows, FIRST))) {
            if (begun && (status = conclude(proof, say, user_data, error)))
                return status;
            if (begin(proof, rows, error))
                return error->status;
            begun = true;
        }
        struct ledger_entry entry = read_entry(rows);
        if (entry.seq && take_event(proof, &entry, error))
            return error->status;
    }
    if (status != STATUS_END)
        return status;
    return begun ? conclude(proof, say, user_data, error) : STATUS_OK;
}

enum status outbox_prove(struct store *store, const struct outbox_filter *filter, outbox_doubt *say,
                         void *user_data, struct error *error)
{
    struct proof proof = { .store = store };
    ARENA_OWNED struct arena lists = { 0 };
    struct sqlite_statement *rows;
    if (sqlite_prepare(store_database(store), filter ? PROOF(OUTBOX_TO_DO OUTBOX_FILTERED) : PROOF("1"),
                       &rows, error))
        return error->status;
    if (filter) {
        sqlite_bind_text(rows, 1, outbox_filter_codes(&lists, filter));
        sqlite_bind_text(rows, 2, outbox_filter_sources(&lists, filter));
    }
    enum status status = walk(&proof, rows, say, user_data, error);
    sqlite_finish(rows);
    arena_free(&proof.arena);
    arena_free(&proof.details);
    buffer_free(&proof.bytes);
    return status;
}
