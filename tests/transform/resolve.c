/* What becomes of records that share a code: groups in words, and what each record of them is told. */
#include "transform/resolve.h"

#include <string.h>

#include "tests/support/test.h"

struct group {
    const char *precedence; /* a letter a source, in order */
    /* A record: the letter of its source and that of its content; "!" a rule rejects it, "?" its withdrawal
     * names no decision, "*" it spoke until now, "^" it says what it said before the withdrawal. */
    const char *records;
    /* Each: S speaks, = says the same, o overruled, r rejected, d lacks a decision, h held for its code,
     * k held for a rejected record whose word would count, v held for it would revive; o and k with the place of that other one. */
    const char *verdicts;
};

static char letter_of(const struct resolve_party *party)
{
    static const char letters[] = {
        [RESOLVE_ACCEPTED] = '=',    [RESOLVE_OVERRULED] = 'o', [RESOLVE_REJECTED] = 'r',
        [RESOLVE_NO_DECISION] = 'd', [RESOLVE_SAME_CODE] = 'h', [RESOLVE_OUTRANKED] = 'k',
        [RESOLVE_REVIVES] = 'v',
    };
    return party->speaks && party->verdict == RESOLVE_ACCEPTED ? 'S' : letters[party->verdict];
}

static void check_groups(const struct group *groups, size_t count)
{
    static const char *const sources[] = { "a", "b", "c", "d" };
    for (size_t i = 0; i < count; i++) {
        BUFFER_OWNED struct buffer verdicts = { 0 };
        struct resolution_member members[8] = { { 0 } };
        struct resolve_party parties[8] = { { 0 } };
        const char *order[4];
        struct resolve_precedence precedence = { .sources = order, .count = strlen(groups[i].precedence) };
        size_t number = 0;
        for (size_t j = 0; j < precedence.count; j++)
            order[j] = sources[groups[i].precedence[j] - 'a'];
        for (const char *at = groups[i].records; *at; at += strcspn(at, " "), at += *at == ' ') {
            size_t length = strcspn(at, " ");
            members[number].source = text_of(sources[at[0] - 'a']);
            members[number].content_digest.bytes[0] = (unsigned char)at[1];
            members[number].rejected = memchr(at, '!', length) != NULL;
            parties[number].lacks_decision = memchr(at, '?', length) != NULL;
            parties[number].revives = memchr(at, '^', length) != NULL;
            parties[number].spoke = memchr(at, '*', length) != NULL;
            parties[number].member = &members[number];
            number++;
        }
        resolve_decide(parties, number, &precedence);
        for (size_t j = 0; j < number; j++) {
            char letter = letter_of(&parties[j]);
            buffer_char(&verdicts, letter);
            if (letter == 'o' || letter == 'k')
                buffer_printf(&verdicts, "%zu", (size_t)(parties[j].other - members) + 1);
        }
        if (!CHECK_TEXT(buffer_view(&verdicts), text_of(groups[i].verdicts)))
            test_check(false, __FILE__, __LINE__, groups[i].records);
    }
}
#define CHECK_GROUPS(groups) check_groups(groups, sizeof(groups) / sizeof *(groups))

TEST("without precedence all must say the same")
{
    static const struct group groups[] = {
        { "", "aX", "S" },          { "", "aX!", "r" },        { "", "aX?", "d" },
        { "", "aX bX", "S=" },      { "", "aX aX", "S=" },     { "", "aX bY", "hh" },
        { "", "aX aY", "hh" },      { "", "aX bX cY", "hhh" }, { "", "aX bY!", "Sr" },
        { "", "aX! bY!", "rr" },    { "", "aX? bX?", "dd" },   { "", "aX bX!", "Sr" },
        { "", "aX bX cY!", "S=r" }, { "", "aX bY!*", "hr" },   { "", "aX bX cY!*", "hhr" },
        { "", "aX bX!*", "Sr" },
    };
    CHECK_GROUPS(groups);
}

TEST("by precedence the records of the first source speak, if they say the same")
{
    static const struct group groups[] = {
        { "ba", "aX bY", "o2S" },      { "ba", "bY aX", "So1" },
        { "ab", "aX bY", "So1" },      { "ba", "aX bX", "=S" },
        { "b", "aX bY", "o2S" },       { "b", "aX cY", "hh" },
        { "b", "aX cX", "S=" },        { "b", "aX cX bY", "o3o3S" },
        { "ba", "bX bX aY", "S=o1" }, /* twice the same is not two words */
        { "ba", "bX bY aZ", "hhh" },   { "ba", "bX bY aX", "hhh" },
        { "ba", "bX aY aZ", "So1o1" }, { "ba", "aX? bY", "o2S" },
        { "ba", "aX bY?", "k2d" },
    };
    CHECK_GROUPS(groups);
}

TEST("a rejected record of a source that would win keeps the others back")
{
    static const struct group groups[] = {
        { "ba", "aX bY!", "k2r" },     { "ba", "aX bX!", "k2r" },       { "ba", "aX! bY", "rS" },
        { "b", "aX cX bY!", "k3k3r" }, { "cba", "aX bY cZ!", "k3k3r" }, { "cba", "aX! bY! cZ", "rrS" },
        { "ba", "bX bY! aZ", "Sro1" }, { "ba", "bX bY!* aZ", "hrh" },   { "ba", "bX bX! aZ", "Sro1" },
        { "ba", "bX aY aZ!", "So1r" },
    };
    CHECK_GROUPS(groups);
}

TEST("what was withdrawn is not published again by silence")
{
    static const struct group groups[] = {
        { "", "aX^", "v" },      { "", "aX^ bX^", "vv" },    { "", "aX^ bX", "S=" },
        { "", "aX^ bY^", "hh" }, { "ba", "aX^ bY", "o2S" },  { "ba", "aX bY^", "o2v" },
        { "", "aX^ bY!", "vr" }, { "ba", "aX^ bY!", "k2r" },
    };
    CHECK_GROUPS(groups);
}
