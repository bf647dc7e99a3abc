/* Who a procedure is for, and at which level of the administration it is done.
 *
 * Codes of subjects are "ĐT" and a number; the public portal gives ASCII "DT11" beside "ĐT4" in one list.
 * Names and levels as the national database writes them: "Công dân Việt Nam", "Cấp tỉnh".
 */
#ifndef CORE_SUBJECT_H
#define CORE_SUBJECT_H

#include <stdbool.h>

#include "core/text.h"

struct arena;

/* "ĐT4", "đt4", "ÐT4" (U+00D0) → "ĐT4", "DT11" → "ĐT11"; zeros in front are kept. False: it is no code. */
bool subject_code(struct arena *arena, struct text text, struct text *code);

/* Takes the next name off a list divided by commas, semicolons or line breaks; false: there is none left. A
 * comma inside brackets divides nothing, nor do those of "Cán bộ, công chức, viên chức": there are two names
 * in "Doanh nghiệp, Tổ chức (không bao gồm doanh nghiệp, HTX)". */
bool subject_next(struct text *rest, struct text *name);

enum subject_level {
    SUBJECT_MINISTRY,
    SUBJECT_PROVINCE,
    SUBJECT_DISTRICT, /* until 2025-06-30 */
    SUBJECT_COMMUNE,
    SUBJECT_OTHER,
};

/* "Cấp tỉnh", "TỈNH", "Cấp Quận/huyện", "Cơ quan khác"; also the canonical names. False: it is no known
 * level. */
bool subject_level_read(struct text text, enum subject_level *level);
const char *subject_level_name(enum subject_level level); /* as in the canonical procedure: "province" */

#endif
