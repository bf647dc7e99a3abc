/* The transitions of the outbox: what each event does to each kind of row. A row is a life, told in words, and
 * where it ends. */
#include "store/outbox_item.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

/* A content is a letter; the number of an event is the place of its word in the life. */
static struct digest digest_of(char letter)
{
    struct digest digest = { { 0 } };
    digest.bytes[0] = (unsigned char)letter;
    return digest;
}

static struct outbox_wish wish_of(enum outbox_action action, char letter, int64_t event)
{
    return (struct outbox_wish){
        .action = action, .content = letter, .digest = digest_of(letter), .event = event
    };
}

static bool is_word(struct text word, const char *name, char *letter)
{
    size_t length = strlen(name);
    *letter = word.length > length + 1 ? word.bytes[length + 1] : 0;
    return text_starts(word, text_of(name)) && (word.length == length || word.bytes[length] == ':');
}

static bool end_delivery(struct outbox_item *item, struct text word, int64_t event)
{
    static const struct {
        const char *word;
        enum outbox_outcome outcome;
    } ends[] = {
        { "published", OUTBOX_PUBLISHED },       { "withdrawn", OUTBOX_WITHDRAWN },
        { "refused", OUTBOX_REFUSED_BY_PORTAL }, { "conflict", OUTBOX_IN_CONFLICT },
        { "unknown", OUTBOX_STILL_UNKNOWN },     { "failed", OUTBOX_HAS_FAILED },
        { "recalled", OUTBOX_RECALLED },         { "absent", OUTBOX_ABSENT },
        { "stopped", OUTBOX_RECALLED },          { "stopped-unknown", OUTBOX_STILL_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_is(word, ends[i].word)) {
            outbox_item_answer(
                item, &(struct outbox_ending){ .outcome = ends[i].outcome,
                                               .attempts = 2,
                                               .stopped = text_starts(word, TEXT("stopped")),
                                               .version = text_format(&test_arena, "v%d", (int)event),
                                               .etag = text_format(&test_arena, "ev%d", (int)event),
                                               .message = TEXT("said"),
                                               .event = event });
            return true;
        }
    return false;
}

static const char *const note_names[] = { "", "withheld", "order-ended" };

/* One word of a life. */
static void live(struct outbox_item *item, struct text word, int64_t event, struct buffer *notes)
{
    char letter;
    struct outbox_wish wish;
    struct digest said = digest_of('S');
    if (is_word(word, "accepted", &letter) || is_word(word, "abolished", &letter)) {
        wish = wish_of(text_starts(word, TEXT("acc")) ? OUTBOX_PUBLISH : OUTBOX_WITHDRAW, letter, event);
        enum outbox_note note = outbox_item_want(item, 1, &wish, TEXT("withheld"));
        buffer_printf(notes, "%s%s", note ? " +" : "", note_names[note]);
    } else if (is_word(word, "gone", &letter)) {
        if (!outbox_item_unwant(item, letter ? 2 : 1, TEXT("gone")))
            buffer_string(notes, " unchanged");
    } else if (is_word(word, "intended", &letter)) {
        outbox_item_intend(item, text_format(&test_arena, "k%d", (int)event),
                           text_format(&test_arena, "b%d", (int)event), event);
    } else if (is_word(word, "order", &letter)) {
        wish = wish_of(OUTBOX_WITHDRAW, letter, event);
        outbox_item_order(item, &wish, item->record ? &said : NULL);
    } else if (is_word(word, "adopt", &letter) || is_word(word, "adopt-abolished", &letter)) {
        struct outbox_standing standing = { .abolished = text_starts(word, TEXT("adopt-")),
                                            .content = letter,
                                            .digest = digest_of(letter),
                                            .version = TEXT("theirs"),
                                            .etag = TEXT("etheirs"),
                                            .event = event };
        outbox_item_adopt(item, &standing, item->record ? &said : NULL);
    } else if (is_word(word, "overwrite", &letter) || is_word(word, "overwrite-withdraw", &letter)) {
        wish =
            wish_of(text_starts(word, TEXT("overwrite-")) ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH, letter, event);
        outbox_item_overwrite(item, &wish, TEXT("\"9\""));
    } else if (is_word(word, "late", &letter)) {
        struct outbox_standing standing = {
            .content = letter, .digest = digest_of(letter), .version = TEXT("late"), .event = event
        };
        outbox_item_answer(item, &(struct outbox_ending){ .outcome = OUTBOX_SUPERSEDED, .event = event });
        outbox_item_supersede(item, &standing);
    } else if (text_is(word, "retried")) {
        outbox_item_retry(item);
    } else if (text_is(word, "lifted")) {
        outbox_item_lift(item);
    } else if (text_is(word, "differs")) {
        outbox_item_differ(item, TEXT("other"));
    } else if (text_is(word, "missing")) {
        outbox_item_lose(item, event);
    } else if (text_is(word, "refreshed")) {
        outbox_item_refresh(item, TEXT("new"));
    } else if (!end_delivery(item, word, event)) {
        printf("what is \"" TEXT_PRINT "\"?\n", TEXT_ARG(word));
        CHECK(false);
    }
}

static void put(struct buffer *out, const char *name, bool withdraw, const struct digest *digest,
                int64_t event)
{
    buffer_printf(out, ", %s %s%c@%d", name, withdraw ? "no " : "", digest->bytes[0], (int)event);
}

/* What belongs together came together and went together. */
static bool is_whole(const struct outbox_item *item)
{
    bool wanted =
        item->wanted ? item->content == item->digest.bytes[0] : !item->content && !item->wanted_event;
    bool held = (!item->held && !item->held_absent) || item->held_content == item->held_digest.bytes[0];
    struct text base = text_format(&test_arena, "b%d", (int)item->intent_event);
    bool intent = item->key.bytes ? item->intent_content == item->intent_digest.bytes[0] &&
                                        text_equal(item->intent_base, base)
                                  : !item->intent_content && !item->intent_event && !item->intent_base.bytes;
    struct text etag = text_format(&test_arena, "e" TEXT_PRINT, TEXT_ARG(item->version));
    bool fresh = text_is(item->version, "new") || text_is(item->version, "late") || !item->version.bytes;
    return wanted && held && intent && !(item->held && item->held_absent) &&
           (fresh ? !item->etag.bytes : text_equal(item->etag, etag)) &&
           (item->overwrite.bytes || !item->overwrite_event);
}

static void show(struct buffer *out, const struct outbox_item *item)
{
    if (!is_whole(item))
        buffer_string(out, "IN PIECES ");
    static const char *const states[] = { "idle", "intended", "unknown", "failed", "refused", "conflict" };
    buffer_string(out, states[item->state]);
    if (item->wanted)
        put(out, "wants", item->action == OUTBOX_WITHDRAW, &item->digest, item->wanted_event);
    if (item->held || item->held_absent)
        put(out,
            item->held_abolished ? "had"
            : item->held         ? "holds"
                                 : "lacks",
            false, &item->held_digest, item->held_event);
    if (item->version.bytes)
        buffer_printf(out, " " TEXT_PRINT, TEXT_ARG(item->version));
    if (item->key.bytes)
        put(out, "intends", item->intent_action == OUTBOX_WITHDRAW, &item->intent_digest, item->intent_event);
    if (item->attempts)
        buffer_printf(out, " x%d", (int)item->attempts);
    if (item->message.bytes)
        buffer_printf(out, " \"" TEXT_PRINT "\"", TEXT_ARG(item->message));
    if (item->behind)
        buffer_string(out, ", behind");
    if (item->ordered)
        buffer_printf(out, ", ordered@%d", (int)item->ordered);
    if (item->has_dismissed)
        put(out, "dismissed", false, &item->dismissed, item->dismissed_event);
    if (item->overwrite.bytes)
        buffer_printf(out, ", over@%d", (int)item->overwrite_event);
}

struct life {
    const char *words, *end;
};

static void check_lives(const struct life *lives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        BUFFER_OWNED struct buffer end = { 0 }, notes = { 0 };
        struct outbox_item item = { .code = TEXT("1") };
        int64_t event = 0;
        for (const char *at = lives[i].words; *at;) {
            size_t length = strcspn(at, " ");
            live(&item, (struct text){ at, length }, ++event, &notes);
            at += length + (at[length] == ' ');
        }
        show(&end, &item);
        buffer_text(&end, buffer_view(&notes));
        if (!CHECK_TEXT(buffer_view(&end), text_of(lives[i].end)))
            printf("    { \"%s\", \"" TEXT_PRINT "\" },\n", lives[i].words, TEXT_ARG(buffer_view(&end)));
    }
}
#define CHECK_LIVES(lives) check_lives(lives, sizeof(lives) / sizeof *(lives))

TEST("what transform wants, against what stands there and what was decided")
{
    static const struct life lives[] = {
        { "accepted:A", "idle, wants A@1" },
        { "accepted:A gone", "idle" },
        { "accepted:A gone:2", "idle, wants A@1 unchanged" },
        { "accepted:A intended gone", "intended, intends A@2" },
        { "accepted:A intended published accepted:A", "idle, holds A@3 v3" },
        { "accepted:A intended published accepted:B", "idle, wants B@4, holds A@3 v3" },
        { "accepted:A intended published accepted:B accepted:A", "idle, holds A@3 v3" },
        { "accepted:A intended published abolished:B", "idle, wants no B@4, holds A@3 v3" },
        { "abolished:A intended absent abolished:A", "idle, lacks A@3 v3" },
        { "abolished:A intended absent abolished:B", "idle, wants no B@4, lacks A@3 v3" },
        { "accepted:A intended refused accepted:A", "refused, wants A@4, intends A@2 \"said\"" },
        { "accepted:A intended refused accepted:B", "idle, wants B@4" },
        { "accepted:A intended refused gone", "idle" },
        { "accepted:A intended conflict accepted:B", "conflict, wants B@4 \"said\"" },
        { "accepted:A intended conflict gone", "conflict \"said\"" },
        { "accepted:A intended unknown accepted:B", "unknown, wants B@4, intends A@2 x2 \"said\"" },
    };
    CHECK_LIVES(lives);
}

TEST("how a delivery ends")
{
    static const struct life lives[] = {
        { "accepted:A intended", "intended, wants A@1, intends A@2" },
        { "accepted:A intended published", "idle, holds A@3 v3" },
        { "accepted:A intended published accepted:B intended published", "idle, holds B@6 v6" },
        { "accepted:A intended accepted:B published", "idle, wants B@3, holds A@4 v4" },
        { "accepted:A intended published accepted:B intended accepted:A refused", "idle, holds A@3 v3" },
        { "accepted:A intended published abolished:B intended withdrawn", "idle, had A@6 v6" },
        { "abolished:A intended", "intended, wants no A@1, intends no A@2" },
        { "abolished:A intended absent", "idle, lacks A@3 v3" },
        { "accepted:A intended refused", "refused, wants A@1, intends A@2 \"said\"" },
        { "accepted:A intended accepted:B refused", "idle, wants B@3" },
        { "accepted:A intended stopped", "idle, wants A@1 \"said\", behind" },
        { "accepted:A intended stopped intended recalled", "idle, wants A@1 \"said\", behind" },
        { "accepted:A intended stopped intended published", "idle, holds A@5 v5" },
        { "accepted:A intended stopped-unknown", "unknown, wants A@1, intends A@2 x2 \"said\", behind" },
        { "accepted:A intended unknown retried", "failed, wants A@1, intends A@2 \"said\"" },
        { "accepted:A intended stopped-unknown retried", "failed, wants A@1, intends A@2 \"said\"" },
        { "accepted:A intended recalled accepted:B intended late:A", "idle, wants B@4, holds A@6 late" },
        { "accepted:A intended recalled accepted:B intended accepted:A late:A", "idle, holds A@7 late" },
        { "accepted:A intended conflict", "conflict, wants A@1 \"said\"" },
        { "accepted:A intended unknown", "unknown, wants A@1, intends A@2 x2 \"said\"" },
        { "accepted:A intended unknown failed", "failed, wants A@1, intends A@2 x4 \"said\"" },
        { "accepted:A intended unknown published", "idle, holds A@4 v4" },
        { "accepted:A intended recalled", "idle, wants A@1 \"said\"" },
        { "accepted:A intended recalled intended", "intended, wants A@1, intends A@4" },
    };
    CHECK_LIVES(lives);
}

TEST("what an operator orders, lifts and takes up again")
{
    static const struct life lives[] = {
        { "accepted:A intended published order:O",
          "idle, wants no O@4, holds A@3 v3, ordered@4, dismissed S@4" },
        { "accepted:A order:O", "idle, wants no O@2, ordered@2, dismissed A@2" },
        { "accepted:A intended order:O", "intended, wants no O@3, intends A@2, ordered@3, dismissed A@3" },
        { "accepted:A intended refused order:O", "idle, wants no O@4, ordered@4, dismissed A@4" },
        { "accepted:A intended published order:O accepted:B",
          "idle, wants no O@4, holds A@3 v3, ordered@4, dismissed B@5" },
        { "accepted:A intended published order:O abolished:B",
          "idle, wants no O@4, holds A@3 v3, ordered@4, dismissed S@4" },
        { "accepted:A intended published order:O gone",
          "idle, wants no O@4, holds A@3 v3, ordered@4, dismissed S@4 unchanged" },
        { "accepted:A intended published order:O intended withdrawn",
          "idle, had A@6 v6, ordered@4, dismissed S@4" },
        { "accepted:A intended published order:O intended withdrawn accepted:S",
          "idle, had A@6 v6, ordered@4, dismissed S@4" },
        { "accepted:A intended published order:O intended withdrawn accepted:B",
          "conflict, wants B@7, had A@6 v6 \"withheld\", ordered@4, dismissed S@4 +withheld" },
        { "accepted:A intended published order:O intended withdrawn accepted:B accepted:C",
          "conflict, wants C@8, had A@6 v6 \"withheld\", ordered@4, dismissed S@4 +withheld" },
        { "accepted:A intended published order:O intended withdrawn accepted:B accepted:S",
          "idle, had A@6 v6, ordered@4, dismissed S@4 +withheld" },
        { "accepted:A intended published order:O intended withdrawn accepted:B gone",
          "idle, had A@6 v6, ordered@4, dismissed S@4 +withheld" },
        { "accepted:A intended published order:O intended withdrawn abolished:B",
          "idle, had A@6 v6 +order-ended" },
        { "accepted:A intended published order:O lifted", "idle, holds A@3 v3" },
        { "accepted:A intended published order:O intended refused retried lifted accepted:A",
          "idle, holds A@3 v3" },
        { "accepted:A intended published order:O intended failed lifted accepted:A",
          "failed, wants A@8, holds A@3 v3, intends no O@5 x2 \"said\"" },
        { "accepted:A intended published order:O intended withdrawn lifted accepted:A",
          "idle, wants A@8, had A@6 v6" },
        { "accepted:A intended published order:O intended recalled accepted:B",
          "idle, wants no O@4, holds A@3 v3, ordered@4, dismissed B@7" },
        { "accepted:A intended published order:O intended withdrawn accepted:B abolished:C",
          "idle, had A@6 v6 +withheld +order-ended" },
        { "accepted:A intended published order:O intended withdrawn accepted:B lifted",
          "idle, wants B@7, had A@6 v6 +withheld" },
        { "adopt:T order:O", "idle, wants no O@2, holds T@1 theirs, ordered@2, dismissed T@2" },
        { "accepted:A intended refused retried", "idle, wants A@1" },
        { "accepted:A intended conflict retried", "idle, wants A@1" },
        { "accepted:A intended failed retried", "failed, wants A@1, intends A@2 \"said\"" },
        { "accepted:A intended adopt:T accepted:B intended failed lifted",
          "failed, wants B@4, holds T@3 theirs, intends B@5 x2 \"said\"" },
    };
    CHECK_LIVES(lives);
}

TEST("what an operator decides against the portal")
{
    static const struct life lives[] = {
        { "adopt:T", "idle, holds T@1 theirs" },
        { "adopt-abolished:T", "idle, had T@1 theirs" },
        { "accepted:A intended conflict adopt:T", "idle, holds T@4 theirs, dismissed A@4" },
        { "accepted:A intended conflict adopt:A", "idle, holds A@4 theirs" },
        { "accepted:A intended conflict adopt-abolished:A", "idle, had A@4 theirs, dismissed A@4" },
        { "accepted:A intended published order:O intended conflict adopt:T",
          "idle, wants no O@4, holds T@7 theirs, ordered@4, dismissed S@7" },
        { "accepted:A intended published order:O intended conflict adopt-abolished:T",
          "idle, had T@7 theirs, ordered@4, dismissed S@7" },
        { "accepted:A intended conflict adopt:T accepted:A", "idle, holds T@4 theirs, dismissed A@4" },
        { "accepted:A intended conflict adopt:T accepted:B", "idle, wants B@5, holds T@4 theirs" },
        { "accepted:A intended conflict adopt:T lifted accepted:A", "idle, wants A@6, holds T@4 theirs" },
        { "accepted:A intended published differs", "conflict, holds A@3 v3 \"other\"" },
        { "accepted:A intended published accepted:B intended failed differs",
          "conflict, wants B@4, holds A@3 v3 \"other\"" },
        { "accepted:A intended published differs overwrite:A", "idle, wants A@5, holds A@3 v3, over@5" },
        { "accepted:A intended published differs overwrite:A accepted:A",
          "idle, wants A@6, holds A@3 v3, over@5" },
        { "accepted:A intended published differs overwrite:A intended published", "idle, holds A@7 v7" },
        { "accepted:A intended published differs overwrite:A gone",
          "idle, wants A@5, holds A@3 v3, over@5 unchanged" },
        { "accepted:A intended published accepted:B intended conflict overwrite:B gone",
          "conflict, holds A@3 v3 \"gone\", over@7" },
        { "accepted:A intended published accepted:B intended conflict overwrite:B gone gone",
          "conflict, holds A@3 v3 \"gone\", over@7" },
        { "accepted:A intended published accepted:B intended conflict overwrite:B gone accepted:C",
          "idle, wants C@9, holds A@3 v3, over@7" },
        { "accepted:A intended published accepted:B intended conflict overwrite:B accepted:C gone adopt:T",
          "idle, holds T@10 theirs, dismissed S@10" },
        { "accepted:A intended published differs overwrite:A intended conflict",
          "conflict, wants A@5, holds A@3 v3 \"said\"" },
        { "accepted:A intended published order:O intended withdrawn differs overwrite-withdraw:O",
          "idle, wants no O@8, had A@6 v6, ordered@4, dismissed S@4, over@8" },
        { "accepted:A intended published order:O intended withdrawn differs overwrite-withdraw:O abolished:B",
          "idle, wants no O@8, had A@6 v6, ordered@4, dismissed S@4, over@8" },
        { "accepted:A intended published order:O intended withdrawn overwrite:A",
          "idle, wants A@7, had A@6 v6, over@7" },
        { "accepted:A intended published missing", "idle, wants A@4, lacks A@4" },
        { "accepted:A intended published accepted:B missing", "idle, wants B@4, lacks A@5" },
        { "accepted:A intended published differs missing", "idle, wants A@5, lacks A@5" },
        { "accepted:A intended published accepted:B intended failed missing",
          "failed, wants B@4, lacks A@7, intends B@5 x2 \"said\"" },
        { "accepted:A intended published abolished:B intended withdrawn missing", "idle, lacks A@7" },
        { "accepted:A intended published missing adopt:T", "idle, holds T@5 theirs, dismissed A@5" },
        { "accepted:A intended failed adopt:T", "idle, holds T@4 theirs, dismissed A@4" },
        { "accepted:A intended failed overwrite:A", "idle, wants A@4, over@4" },
        { "accepted:A intended published differs overwrite:A adopt:T",
          "idle, holds T@6 theirs, dismissed A@6" },
        { "accepted:A intended published order:O intended withdrawn adopt:T",
          "idle, holds T@7 theirs, dismissed S@7" },
        { "accepted:A intended published differs overwrite:A missing", "idle, wants A@5, lacks A@6" },
        { "accepted:A intended published refreshed", "idle, holds A@3 new" },
    };
    CHECK_LIVES(lives);
}
