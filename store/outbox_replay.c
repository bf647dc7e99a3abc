#include "store/outbox_replay.h"

#include "adapters/json.h"

#define SPEAKS 1 /* the record that speaks; another number is another's */

static struct text keep(struct outbox_replay *replay, const struct value *detail, const char *name)
{
    return text_copy(&replay->arena, value_text_of(detail, name));
}

static int64_t record_of(const struct outbox_replay *replay, const struct ledger_entry *entry,
                         const struct value *detail)
{
    bool speaks = replay->due.record == SPEAKS && text_equal(entry->source, replay->source) &&
                  text_equal(value_text_of(detail, "key"), replay->key);
    return speaks ? SPEAKS : SPEAKS + 1;
}

/* ---- transform ---- */

/* The first version wrote no status beside the outcome: then the content says it. */
static enum status find_status(struct outbox_replay *replay, const struct ledger_entry *entry,
                               const struct value *detail, struct text *said, struct error *error)
{
    struct text bytes;
    struct value *content;
    *said = value_text_of(detail, "status");
    if (said->bytes || entry->seq > replay->migrated)
        return STATUS_OK;
    enum status status =
        store_payload_by_digest(replay->store, &replay->details, &entry->digest, &bytes, error);
    if (status == STATUS_OK)
        status = json_parse(&replay->details, bytes, &content, error);
    if (status == STATUS_OK)
        *said = value_text_of(content, "status");
    return status > STATUS_REJECT ? status : STATUS_OK;
}

static enum status take_outcome(struct outbox_replay *replay, const struct ledger_entry *entry,
                                const struct value *detail, struct error *error)
{
    struct text status = TEXT_NONE;
    if (text_is(entry->event, "accepted") && entry->has_digest &&
        find_status(replay, entry, detail, &status, error))
        return error->status;
    bool abolished = text_is(status, "abolished");
    if (!abolished && !text_is(status, "announced")) {
        outbox_item_unwant(&replay->due, record_of(replay, entry, detail), TEXT_NONE);
        return STATUS_OK;
    }
    struct outbox_wish wish = { .action = abolished ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH,
                                .digest = entry->digest,
                                .event = entry->seq };
    replay->source = text_copy(&replay->arena, entry->source);
    replay->key = keep(replay, detail, "key");
    (void)outbox_item_want(&replay->due, SPEAKS, &wish, TEXT_NONE);
    return STATUS_OK;
}

static enum status take_record(struct outbox_replay *replay, const struct ledger_entry *entry,
                               const struct value *detail, struct error *error)
{
    if (text_is(entry->event, "recoded"))
        outbox_item_unwant(&replay->due, record_of(replay, entry, detail), TEXT_NONE);
    else if (text_is(entry->event, "accepted") || text_is(entry->event, "rejected") ||
             text_is(entry->event, "held"))
        return take_outcome(replay, entry, detail, error);
    else if (text_is(entry->event, "rekeyed") && text_equal(entry->source, replay->source) &&
             text_equal(value_text_of(detail, "was"), replay->key))
        replay->key = keep(replay, detail, "key");
    return STATUS_OK;
}

/* ---- load ---- */

static void take_intended(struct outbox_replay *replay, const struct ledger_entry *entry,
                          const struct value *detail)
{
    struct outbox_item *due = &replay->due;
    outbox_item_intend(due, keep(replay, detail, "key"), keep(replay, detail, "base"), entry->seq);
    due->intent_digest = entry->digest;
    due->intent_action =
        text_is(value_text_of(detail, "action"), "withdraw") ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH;
    replay->open_unsure = false;
}

static struct outbox_standing standing_of(struct outbox_replay *replay, const struct ledger_entry *entry,
                                          const struct value *detail)
{
    return (struct outbox_standing){ .abolished = text_is(entry->event, "withdrawn"),
                                     .digest = entry->digest,
                                     .version = keep(replay, detail, "version"),
                                     .etag = keep(replay, detail, "etag"),
                                     .event = entry->seq };
}

/* The first version did not say it. */
static void set_dismissed(struct outbox_replay *replay, const struct ledger_entry *entry,
                          const struct value *detail)
{
    struct outbox_item *due = &replay->due;
    if (entry->seq <= replay->migrated) {
        replay->decided_unsure = true;
        return;
    }
    due->has_dismissed = digest_from_hex(value_text_of(detail, "dismissed"), &due->dismissed);
    due->dismissed_event = due->has_dismissed ? entry->seq : 0;
}

/* An abolished one that was adopted has two events for the one change. */
static void take_adopted(struct outbox_replay *replay, const struct ledger_entry *entry,
                         const struct value *detail)
{
    struct outbox_standing standing = standing_of(replay, entry, detail);
    if (standing.abolished && replay->adopted && entry->seq == replay->adopted + 1)
        replay->due = replay->before_adoption;
    replay->before_adoption = replay->due;
    replay->adopted = entry->seq;
    outbox_item_adopt(&replay->due, &standing, NULL);
    set_dismissed(replay, entry, detail);
}

static void take_answer(struct outbox_replay *replay, const struct ledger_entry *entry,
                        const struct value *detail, enum outbox_outcome outcome)
{
    if (outcome == OUTBOX_RECALLED && value_is_true(detail, "reconciled")) {
        outbox_item_lose(&replay->due, entry->seq);
        return;
    }
    if (value_is_true(detail, "adopted")) {
        take_adopted(replay, entry, detail);
        return;
    }
    if (outcome == OUTBOX_PUBLISHED &&
        !outbox_is_open(&replay->due)) { /* it came late; see outbox_answer.c */
        struct outbox_standing standing = standing_of(replay, entry, detail);
        outbox_item_supersede(&replay->due, &standing);
        return;
    }
    struct outbox_ending ending = { .outcome = outcome == OUTBOX_RECALLED && value_is_true(detail, "absent")
                                                   ? OUTBOX_ABSENT
                                                   : outcome,
                                    .version = keep(replay, detail, "version"),
                                    .etag = keep(replay, detail, "etag"),
                                    .event = entry->seq };
    outbox_item_answer(&replay->due, &ending);
}

static bool is_answer(struct text event, enum outbox_outcome *outcome)
{
    static const struct {
        const char *name;
        enum outbox_outcome outcome;
    } answers[] = { { "published", OUTBOX_PUBLISHED },       { "withdrawn", OUTBOX_WITHDRAWN },
                    { "refused", OUTBOX_REFUSED_BY_PORTAL }, { "conflict", OUTBOX_IN_CONFLICT },
                    { "unknown", OUTBOX_STILL_UNKNOWN },     { "failed", OUTBOX_HAS_FAILED },
                    { "recalled", OUTBOX_RECALLED } };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (text_is(event, answers[i].name)) {
            *outcome = answers[i].outcome;
            return true;
        }
    return false;
}

/* ---- an operator ---- */

static void take_retried(struct outbox_replay *replay, const struct ledger_entry *entry,
                         const struct value *detail)
{
    struct text state = value_text_of(detail, "state");
    if (entry->source.bytes || text_is(state, "sent-back")) /* a record; a list of steps */
        return;
    if (text_is(state, "decided")) {
        bool unsure = entry->seq <= replay->migrated;
        replay->open_unsure = replay->open_unsure || unsure;
        replay->decided_unsure = replay->decided_unsure || unsure;
        outbox_item_lift(&replay->due);
    } else {
        outbox_item_retry(&replay->due);
    }
}

static void take_order(struct outbox_replay *replay, const struct ledger_entry *entry,
                       const struct value *detail)
{
    struct outbox_wish wish = { .action = OUTBOX_WITHDRAW, .digest = entry->digest, .event = entry->seq };
    if (text_is(entry->event, "retried")) {
        take_retried(replay, entry, detail);
    } else if (text_is(entry->event, "withdrawal-ordered")) {
        outbox_item_order(&replay->due, &wish, NULL);
        set_dismissed(replay, entry, detail);
    } else if (text_is(entry->event, "overwrite-ordered")) {
        if (text_is(value_text_of(detail, "action"), "publish"))
            wish.action = OUTBOX_PUBLISH;
        outbox_item_overwrite(&replay->due, &wish, keep(replay, detail, "base"));
    } else if (text_is(entry->event, "differs")) {
        outbox_item_differ(&replay->due, TEXT_NONE);
    } else if (text_is(entry->event, "refreshed")) {
        outbox_item_refresh(&replay->due, keep(replay, detail, "version"));
    }
}

/* ---- the pass ---- */

enum status outbox_replay_open(struct outbox_replay *replay, struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    *replay = (struct outbox_replay){ .store = store };
    if (store_version(store) < 2) {
        replay->migrated = INT64_MAX;
        return STATUS_OK;
    }
    /* CROSS: by the runs, of which there are few; for max() SQLite would rather walk the ledger from its end. */
    if (store_sql(
            store,
            "SELECT max(m.seq) FROM ledger s CROSS JOIN ledger m ON m.run = s.run AND m.event = 'migrated'"
            " WHERE s.event = 'run-started' AND json_extract(m.detail, '$.from') = 1",
            &row, error) ||
        sqlite_step(row, error))
        return error->status;
    replay->migrated = sqlite_number(row, 0);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

void outbox_replay_begin(struct outbox_replay *replay)
{
    arena_clear(&replay->arena);
    *replay = (struct outbox_replay){ .store = replay->store,
                                      .migrated = replay->migrated,
                                      .arena = replay->arena,
                                      .details = replay->details };
}

enum status outbox_replay_take(struct outbox_replay *replay, const struct ledger_entry *entry, bool *read,
                               struct error *error)
{
    struct value *detail;
    struct error unread;
    enum outbox_outcome outcome;
    arena_clear(&replay->details);
    replay->of_first_version = replay->of_first_version || entry->seq <= replay->migrated;
    *read = json_parse(&replay->details, entry->detail, &detail, &unread) == STATUS_OK;
    if (!*read)
        return STATUS_OK;
    if (is_answer(entry->event, &outcome))
        take_answer(replay, entry, detail, outcome);
    else if (text_is(entry->event, "intended"))
        take_intended(replay, entry, detail);
    else if (take_record(replay, entry, detail, error))
        return error->status;
    else
        take_order(replay, entry, detail);
    return STATUS_OK;
}

void outbox_replay_close(struct outbox_replay *replay)
{
    arena_free(&replay->arena);
    arena_free(&replay->details);
}
