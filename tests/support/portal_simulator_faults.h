/* The fault plan: rules that say which requests fail, how, and how often. docs/simulator.md has the language.
 */
#ifndef TESTS_SUPPORT_PORTAL_SIMULATOR_FAULTS_H
#define TESTS_SUPPORT_PORTAL_SIMULATOR_FAULTS_H

#include "tests/support/portal_simulator.h"

struct simulator_faults *simulator_faults_open(uint64_t seed);
void simulator_faults_seed(struct simulator_faults *faults, uint64_t seed);
void simulator_faults_close(struct simulator_faults *faults);

/* STATUS_USAGE names the key or value that is wrong and what could stand there. */
enum status simulator_faults_add(struct simulator_faults *faults, struct text spec, bool from_options,
                                 struct error *error);
void simulator_faults_clear(struct simulator_faults *faults);
void simulator_faults_restart(
    struct simulator_faults *faults); /* those of the options, counting from the start */

/* Rules are tried in order and the first that fires wins; a rule of kind slow adds its pause and lets the
 * others go on. Counts the request against the rules that saw it. */
void simulator_faults_decide(struct simulator_faults *faults, struct arena *arena,
                             enum simulator_operation operation, const struct text *codes, size_t count,
                             struct simulator_decision *decision);

void simulator_faults_write(const struct simulator_faults *faults, struct buffer *out); /* a JSON list */
const char *simulator_operation_name(enum simulator_operation operation);
bool simulator_glob(const char *pattern, const char *code);

#endif
