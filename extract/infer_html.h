/* What a page of HTML shows: a table of procedures, or one procedure under labels and headings; the inside of
 * probe. */
#ifndef EXTRACT_INFER_HTML_H
#define EXTRACT_INFER_HTML_H

#include "extract/infer_field.h"

/* The fields of one more page. A table whose rows hold codes is taken as the records (fields->table); then
 * the same place of the pages that follow. */
void infer_html_look(struct infer_fields *fields, const struct record *record);

#endif
