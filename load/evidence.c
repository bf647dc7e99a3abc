#include "load/evidence.h"

#include "adapters/unicode.h"

bool remote_digest(const struct remote_state *remote, struct digest *digest)
{
    *digest = remote->has_content ? remote->content : remote->digest;
    return remote->has_content || remote->has_digest;
}

/* ---- versions ---- */

/* What a version or an ETag says of what was replaced. */
enum change { UNTELLABLE, SAME, NEW };

/* What is named, whatever stands around it: an ETag's quotation marks and its W/, blanks. */
static struct text bare(struct text name)
{
    name = text_trim(name);
    if (text_starts(name, TEXT("W/")) || text_starts(name, TEXT("w/")))
        name = text_slice(name, 2, name.length);
    if (name.length > 1 && name.bytes[0] == '"' && name.bytes[name.length - 1] == '"')
        name = text_slice(name, 1, name.length - 2);
    return text_trim(name);
}

static bool is_digits(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return text.length > 0;
}

/* The digits of a whole number, whether it is written 7, 07 or 7.0; 1.10 is none, and not 1.1. */
static struct text whole_number(struct text name)
{
    size_t end = name.length, begin = 0;
    while (end > 0 && name.bytes[end - 1] == '0')
        end--;
    if (end == name.length || !end || name.bytes[end - 1] != '.')
        end = name.length + 1;
    struct text digits = text_slice(name, 0, end - 1);
    while (begin + 1 < digits.length && digits.bytes[begin] == '0')
        begin++;
    return is_digits(digits) ? text_slice(digits, begin, digits.length) : TEXT_NONE;
}

/* In whatever case, and with whatever blanks and noughts: that a gateway writes it otherwise makes no new version. */
static bool names_same(struct text left, struct text right)
{
    if (!left.bytes || !right.bytes)
        return false;
    struct text number = whole_number(bare(left));
    if (text_equal(bare(left), bare(right)) ||
        (number.bytes && text_equal(number, whole_number(bare(right)))))
        return true;
    ARENA_OWNED struct arena arena = { 0 };
    return text_equal(bare(unicode_fold(&arena, left)), bare(unicode_fold(&arena, right)));
}

static bool equals(struct text left, struct text right)
{
    return left.bytes && right.bytes && text_equal(left, right);
}

static bool is_strong(struct text etag)
{
    return etag.bytes && !text_starts(etag, TEXT("W/")) && !text_starts(etag, TEXT("w/"));
}

bool remote_abolished(const struct remote_state *remote, const struct outbox_item *item)
{
    struct digest digest;
    if (remote->standing != REMOTE_UNSAID || !item->held || !item->held_abolished)
        return remote->standing == REMOTE_ABOLISHED;
    if (remote->version.bytes && item->version.bytes)
        return names_same(remote->version, item->version);
    if (is_strong(remote->etag) && is_strong(item->etag))
        return text_equal(remote->etag, item->etag);
    return !remote_digest(remote, &digest) ||
           (item->has_held_digest && digest_equal(&digest, &item->held_digest));
}

static bool is_any(struct text base)
{
    return text_is(base, "*");
}

static enum change version_change(const struct evidence_facts *facts, struct text version)
{
    const struct outbox_item *item = facts->item;
    struct text base = item->intent_base;
    if (!version.bytes)
        return UNTELLABLE;
    if (!base.bytes)
        return NEW;
    if (names_same(version, base) || names_same(version, item->version) ||
        names_same(version, facts->base_version))
        return SAME;
    bool known = item->version.bytes || facts->base_version.bytes || item->overwrite.length;
    return known || (!is_any(base) && !item->etag.bytes) ? NEW : UNTELLABLE;
}

static enum change etag_change(const struct evidence_facts *facts, struct text etag)
{
    const struct outbox_item *item = facts->item;
    struct text base = item->intent_base;
    if (!is_strong(etag))
        return UNTELLABLE;
    if (!base.bytes)
        return NEW;
    if (text_equal(base, etag) || equals(etag, item->etag) || equals(etag, facts->base_etag))
        return SAME;
    return item->etag.bytes || facts->base_etag.bytes ? NEW : UNTELLABLE;
}

/* The replaced one outweighs whatever else is shown beside it: they contradict each other. */
static bool shows_base(const struct evidence_facts *facts, const struct remote_state *remote)
{
    return version_change(facts, remote->version) == SAME || etag_change(facts, remote->etag) == SAME;
}

static bool shows_change(const struct evidence_facts *facts, const struct remote_state *remote)
{
    enum change version = version_change(facts, remote->version), etag = etag_change(facts, remote->etag);
    return (version == NEW && remote->named) || (etag == NEW && facts->etags);
}

static bool is_base_version(const struct evidence_facts *facts, const struct remote_state *remote)
{
    const struct outbox_item *item = facts->item;
    if (facts->elsewhere)
        return false;
    if (!item->intent_base.bytes)
        return false;
    return version_change(facts, remote->version) == SAME || equals(remote->etag, item->intent_base);
}

bool evidence_shows_etag(const struct evidence_facts *facts, const struct remote_state *remote)
{
    return facts->asked && equals(remote->etag, facts->answered_etag) &&
           etag_change(facts, remote->etag) == NEW;
}

/* A question shows what the request itself was answered with, and that is not what was replaced. */
static bool is_answered(const struct evidence_facts *facts, const struct remote_state *remote)
{
    if (is_base_version(facts, remote))
        return false;
    bool version =
        equals(remote->version, facts->answered_version) && version_change(facts, remote->version) == NEW;
    return version || evidence_shows_etag(facts, remote);
}

/* ---- answers to requests ---- */

static bool is_digest(bool known, const struct digest *digest, const struct digest *other)
{
    return known && digest_equal(digest, other);
}

static bool publication_shown(const struct evidence_facts *facts, const struct remote_state *remote)
{
    const struct digest *ours = &facts->item->intent_digest;
    if (remote->failed || (remote->standing != REMOTE_UNSAID && remote->standing != REMOTE_PUBLISHED))
        return false;
    if (remote->bad_digest || (remote->has_content && !digest_equal(&remote->content, ours)))
        return false;
    if (facts->replayed || shows_base(facts, remote))
        return false;
    return remote->has_digest ? digest_equal(&remote->digest, ours) : shows_change(facts, remote);
}

static bool withdrawal_shown(const struct evidence_facts *facts, const struct remote_state *remote)
{
    const struct outbox_item *item = facts->item;
    if (remote->failed || (remote->standing != REMOTE_UNSAID && remote->standing != REMOTE_ABOLISHED))
        return false;
    /* A withdrawn procedure is held as it was; some portals give the digest of the order instead. */
    bool strange =
        remote->has_digest && item->has_held_digest && !digest_equal(&remote->digest, &item->held_digest) &&
        !digest_equal(&remote->digest, &item->intent_digest) && !digest_equal(&remote->digest, facts->body);
    if (strange || facts->replayed)
        return false;
    if (remote->standing ==
        REMOTE_ABOLISHED) /* under the version it had: some portals count contents alone */
        return remote->named;
    return !shows_base(facts, remote) && shows_change(facts, remote);
}

static enum delivery_event weigh_taken(const struct evidence_facts *facts, const struct remote_state *remote)
{
    bool withdraws = facts->item->intent_action == OUTBOX_WITHDRAW;
    bool shown = withdraws ? withdrawal_shown(facts, remote) : publication_shown(facts, remote);
    return shown && !facts->confirm && !facts->again ? EVENT_TAKEN : EVENT_INDETERMINATE;
}

/* ---- answers to questions ---- */

/* Still what we replace: by its version, or by what it is. */
static bool is_base(const struct evidence_facts *facts, const struct remote_state *remote, bool known,
                    const struct digest *digest)
{
    const struct outbox_item *item = facts->item;
    bool fits = remote->standing != REMOTE_ABOLISHED || item->held_abolished;
    if (is_base_version(facts, remote))
        return true;
    return item->intent_base.bytes && fits && item->has_held_digest &&
           is_digest(known, digest, &item->held_digest);
}

static enum delivery_event weigh_other(const struct evidence_facts *facts)
{
    return facts->earlier ? EVENT_EARLIER : EVENT_OTHER;
}

static enum delivery_event weigh_publication(const struct evidence_facts *facts,
                                             const struct remote_state *remote)
{
    struct digest digest;
    const struct outbox_item *item = facts->item;
    const struct digest *ours = &item->intent_digest;
    bool known = remote_digest(remote, &digest), same = is_digest(known, &digest, ours);
    if (known && !same && is_digest(remote->has_digest, &remote->digest, ours))
        return EVENT_INDETERMINATE; /* our digest beside another content */
    /* Announced again as it was: only a new version tells that it is not the abolished one still. */
    bool unmoved = item->held_abolished && remote->standing == REMOTE_UNSAID &&
                   (facts->barred || is_base_version(facts, remote) || !remote->version.bytes);
    bool stands = remote->standing == REMOTE_UNSAID || remote->standing == REMOTE_PUBLISHED;
    if (same && stands && !unmoved)
        return EVENT_OURS;
    if (is_base(facts, remote, known, &digest))
        return EVENT_BASE;
    if (remote->standing == REMOTE_ABOLISHED)
        return EVENT_OTHER;
    if (known && !same)
        return weigh_other(facts);
    if (remote->standing == REMOTE_STRANGE || same)
        return EVENT_UNTOLD;
    if (!remote->bad_digest && is_answered(facts, remote))
        return EVENT_OURS;
    return remote->version.bytes || remote->etag.bytes || remote->bad_digest ? EVENT_UNTOLD
                                                                             : EVENT_INDETERMINATE;
}

static enum delivery_event weigh_withdrawal(const struct evidence_facts *facts,
                                            const struct remote_state *remote)
{
    struct digest digest;
    const struct outbox_item *item = facts->item;
    bool known = remote_digest(remote, &digest);
    bool held = item->has_held_digest && is_digest(known, &digest, &item->held_digest);
    if (remote->standing == REMOTE_ABOLISHED)
        return EVENT_OURS;
    if (is_base(facts, remote, known, &digest) && (remote->standing != REMOTE_UNSAID || !held))
        return EVENT_BASE;
    if (remote->standing == REMOTE_PUBLISHED) {
        if (!item->intent_base.bytes || (known && !held) || (facts->before && !held))
            return weigh_other(facts);
        return EVENT_BASE;
    }
    bool moved =
        remote->named && !facts->barred && version_change(facts, remote->version) == NEW && (!known || held);
    if (remote->standing == REMOTE_UNSAID && item->intent_base.bytes && (moved || is_answered(facts, remote)))
        return EVENT_OURS;
    if (is_base_version(facts, remote) || (facts->before && held))
        return EVENT_BASE;
    return known || remote->version.bytes || remote->etag.bytes ? EVENT_UNTOLD : EVENT_INDETERMINATE;
}

/* It names another version than the answer to the request did. */
static bool has_moved_on(const struct evidence_facts *facts, const struct remote_state *remote)
{
    struct text version = facts->answered_version, etag = facts->answered_etag;
    return (version.bytes && remote->version.bytes && !names_same(version, remote->version)) ||
           (facts->etags && is_strong(etag) && is_strong(remote->etag) && !text_equal(etag, remote->etag));
}

static enum delivery_event weigh_held(const struct evidence_facts *facts, const struct remote_state *remote)
{
    if (remote->failed)
        return EVENT_INDETERMINATE;
    enum delivery_event event = facts->item->intent_action == OUTBOX_WITHDRAW
                                    ? weigh_withdrawal(facts, remote)
                                    : weigh_publication(facts, remote);
    bool blind = event == EVENT_INDETERMINATE || event == EVENT_UNTOLD;
    return blind && facts->vouched && !has_moved_on(facts, remote) ? EVENT_OURS : event;
}

bool evidence_is_odd(const struct evidence_facts *facts, const struct remote_state *remote)
{
    return remote->has_content && digest_equal(&remote->content, &facts->item->intent_digest) &&
           (remote->bad_digest || (remote->has_digest && !digest_equal(&remote->digest, &remote->content)));
}

/* ---- answers about nothing ---- */

static enum delivery_event weigh_unknown(const struct evidence_facts *facts)
{
    const struct outbox_item *item = facts->item;
    if (item->intent_action == OUTBOX_WITHDRAW) /* of what it acknowledged, the portal cannot know nothing */
        return item->held ? EVENT_GONE : EVENT_ABSENT;
    if (facts->asked)
        return EVENT_NOTHING;
    return item->intent_base.bytes ? EVENT_GONE : EVENT_CLOSED;
}

static enum delivery_event weigh_gone(const struct evidence_facts *facts)
{
    const struct outbox_item *item = facts->item;
    if (item->intent_action == OUTBOX_WITHDRAW)
        return facts->asked ? EVENT_OURS : EVENT_TAKEN;
    if (!facts->asked)
        return EVENT_MISMATCH;
    return item->held_abolished ? EVENT_BASE : EVENT_OTHER;
}

enum delivery_event evidence_weigh(const struct evidence_facts *facts, enum portal_result said,
                                   const struct remote_state *remote)
{
    bool asked = facts->asked;
    switch (said) {
    case RESULT_TAKEN:
        return asked ? EVENT_INDETERMINATE : weigh_taken(facts, remote);
    case RESULT_ACCEPTED:
        return asked ? EVENT_INDETERMINATE : EVENT_ACCEPTED;
    case RESULT_HELD:
        return asked ? weigh_held(facts, remote) : EVENT_INDETERMINATE;
    case RESULT_UNKNOWN:
        return weigh_unknown(facts);
    case RESULT_GONE:
        return weigh_gone(facts);
    case RESULT_REFUSED:
        return asked ? EVENT_INDETERMINATE : EVENT_REFUSED;
    case RESULT_MISMATCH:
        return asked ? EVENT_INDETERMINATE : EVENT_MISMATCH;
    case RESULT_BUSY:
        return EVENT_BUSY;
    case RESULT_CLOSED: /* what a listing has, and no question can show */
        return asked && facts->vouched && remote->named && !remote->has_content ? EVENT_OURS : EVENT_CLOSED;
    case RESULT_NOT_LEFT:
        return EVENT_NOT_LEFT;
    case RESULT_CARRIED:
        return EVENT_CARRIED;
    case RESULT_UNSENT:
        return asked ? EVENT_UNSENT : EVENT_INDETERMINATE;
    case RESULT_DENIED:
        return asked ? EVENT_REFUSED : EVENT_INDETERMINATE;
    case RESULT_LOST:
        break;
    }
    return EVENT_INDETERMINATE;
}
