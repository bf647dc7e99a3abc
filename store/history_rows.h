/* Columns of a row as members of an object; NULL gives none. For store/history*.c. */
#ifndef STORE_HISTORY_ROWS_H
#define STORE_HISTORY_ROWS_H

#include "core/date.h"
#include "store/store.h"

void history_text(struct arena *arena, struct value *out, const char *name, struct sqlite_statement *row,
                  int at);
void history_number(struct arena *arena, struct value *out, const char *name, struct sqlite_statement *row,
                    int at);

/* 24:00 in Vietnam, as the ledger writes times. */
void history_end_of_day(struct date day, char text[CLOCK_TEXT]);

/* A content that the portal acknowledged; STATUS_LEDGER where it is not there as it was. */
enum status history_content(struct store *store, struct arena *arena, const struct digest *digest,
                            struct value **content, struct error *error);

#endif
