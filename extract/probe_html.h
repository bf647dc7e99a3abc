/* What a page of HTML shows: a table of procedures, or one procedure under labels and headings; the inside of
 * probe. */
#ifndef EXTRACT_PROBE_HTML_H
#define EXTRACT_PROBE_HTML_H

#include "extract/probe_field.h"

/* The fields of one more page. A table whose rows hold codes is taken as the records (fields->table); then
 * the same place of the pages that follow. */
void probe_html_look(struct probe_fields *fields, const struct record *record);

#endif
