/* The query of a database that is only read: one SELECT, which may begin with WITH. What reads a foreign database opens it
 * for reading alone, or rolls back; this says it before anything is opened, as check does. */
#ifndef EXTRACT_QUERY_H
#define EXTRACT_QUERY_H

#include "extract/fetch.h"

/* STATUS_USAGE, at the "query" of the source's `fetch`. */
enum status query_only_reads(const struct fetch *fetch, const char *query, struct error *error);

#endif
