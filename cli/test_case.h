/* One test of the configuration: what is given, what is expected, and how the two differ (docs/rules.md). */
#ifndef CLI_TEST_CASE_H
#define CLI_TEST_CASE_H

#include "core/setting.h"
#include "extract/extract.h"
#include "transform/transform.h"

struct test_case {
    const char *name, *source;
    const struct value *record, *procedure, *others, *expect;
    const char *today, *published, *baseline;
    const struct value *tree;
};

struct test_tools {
    const struct extract_request *extract;
    const struct transform_request *transform;
    const char *folder; /* what the test's files are relative to */
};

/* Reads an item of `tests`. STATUS_USAGE with the place. */
enum status test_case_read(const struct setting_context *context, const struct value *tree,
                           struct test_case *test, struct error *error);

/* Differences: a list of sentences; none when the test passes. STATUS_USAGE when the test itself is wrong. */
enum status test_case_run(const struct setting_context *context, const struct test_case *test,
                          const struct test_tools *tools, struct value *differences, struct error *error);

#endif
