/* Does a store's ledger verify, and all that rests on it? What speaks against it is printed. */
#ifndef TESTS_SUPPORT_VERIFIED_H
#define TESTS_SUPPORT_VERIFIED_H

#include <stdio.h>

#include "store/audit.h"
#include "tests/support/test.h"

static inline bool verified(struct store *store)
{
    struct audit_report report;
    struct error error = { 0 };
    struct audit_request request = { 0 };
    if (!CHECK_INT(audit_verify(store, &request, &test_arena, &report, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    for (const struct audit_finding *finding = report.first; finding; finding = finding->next)
        fprintf(stderr, "found: %s\n", finding->message);
    return report.holds;
}

#endif
