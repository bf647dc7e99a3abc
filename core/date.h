/* Calendar dates and the formats that sources write them in. */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

#define DATE_TEXT         11       /* "yyyy-mm-dd" with its NUL */
#define DATE_ZONE_MINUTES (7 * 60) /* Asia/Ho_Chi_Minh has no summer time */

struct date {
    int year, month, day;
};

/* Formats: yyyy MM dd d M HH mm ss SSS X or Z (an offset such as +07:00, +0700, +07 or Z), any other byte stands
 * for itself, and 'quoted' text too ('' is a quote; a quoted Z behind a time is UTC all the same); "epoch" and "epoch_ms" are
 * seconds and milliseconds since 1970. dd and MM want two digits, d and M take one or two. A time with an offset, and epochs, give
 * the day in Vietnam. False when the text does not fit the whole format, names a day that does not exist or a year before 1900, or
 * an epoch lies outside 1945 to 2100 or in 1970: that is another number. */
bool date_parse(struct text text, struct text format, struct date *date);
/* For check: it names year, month and day, nothing twice, and every quote ends; or it is an epoch. */
bool date_format_valid(struct text format);
/* The day as date_parse reads it, in a format that is valid; the time is the day's beginning in Vietnam. */
void date_format(struct buffer *out, struct text format, struct date date);
void date_write(struct date date, char text[DATE_TEXT]);
bool date_read(struct text text, struct date *date); /* canonical yyyy-mm-dd */
/* A moment as databases write it: yyyy-mm-dd HH:mm[:ss[.fraction]], T in place of the blank, perhaps an offset
 * behind it: then the day in Vietnam, else its own. */
bool date_read_moment(struct text text, struct date *date);
int64_t date_days(struct date date);      /* since 1970-01-01 */
struct date date_from_days(int64_t days); /* clipped to the years 1 to 9999 */
int date_weekday(struct date date);       /* 0 Monday … 6 Sunday */
int date_compare(struct date left, struct date right);

#endif
