/* Findings in the language asked for now: where the words of their rules come from. */
#ifndef REPORT_RULE_WORDS_H
#define REPORT_RULE_WORDS_H

#include "core/finding_words.h"
#include "store/store.h"

struct rule_words {
    struct store *store;
    struct arena *arena;
    enum language language;
    struct finding_rules rules; /* of the configuration, then as the newest run kept them */
    /* Rules of older runs, as they are asked for. */
    struct {
        int64_t run;
        const struct value *tree;
    } runs[8];
    size_t run_count;
};

/* `configured`: the rules and code lists of the configuration, canonical JSON (empty: none); `language`: "vi" or "en".
 * Lives in the arena, which must outlive it. */
enum status rule_words_open(struct text configured, const char *language, struct store *store,
                            struct arena *arena, struct rule_words *words, struct error *error);

/* Gives an object or a row of a finding its words (finding_words_put), which live in the arena. `run` is that of the event which told it, 0: it
 * stands now. What stands now is told in the words of the configuration, what was told once in those of its run; where
 * a rule is gone from there, in those of any place that has it. */
enum status rule_words_put(struct rule_words *words, struct value *object, int64_t run, struct arena *arena,
                           struct error *error);

/* The same for each object of a list; NULL: none. */
enum status rule_words_put_all(struct rule_words *words, struct value *list, int64_t run,
                               struct error *error);

/* An intent is all that a run left which died behind its request: where the object's `state` is unknown and has no words, these. */
void rule_words_put_broken_off(struct arena *arena, struct value *object, const char *state,
                               const char *words);

/* For tables that an operator reads: `why`, what is wrong and what concerns the operator alone, for each object. */
void rule_words_join(struct arena *arena, struct value *list);

#endif
