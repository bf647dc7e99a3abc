/* A list as a file to be taken away: CSV, XLSX or JSON, written row by row into a file without a name in the console's
 * temporary folder. Neither memory nor the store's snapshot is held for whoever reads it slowly. For console/ only.
 */
#ifndef CONSOLE_EXPORT_H
#define CONSOLE_EXPORT_H

#include "adapters/spool_file.h"
#include "console/list.h"

#define EXPORT_BYTES ((uint64_t)1 << 30)

enum export_format { EXPORT_CSV, EXPORT_XLSX, EXPORT_JSON, EXPORT_FORMATS };

struct export;

/* "csv", its Content-Type */
const char *export_ending(enum export_format format);
const char *export_type(enum export_format format);

/* Borrows page and list. */
enum status export_open(struct page *page, const struct list *list, enum export_format format,
                        struct export **export, struct error *error);
/* A row_visit's. STATUS_STOP when there are more bytes than EXPORT_BYTES. */
enum status export_row(void *export, struct value *row, struct arena *arena, struct error *error);
/* The file is the caller's. */
enum status export_finish(struct export *export, struct spool_file *spool, struct error *error);
void export_close(struct export *export); /* NULL: nothing */

#endif
