/* A run as the ledger knows it: every command that writes to the store begins and ends one. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"
#include "extract/extract.h"
#include "load/load.h"
#include "store/store_run.h"
#include "transform/transform.h"

/* The person who gave the command: the one behind sudo, else the owner of the process. */
const char *run_operator(void);

/* --reason, where the ledger is to keep why. STATUS_USAGE without one. */
enum status run_need_reason(const struct invocation *invocation, struct error *error);

/* What the stages are asked for by the configuration and the command line; the caller adds who is told of
 * progress. */
struct extract_request run_extract_request(struct session *session);
struct transform_request run_transform_request(struct session *session);
struct load_request run_load_request(struct session *session);

/* Opens the store to be read, in a mode that only reads: --store's without a trace. To be closed with
 * run_close_read: that gives `status`, or what speaks against what was read. */
enum status run_read_store(struct session *session, enum store_mode mode, struct store **store,
                           struct error *error);
/* … for who tells what events say: those of a code, or (bytes NULL) all of them, are held against the ledger's head first. */
enum status run_read_events(struct session *session, enum store_mode mode, struct text code,
                            struct store **store, struct error *error);

/* STATUS_USAGE: of this code nothing is known. */
enum status run_tell_unknown(struct text code, struct error *error);
/* STATUS_USAGE for a --code that the store does not know. */
enum status run_check_codes(const struct session *session, struct store *store, struct error *error);
/* STATUS_USAGE for a number that no run has (0 is none asked for), and for a --rule that is neither in force nor
 * found anything that is kept. */
enum status run_check_run(struct store *store, int64_t run, struct error *error);
enum status run_check_rule(const struct session *session, struct store *store, struct error *error);
enum status run_close_read(struct store *store, enum status status, struct error *error);

/* Opens the store to be written (STATUS_BUSY: another run has it) and begins the run. On failure nothing is
 * open. */
enum status run_open(struct session *session, struct store **store, int64_t *run, struct error *error);

/* Ends the run, unless `status` says that nothing can be written any more, and closes the store. Gives the
 * exit code: `exit_code` when all went well. Returns `status`, or what went wrong with the end, in *error. */
enum status run_close(struct session *session, struct store *store, enum status status,
                      const struct run_counts *counts, int *exit_code, struct error *error);

/* The parts, for who has more to do in between. */
enum status run_begin(struct session *session, struct store *store, int64_t *run, struct error *error);
enum status run_end(struct session *session, struct store *store, enum status status,
                    const struct run_counts *counts, int *exit_code, struct error *error);

#endif
