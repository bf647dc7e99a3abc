/* The parts of a report's document (report.h), for the files that make one. */
#ifndef REPORT_REPORT_PARTS_H
#define REPORT_REPORT_PARTS_H

#include "report/report_request.h"

void report_column(struct arena *arena, struct value *table, const char *name, const char *heading,
                   const char *kind);

/* Does the row's member say this word? */
bool report_says(const struct value *row, const char *name, const char *word);

/* The row whose members named in `key` are these texts (bytes NULL: none), made when it is not there; the
 * rows stay in order of those texts. */
struct value *report_row(struct arena *arena, struct value *rows, const char *name, struct text text);

/* The row of a group, by its name folded as keys are: "Uỷ ban" and "ủy ban" are one, called as it was met first. report_sort takes
 * the key out. */
struct value *report_group_row(struct arena *arena, struct value *rows, struct text group);

/* Lower case, decomposed, without marks, đ as d: by which rows are ordered as people look for them, and files are
 * named. */
struct text report_plain(struct arena *arena, struct text text);
/* Puts rows in that order of their columns of text; those that are made the same stay as they were. */
void report_sort(struct arena *arena, struct value *document);

/* Adds a code to a figure of a row, which is made as 0 first by report_figure. */
struct value *report_figure(struct arena *arena, struct value *row, const char *name);
void report_count(struct arena *arena, struct value *row, const char *name, struct text code);
int64_t report_count_of(const struct value *row, const char *name);
/* Is it the code that the figure counted last? */
bool report_counts_last(const struct value *row, const char *name, struct text code);

/* numerator / denominator as a percentage with two decimals, half up; a denominator of 0 is "N/A". */
void report_percent(struct arena *arena, struct value *row, const char *name, int64_t numerator,
                    int64_t denominator);
void report_unknown(struct arena *arena, struct value *row, const char *name, const char *why);
void report_forget(struct value *row, const char *name); /* takes a member out */
void report_note(struct arena *arena, struct value *document, const char *text);

/* The codes of rows, of which those of one code follow one another, for a note: "1.000001, 1.000002, …", the first five. */
struct text report_first_codes(struct arena *arena, const struct value *rows);

/* A list behind the figures: an object with columns[] (report_column) and rows[]. */
struct value *report_list(struct arena *arena, struct value *document, const char *name, const char *heading);

/* The names by which a procedure is grouped, in the language of the report: one for an agency or a department, one or
 * more for fields and levels; "(no field stated)" and the like where it says none. */
struct report_groups {
    struct text name[64];
    size_t count;
};
/* What to call the agency whose procedure it is; a code without a name is another's all the same. */
struct text report_agency_of(const struct report_request *request, const struct value *procedure);
void report_groups_of(const struct report_request *request, struct arena *arena,
                      const struct value *procedure, struct report_groups *groups);
const char *report_by_heading(enum report_by by);

/* Terms of the law, counted in working days of the request's calendar. */
bool report_date(const struct value *row, const char *name, struct date *date);
/* Whose terms are its: its own agency's, as for the rules (docs/rules.md, agency.kind). */
enum agency_kind report_agency_kind(const struct report_request *request, const struct value *version);
/* The day by which what was decided must be published: 10 (ministry), 5 (province) or, shortened, 2 working days after the
 * signature (Article 24(2) of Decree 63/2010, amended by 92/2017). False: no day of signature is known, or whose term it is. */
bool report_publication_due(const struct report_request *request, const struct value *version,
                            struct date *due);
enum report_verdict { REPORT_NOT_JUDGED, REPORT_IN_TIME, REPORT_LATE };
/* Was it published in time on that day? Where the calendar begins in a later year, nothing is called late: its holidays were counted. */
enum report_verdict report_publication_judge(const struct report_request *request,
                                             const struct value *version, struct date day);

/* What fills the document of a report (report.c has them in its table). */
report_fill report_make_quantity, report_make_online, report_make_announced, report_make_changes,
    report_make_index_766, report_make_internal;

#endif
