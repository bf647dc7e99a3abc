#include "store/outbox_proof.h"

#include "store/merkle.h"
#include "store/outbox_replay.h"
#include "store/sql.h"

struct proof {
    struct store *store;
    bool nameless;           /* an older store, as it is: its rows name no events */
    bool hashes;             /* are to be computed: nobody has looked at the ledger as a whole */
    struct outbox_item item; /* the row in question */
    struct arena arena;      /* of the row */
    struct outbox_replay replay;
    struct buffer bytes;
    bool old_wish;        /* an event of 0.1.0 wanted just this: its successor chose one of those that fit */
    const char *sentence; /* the first thing that does not follow; NULL: all does */
    int64_t event;        /* and where it should follow from */
};

static void doubt(struct proof *proof, int64_t event, const char *sentence)
{
    if (proof->sentence)
        return;
    proof->sentence = sentence;
    proof->event = event;
}

static bool is_hash_right(struct proof *proof, const struct ledger_entry *entry)
{
    ledger_canonical(&proof->bytes, entry);
    struct digest leaf = merkle_leaf(buffer_view(&proof->bytes));
    return digest_equal(&leaf, &entry->hash);
}

static enum status take_event(struct proof *proof, const struct ledger_entry *entry, struct error *error)
{
    bool read;
    if (proof->hashes && !is_hash_right(proof, entry))
        doubt(proof, entry->seq, N_("an event it rests on is not the one that was written"));
    if (outbox_replay_take(&proof->replay, entry, &read, error))
        return error->status;
    const struct outbox_item *item = &proof->item, *due = &proof->replay.due;
    if (item->wanted && entry->seq == item->wanted_event && entry->seq <= proof->replay.migrated)
        proof->old_wish = due->wanted && due->wanted_event == entry->seq && due->action == item->action &&
                          digest_equal(&due->digest, &item->digest);
    if (!read)
        doubt(proof, entry->seq, N_("an event it rests on cannot be read"));
    return STATUS_OK;
}

/* ---- the row against what the events came to ---- */

/* Whose it is, and what stands behind the numbers of its bytes. */
struct facts {
    bool bytes;              /* they have the digests that stand beside them */
    bool typed;              /* each column is of its kind, and none says what the others leave open */
    bool known;              /* there is such a record */
    struct text source, key; /* of the record that speaks */
    bool elsewhere;          /* it goes by another code now, or is worked on */
};

/* What this program reads through another kind, SQL would not find, or find where nothing is. */
#define IS_TEXT(column)   "typeof(p." column ") IN ('text', 'null')"
#define IS_NUMBER(column) "typeof(p." column ") IN ('integer', 'null')"
#define IS_DIGEST(column)                                                                                    \
    "(p." column " IS NULL OR (typeof(p." column ") = 'blob' AND length(p." column ") = 32))"
#define HAS_DIGEST(digest, content)                                                                          \
    "(p." digest " IS NULL OR p." digest " = (SELECT digest FROM payload WHERE id = p." content "))"

/* clang-format off */
static const char find[] =
    "SELECT " HAS_DIGEST("wanted_digest", "wanted_content") " AND " HAS_DIGEST("held_digest", "held_content")
    " AND " HAS_DIGEST("intent_digest", "intent_content") ","
    " s.name, r.key, r.code IS NOT p.code OR r.work > 0,"
    " typeof(p.state) = 'text'"
    " AND " IS_TEXT("wanted_action") " AND " IS_TEXT("held_status") " AND " IS_TEXT("held_version")
    " AND " IS_TEXT("held_etag") " AND " IS_TEXT("intent_key") " AND " IS_TEXT("intent_action")
    " AND " IS_TEXT("intent_base") " AND " IS_TEXT("overwrite")
    " AND " IS_NUMBER("record") " AND " IS_NUMBER("wanted_content") " AND " IS_NUMBER("wanted_event")
    " AND " IS_NUMBER("held_content") " AND " IS_NUMBER("held_event") " AND " IS_NUMBER("intent_content")
    " AND " IS_NUMBER("intent_event") " AND " IS_NUMBER("ordered") " AND " IS_NUMBER("dismissed_event")
    " AND " IS_NUMBER("overwrite_event")
    " AND " IS_DIGEST("wanted_digest") " AND " IS_DIGEST("held_digest") " AND " IS_DIGEST("intent_digest")
    " AND " IS_DIGEST("dismissed")
    " AND (p.wanted_action IS NOT NULL OR coalesce(p.wanted_content, p.wanted_digest, p.wanted_event) IS NULL)"
    " AND (p.held_status IS NOT NULL OR coalesce(p.held_content, p.held_digest, p.held_version, p.held_etag) IS NULL)"
    " AND (p.held_digest IS NOT NULL OR p.held_content IS NULL)"
    " AND (p.intent_key IS NOT NULL OR"
    "  coalesce(p.intent_content, p.intent_digest, p.intent_action, p.intent_base) IS NULL)"
    " AND coalesce(p.wanted_action, 'publish') IN ('publish', 'withdraw')"
    " AND coalesce(p.intent_action, 'publish') IN ('publish', 'withdraw')"
    " AND coalesce(p.held_status, 'absent') IN ('published', 'abolished', 'absent')"
    " FROM procedure_state p LEFT JOIN record r ON r.id = p.record LEFT JOIN source s ON s.id = r.source"
    " WHERE p.code = ?1";
/* clang-format on */

static enum status find_facts(struct proof *proof, struct facts *facts, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(proof->store, find, SQL_WITH(SQL_TEXT(proof->item.code)), &row, error);
    if (status)
        return status;
    facts->bytes = sqlite_number(row, 0);
    facts->known = !sqlite_is_null(row, 1);
    facts->source = sqlite_take_text(&proof->arena, row, 1);
    facts->key = sqlite_take_text(&proof->arena, row, 2);
    facts->elsewhere = sqlite_number(row, 3);
    facts->typed = sqlite_number(row, 4);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

static bool same_digest(bool one, const struct digest *first, bool other, const struct digest *second)
{
    return one == other && (!one || digest_equal(first, second));
}

static bool same_version(const struct outbox_item *item, const struct outbox_item *due)
{
    struct text named = item->version.bytes ? item->version : item->etag;
    struct text was = due->version.bytes ? due->version : due->etag;
    return text_equal(item->etag, due->etag) && text_equal(named, was);
}

static void judge_held(struct proof *proof)
{
    const struct outbox_item *item = &proof->item, *due = &proof->replay.due;
    bool same =
        item->held == due->held && item->held_abolished == due->held_abolished &&
        item->held_absent == due->held_absent &&
        same_digest(item->has_held_digest, &item->held_digest, due->has_held_digest, &due->held_digest);
    if (!same || (!proof->nameless && item->held_event != due->held_event))
        doubt(proof, due->held_event,
              N_("what the stages believe to stand at the portal is not what the ledger says"));
    else if ((due->held || due->held_absent) && !proof->nameless && !same_version(item, due))
        doubt(proof, due->held_event, N_("its version is not the one that the portal named"));
}

static bool same_intent(const struct proof *proof)
{
    const struct outbox_item *item = &proof->item, *due = &proof->replay.due;
    if (!text_equal(item->key, due->key))
        return false;
    return !due->key.length ||
           ((proof->nameless || item->intent_event == due->intent_event) &&
            text_equal(item->intent_base, due->intent_base) && item->intent_action == due->intent_action &&
            digest_equal(&item->intent_digest, &due->intent_digest));
}

static void judge_intent(struct proof *proof)
{
    const struct outbox_item *item = &proof->item, *due = &proof->replay.due;
    bool open = outbox_is_open(item), was = outbox_is_open(due), unsure = proof->replay.open_unsure;
    if (open != was && !(unsure && was))
        doubt(proof, due->intent_event,
              N_("the ledger and the stages do not agree on whether a delivery is open"));
    else if ((open || !proof->replay.of_first_version) &&
             !same_intent(proof)) /* what was refused keeps its own */
        doubt(proof, due->intent_event, N_("the delivery that is open is not the one that was intended"));
    else if (!proof->replay.of_first_version && item->state != due->state)
        doubt(proof, due->intent_event, N_("what stands in its way is not what the ledger says"));
}

static void judge_wanted(struct proof *proof, const struct facts *facts)
{
    const struct outbox_item *item = &proof->item;
    struct outbox_item *due = &proof->replay.due;
    if (proof->nameless)
        return;
    if (!item->wanted && due->wanted && facts->elsewhere)
        outbox_item_unwant(due, due->record, TEXT_NONE);
    /* What 0.1.0 wanted was wanted anew, or went by another event of the same content (store/migrate_outbox.c). */
    bool old = due->wanted_event <= proof->replay.migrated;
    if (old && (!item->wanted || proof->old_wish))
        return;
    if (!item->wanted && due->wanted && !proof->replay.decided_unsure)
        doubt(proof, due->wanted_event, N_("the ledger says what is wanted, and nothing is"));
    else if (item->wanted && (!due->wanted || item->wanted_event != due->wanted_event))
        doubt(proof, due->wanted_event, N_("no event says that it is wanted, or a later one overrules it"));
    else if (item->wanted && (item->action != due->action || !digest_equal(&item->digest, &due->digest)))
        doubt(proof, due->wanted_event, N_("what is wanted is not what its event says"));
}

static void judge_decided(struct proof *proof)
{
    const struct outbox_item *item = &proof->item, *due = &proof->replay.due;
    bool dismissed =
        same_digest(item->has_dismissed, &item->dismissed, due->has_dismissed, &due->dismissed) &&
        item->dismissed_event == due->dismissed_event;
    if (proof->nameless)
        return;
    if (item->overwrite_event != due->overwrite_event || !text_equal(item->overwrite, due->overwrite))
        doubt(proof, due->overwrite_event, N_("no event says that what stands there is to be overwritten"));
    if (proof->replay.decided_unsure)
        return;
    if (item->ordered != due->ordered)
        doubt(proof, due->ordered ? due->ordered : item->ordered,
              N_("the withdrawal that an operator ordered is not what the ledger says"));
    else if (!dismissed)
        doubt(proof, due->dismissed_event,
              N_("the content that an operator set aside is not what the ledger says"));
}

static void judge_facts(struct proof *proof, const struct facts *facts)
{
    const struct outbox_replay *replay = &proof->replay;
    if (!facts->bytes)
        doubt(proof, 0, N_("the bytes that it names have another digest"));
    else if (!facts->typed && !replay->of_first_version)
        doubt(proof, 0, N_("a column holds what the stages never write"));
    else if (!replay->of_first_version && (facts->known != (replay->due.record != 0) ||
                                           (facts->known && (!text_equal(facts->source, replay->source) ||
                                                             !text_equal(facts->key, replay->key)))))
        doubt(proof, replay->due.wanted_event, N_("another record speaks for it than the ledger says"));
}

static enum status conclude(struct proof *proof, outbox_doubt *say, void *user_data, struct error *error)
{
    struct facts facts = { .bytes = false };
    if (find_facts(proof, &facts, error))
        return error->status;
    judge_held(proof);
    judge_wanted(proof, &facts);
    judge_intent(proof);
    judge_decided(proof);
    judge_facts(proof, &facts);
    return proof->sentence ? say(user_data, proof->item.code, proof->event, _(proof->sentence), error)
                           : STATUS_OK;
}

/* ---- the pass ---- */

#define FIRST OUTBOX_COLUMN_COUNT
#define PROOF(condition)                                                                                     \
    "SELECT " OUTBOX_COLUMNS ", p.code, e.seq, e.run, e.at, e.event, e.source, e.code, e.actor, e.detail,"   \
    " e.digest, e.hash FROM procedure_state p LEFT JOIN ledger e ON e.code = p.code WHERE " condition        \
    " ORDER BY p.code, e.seq"

static struct ledger_entry read_entry(struct sqlite_statement *row)
{
    struct ledger_entry entry = { .seq = sqlite_number(row, FIRST + 1),
                                  .run = sqlite_number(row, FIRST + 2),
                                  .at = sqlite_column_text(row, FIRST + 3),
                                  .event = sqlite_column_text(row, FIRST + 4),
                                  .source = sqlite_column_text(row, FIRST + 5),
                                  .code = sqlite_column_text(row, FIRST + 6),
                                  .actor = sqlite_column_text(row, FIRST + 7),
                                  .detail = sqlite_column_text(row, FIRST + 8) };
    entry.has_digest = sqlite_digest(row, FIRST + 9, &entry.digest);
    sqlite_digest(row, FIRST + 10, &entry.hash);
    return entry;
}

static enum status begin(struct proof *proof, struct sqlite_statement *row, struct error *error)
{
    arena_clear(&proof->arena);
    proof->item = (struct outbox_item){ .code = sqlite_take_text(&proof->arena, row, FIRST) };
    proof->sentence = NULL;
    proof->old_wish = false;
    outbox_replay_begin(&proof->replay);
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

enum status outbox_remember(struct store *store, struct error *error)
{
    struct store_memory *memory = store_memory(store);
    bool any = true;
    enum status status = store_changes(store, &memory->changes, error);
    if (!status)
        status = sql_any(store, "SELECT 1 FROM procedure_state LIMIT 1", NULL, &any, error);
    memory->outbox_empty = !status && !any;
    return status;
}

static enum status is_own(struct store *store, bool *own, struct error *error)
{
    const struct store_memory *memory = store_memory(store);
    int64_t changes = 0;
    enum status status = memory->outbox_empty ? store_changes(store, &changes, error) : STATUS_OK;
    *own = memory->outbox_empty && changes == memory->changes;
    return status;
}

enum status outbox_prove(struct store *store, const struct outbox_filter *filter, outbox_doubt *say,
                         void *user_data, struct error *error)
{
    struct proof proof = { .store = store, .nameless = store_version(store) < 2, .hashes = filter != NULL };
    ARENA_OWNED struct arena lists = { 0 };
    struct sqlite_statement *rows;
    bool own = false;
    if (filter && is_own(store, &own, error))
        return error->status;
    if (own)
        return STATUS_OK;
    if (outbox_replay_open(&proof.replay, store, error) ||
        sqlite_prepare(store_database(store), filter ? PROOF(OUTBOX_TO_DO OUTBOX_FILTERED) : PROOF("1"),
                       &rows, error))
        return error->status;
    if (filter) {
        sqlite_bind_text(rows, 1, outbox_filter_codes(&lists, filter));
        sqlite_bind_text(rows, 2, outbox_filter_sources(&lists, filter));
    }
    enum status status = walk(&proof, rows, say, user_data, error);
    sqlite_finish(rows);
    arena_free(&proof.arena);
    outbox_replay_close(&proof.replay);
    buffer_free(&proof.bytes);
    return status;
}
