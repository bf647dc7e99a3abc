#include "extract/query.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/count.h"

/* Behind the blanks, comments and texts in quotes that begin at `at`, or `at` when none does. */
static size_t behind_quiet(struct text sql, size_t at)
{
    struct text rest = text_slice(sql, at, sql.length);
    size_t end = rest.length;
    if (text_starts(rest, TEXT("--")))
        return text_find(rest, TEXT("\n"), &end) ? at + end + 1 : sql.length;
    if (text_starts(rest, TEXT("/*")))
        return text_find(rest, TEXT("*/"), &end) ? at + end + 2 : sql.length;
    return rest.length && strchr(" \t\r\n", rest.bytes[0]) ? at + 1 : at;
}

static size_t skip_quiet(struct text sql, size_t at)
{
    for (size_t next = at; (next = behind_quiet(sql, at)) > at;)
        at = next;
    return at;
}

static size_t behind_quotes(struct text sql, size_t at)
{
    char quote = sql.bytes[at] == '[' ? ']' : sql.bytes[at];
    for (at++; at < sql.length && sql.bytes[at] != quote; at++)
        ;
    return at < sql.length ? at + 1 : at;
}

/* The first place from `at` on that is in no comment and no quotes; the end when there is none. */
static size_t next_bare(struct text sql, size_t at)
{
    while (at < sql.length) {
        size_t next = skip_quiet(sql, at);
        if (next == at && strchr("'\"`[", sql.bytes[at]))
            next = behind_quotes(sql, at);
        if (next == at)
            return at;
        at = next;
    }
    return at;
}

static bool is_in_name(char letter)
{
    return isalnum((unsigned char)letter) || strchr("_$#@", letter) || (unsigned char)letter >= 0x80;
}

static bool begins_with(struct text sql, size_t at, const char *word)
{
    size_t behind = at + strlen(word);
    return sql.length >= behind && !strncasecmp(sql.bytes + at, word, behind - at) &&
           (sql.length == behind || !is_in_name(sql.bytes[behind]));
}

/* The rollback undoes what a driver lets pass; what follows keeps it from being tried, and from what commits
 * itself or lies where nothing is rolled back (a table without transactions, a file of INTO OUTFILE). */

/* The word that makes a SELECT, or what stands behind its WITH, a write; NULL when it only reads. Behind a
 * point it is a column; before a parenthesis a function, INSERT(text, …). */
static const char *writing_word(struct text sql)
{
    static const char *const words[] = { "INTO", "INSERT", "UPDATE", "DELETE" };
    for (size_t at = next_bare(sql, 0); at < sql.length; at = next_bare(sql, at + 1)) {
        if (at && (sql.bytes[at - 1] == '.' || is_in_name(sql.bytes[at - 1])))
            continue;
        for (size_t i = 0; i < COUNT(words); i++) {
            size_t behind = at + strlen(words[i]);
            if (begins_with(sql, at, words[i]) && sql.bytes[skip_quiet(sql, behind)] != '(')
                return words[i];
        }
    }
    return NULL;
}

static bool is_one_select(struct text sql)
{
    size_t at = skip_quiet(sql, 0);
    while (at < sql.length && sql.bytes[at] == '(')
        at = skip_quiet(sql, at + 1);
    if (!begins_with(sql, at, "SELECT") && !begins_with(sql, at, "WITH"))
        return false;
    for (at = next_bare(sql, at); at < sql.length; at = next_bare(sql, at + 1))
        if (sql.bytes[at] == ';')
            return skip_quiet(sql, at + 1) == sql.length;
    return true;
}

enum status query_only_reads(const struct fetch *fetch, const char *query, struct error *error)
{
    const struct value *at = value_find(fetch->source->fetch, "query");
    if (!is_one_select(text_of(query)))
        return setting_fault(
            fetch->context, at, error,
            _("query: only one SELECT is allowed here (it may begin with WITH), and no \";\" "
              "with more behind it"));
    const char *writes = writing_word(text_of(query));
    if (writes)
        return setting_fault(
            fetch->context, at, error,
            _("query: with %s it writes, and the database is only read; a column of that name "
              "must stand in quotes"),
            writes);
    return STATUS_OK;
}
