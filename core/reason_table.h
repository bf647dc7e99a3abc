/* Inside of core/reason.c: the table. */
#ifndef CORE_REASON_TABLE_H
#define CORE_REASON_TABLE_H

#include <stddef.h>

#include "core/words.h"

/* {1} … {5} are the values; {1:day} a day, {1:place} a place in the procedure, {1:places} several with commas
 * between, {1:choice} a value of the finding's field, {1:kind} a kind of document, {1:script} a script; {choices}
 * what the finding's field allows. What stands in [ ] is left out where a value in it is nothing. */
struct reason_row {
    const char *id;
    struct words voices[3]; /* REASON_WHAT, REASON_TO_DO, REASON_OPERATOR */
};

extern const struct reason_row reason_rows[];
extern const size_t reason_row_count;

#endif
