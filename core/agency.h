/* Codes of agencies: Decision 20/2020/QĐ-TTg, replaced by 09/2025/QĐ-TTg. A letter A–Y and two digits name the
 * agency of the first level (G: ministries, H: provinces), groups behind points those below it: "H26.A1.3". The
 * older form has the first level at its end: "000.00.00.H30". */
#ifndef CORE_AGENCY_H
#define CORE_AGENCY_H

#include "core/text.h"

/* Which terms the law sets it (Decree 63/2010/NĐ-CP, Articles 15 and 24). */
enum agency_kind { AGENCY_UNKNOWN, AGENCY_MINISTRY, AGENCY_PROVINCE };

/* The part of the first level, "H30"; bytes NULL: the code has neither form. */
struct text agency_first_level(struct text code);

/* AGENCY_UNKNOWN where the code does not tell: of letters other than G and H somebody must say. */
enum agency_kind agency_kind_of(struct text code);
/* Of a record: one that names no agency, or the configuration's own, is the configuration's. */
enum agency_kind agency_kind_beside(struct text code, struct text own, enum agency_kind own_kind);

#endif
