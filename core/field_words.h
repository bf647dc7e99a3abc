/* A procedure's fields in people's words: of lists to hand over, reports, pages.
 *
 * The words stand in the tables of core/procedure.c.
 */
#ifndef CORE_FIELD_WORDS_H
#define CORE_FIELD_WORDS_H

#include "core/arena.h"
#include "core/procedure.h"

/* A place in a procedure, counted from 1: "legal_bases[1].number" is "Căn cứ pháp lý thứ 2, số ký hiệu" and "Legal
 * basis 2, number". A list without a number ("legal_bases[].number") means its items in general: "Căn cứ pháp lý, số
 * ký hiệu". From where a path is none of a procedure's, it is shown as it is written. In the arena. */
struct text field_words_place(struct arena *arena, struct text place, enum language language);

/* What stands at the place: its type; of a list's item, the item's. NULL: the path is none of a procedure's. */
const struct field *field_words_find(struct text place);

/* A value as people say it: a choice by its words ("toàn trình"), a day as documents write it (dd/MM/yyyy in
 * Vietnamese), anything else as it is. `field` may be NULL. In the arena or borrowed. */
struct text field_words_value(struct arena *arena, const struct field *field, struct text value,
                              enum language language);

#endif
