/* A report's document (report/report.h) for whoever asked: a table on the terminal, or the bytes of a file. */
#ifndef CLI_REPORT_OUTPUT_H
#define CLI_REPORT_OUTPUT_H

#include "cli/cli.h"
#include "core/workday.h"

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_XLSX, REPORT_HTML, REPORT_JSON };

/* What --format or --json asks for, else a table. STATUS_USAGE for another word. */
enum status report_output_format(const struct invocation *invocation, enum report_format *format,
                                 struct error *error);
const char *report_output_ending(enum report_format format); /* "xlsx" */

/* The code list "holidays"; NULL when the configuration has none. In the arena. */
const struct workday_calendar *report_output_calendar(const struct session *session, struct arena *arena);

/* To stdout. STATUS_USAGE for a workbook on a terminal. */
enum status report_output_print(struct session *session, struct arena *arena, const struct value *document,
                                enum report_format format, struct error *error);

/* The bytes of a file; no table. */
enum status report_output_bytes(const struct session *session, const struct value *document,
                                enum report_format format, struct buffer *out, struct error *error);

#endif
