/* The result of a query, whatever database gives it: what a driver of `fetch` hands to the decoder of the
 * format `rows`. */
#ifndef EXTRACT_ROWS_H
#define EXTRACT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/text.h"

enum rows_kind {
    ROWS_TEXT,
    ROWS_NUMBER, /* an integer, or a decimal with its zeros */
    ROWS_REAL,   /* a binary fraction (REAL, FLOAT, DOUBLE), which has no zeros at its end */
};

struct rows {
    void *user_data; /* the driver's */
    size_t columns;
    const char *(*title)(const struct rows *rows, size_t at); /* UTF-8; lives as long as the rows */
    /* STATUS_OK: a row stands ready; STATUS_END; anything else: the result broke off here. */
    enum status (*next)(struct rows *rows, struct error *error);
    /* A cell of the row that stands ready: each is asked for once, from left to right. Its bytes as the
     * database gives them (the decoder looks whether they are text), borrowed until the next call; TEXT_NONE:
     * NULL. STATUS_REJECT: only this row is bad; STATUS_STOP: the result broke off. */
    enum status (*cell)(struct rows *rows, size_t at, struct text *cell, struct error *error);
    enum rows_kind (*kind)(const struct rows *rows, size_t at); /* of that cell */
};

#endif
