/* For report/approval_list*.c only: the parts of a list. */
#ifndef REPORT_APPROVAL_LIST_PARTS_H
#define REPORT_APPROVAL_LIST_PARTS_H

#include "core/value.h"

enum approval_list_part { APPROVAL_PART_WITHDRAW, APPROVAL_PART_CHANGE, APPROVAL_PART_NEW, APPROVAL_PARTS };
extern const char *const approval_list_headings[APPROVAL_PARTS];

enum approval_list_part approval_list_part(const struct value *step);
size_t approval_list_count(const struct value *described, enum approval_list_part part);
void approval_list_title(const struct value *described, struct buffer *out);

#endif
