#include "transform/resolve.h"

static size_t rank(const struct resolve_precedence *precedence, const struct resolution_member *member)
{
    for (size_t i = 0; i < precedence->count; i++)
        if (text_is(member->source, precedence->sources[i]))
            return i;
    return SIZE_MAX;
}

static bool same(const struct resolution_member *left, const struct resolution_member *right)
{
    return digest_equal(&left->content_digest, &right->content_digest);
}

/* Who would speak, by precedence: the first of the best source; NULL: all are rejected. */
static struct resolve_party *find_best(struct resolve_party *parties, size_t count,
                                       const struct resolve_precedence *precedence)
{
    struct resolve_party *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!parties[i].member->rejected &&
            (!best || rank(precedence, parties[i].member) < rank(precedence, best->member)))
            best = &parties[i];
    return best;
}

/* The rejected record whose source's word would count; NULL: none. */
static const struct resolution_member *find_master(const struct resolve_party *parties, size_t count,
                                                   const struct resolution_member *best,
                                                   const struct resolve_precedence *precedence)
{
    for (size_t i = 0; i < count; i++)
        if (parties[i].member->rejected && rank(precedence, parties[i].member) < rank(precedence, best))
            return parties[i].member;
    return NULL;
}

/* Nobody of its own rank says something else. What is rejected says it, too, where it is what stands: a fault in it does not make
 * the other one right. */
static bool is_unanimous(const struct resolve_party *parties, size_t count,
                         const struct resolution_member *best, const struct resolve_precedence *precedence)
{
    for (size_t i = 0; i < count; i++)
        if (!same(parties[i].member, best) && rank(precedence, parties[i].member) == rank(precedence, best) &&
            (!parties[i].member->rejected || parties[i].spoke))
            return false;
    return true;
}

/* Nobody who says it says it since the withdrawal. */
static bool only_revives(const struct resolve_party *parties, size_t count,
                         const struct resolution_member *best)
{
    for (size_t i = 0; i < count; i++)
        if (!parties[i].member->rejected && same(parties[i].member, best) && !parties[i].revives)
            return false;
    return true;
}

/* Beside the one that speaks. */
static enum resolve_verdict judge(const struct resolve_party *party, const struct resolve_party *best,
                                  bool revives)
{
    if (!same(party->member, best->member))
        return best->lacks_decision ? RESOLVE_OUTRANKED : RESOLVE_OVERRULED;
    return revives ? RESOLVE_REVIVES : party->lacks_decision ? RESOLVE_NO_DECISION : RESOLVE_ACCEPTED;
}

void resolve_decide(struct resolve_party *parties, size_t count, const struct resolve_precedence *precedence)
{
    struct resolve_party *best = find_best(parties, count, precedence);
    const struct resolution_member *master =
        best ? find_master(parties, count, best->member, precedence) : NULL;
    bool speaks = best && !master && is_unanimous(parties, count, best->member, precedence);
    bool revives = speaks && only_revives(parties, count, best->member);
    for (size_t i = 0; i < count; i++) {
        struct resolve_party *party = &parties[i];
        party->speaks = speaks && party == best;
        party->other = master ? master : best ? best->member : NULL;
        party->verdict = party->member->rejected ? RESOLVE_REJECTED
                         : master                ? RESOLVE_OUTRANKED
                         : !speaks               ? RESOLVE_SAME_CODE
                                                 : judge(party, best, revives);
    }
}
