/* The door to PCRE2: regular expressions over UTF-8, with Unicode classes, compiled once, matched with a
 * limit. */
#ifndef ADAPTERS_REGEX_H
#define ADAPTERS_REGEX_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

struct regex;

struct regex_match {
    struct text whole;
    struct text group; /* group 1, or the whole match where the pattern has no group 1; bytes NULL if unset */
};

/* STATUS_USAGE with the offset and PCRE2's words when the expression does not compile. \p{…}, \w, \d, \s and
 * \b know Unicode; `.` does not match a line break; ^ and $ are the ends of the text ((?m) changes it). */
enum status regex_compile(struct text expression, struct regex **pattern, struct error *error);
void regex_free(struct regex *pattern);

/* STATUS_OK: it matches; STATUS_END: it does not; STATUS_REJECT: the match limit was reached (an expression
 * that backtracks without end), said in the error. `from` is a byte offset. `match` may be NULL. Thread-safe.
 */
enum status regex_search(const struct regex *pattern, struct text subject, size_t from,
                         struct regex_match *match, struct error *error);

#endif
