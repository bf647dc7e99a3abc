/* What the portal holds and what was done to it: one SQLite database, in a file or in memory.
 *
 * Tables, for tests to read: held(code, version, digest, status, updated_at, agency, form, content),
 * keys(key, fingerprint, answer, code, version, digest, status, updated_at), and append-only
 * effects(id, at, code, action, key, digest, version, source) and requests(id, at, method, path, key, status,
 * fault).
 *
 * A failure of SQLite sticks: what follows does nothing until simulator_state_end tells it.
 */
#ifndef TESTS_SUPPORT_PORTAL_SIMULATOR_STATE_H
#define TESTS_SUPPORT_PORTAL_SIMULATOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct simulator_state;

struct simulator_held {
    struct text code, digest, status, updated_at;
    struct text agency;  /* bytes NULL: none */
    struct text form;    /* "canonical" or "mapi" */
    struct text content; /* as received */
    int64_t version;     /* 1, 2, … for each code */
};

struct simulator_key {
    struct text key, fingerprint;
    int answer;                 /* HTTP status */
    struct simulator_held held; /* without content, agency and form */
};

enum status simulator_state_open(const char *path, bool sync, struct simulator_state **state,
                                 struct error *error);
void simulator_state_close(struct simulator_state *state);

void simulator_state_begin(struct simulator_state *state);
/* Commits, or undoes everything since begin. */
enum status simulator_state_end(struct simulator_state *state, bool commit, struct error *error);

/* Texts come back copied into the arena. */
bool simulator_state_find(struct simulator_state *state, struct arena *arena, struct text code,
                          struct simulator_held *held);
void simulator_state_hold(struct simulator_state *state, const struct simulator_held *held);
bool simulator_state_key(struct simulator_state *state, struct arena *arena, struct text key,
                         struct simulator_key *answer);
void simulator_state_keep_key(struct simulator_state *state, const struct simulator_key *answer);
void simulator_state_effect(struct simulator_state *state, const struct simulator_held *held,
                            const char *action, struct text key, const char *source);
void simulator_state_log(struct simulator_state *state, struct text at, const char *method, struct text path,
                         struct text key, int status, struct text fault);

/* Up to `limit` of what is held, in order of code. agency bytes NULL: of all; otherwise the agency's, and
 * what has none. Without content unless asked. Returns their number. */
size_t simulator_state_list(struct simulator_state *state, struct arena *arena, struct text agency,
                            struct text after, size_t limit, bool content, struct simulator_held *list);

/* The rows of effects as a JSON list, oldest first, behind the row `after`; code bytes NULL: all. */
void simulator_state_write_effects(struct simulator_state *state, struct buffer *out, struct text code,
                                   int64_t after, int64_t limit);
int64_t simulator_state_count(struct simulator_state *state, const char *table);
void simulator_state_write_effect_counts(struct simulator_state *state,
                                         struct buffer *out); /* "publish":3,… */
void simulator_state_clear(struct simulator_state *state);

#endif
