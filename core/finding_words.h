/* A finding in the words of whoever reads it: three voices, made when it is shown.
 *
 *     to the official    what is wrong, where in people's words, the article, what to do
 *     to the operator    the rule's id, the field's path, and what the configuration has to do with it
 *     to programs        finding_value: ids and values as they are kept
 *
 * The words of a rule are its `message`, `to_do` and `operator` in the language asked for, from the configuration or the rules
 * that the run kept; those of the program's own findings, and of what {why} stands for, are the reason's. Where the
 * rule is known nowhere any more, or the finding is of a version that kept no reasons, the night's words are shown.
 */
#ifndef CORE_FINDING_WORDS_H
#define CORE_FINDING_WORDS_H

#include "core/finding.h"

/* Where rules' words are looked for, in turn. */
#define FINDING_RULES 4
struct finding_rules {
    const struct value *trees[FINDING_RULES];
    size_t count;
};
/* A file of rules { rules: [{ id, … }] }, or several such as a run keeps them { rules: [ { rules: … }, … ] }.
 * Borrowed. NULL, and what is more than FINDING_RULES, is left out. */
void finding_rules_add(struct finding_rules *rules, const struct value *tree);
/* The first rule of that id; NULL: there is none. */
const struct value *finding_rules_find(const struct finding_rules *rules, struct text id);

struct finding_words {
    struct text place;     /* "Căn cứ pháp lý thứ 2, số ký hiệu"; "" of the whole record */
    struct text value;     /* what stands there, a choice in words; "" nothing */
    struct text what;      /* "Viết D thay cho Đ" */
    struct text to_do;     /* "" nothing is known */
    struct text article;   /* "điểm b khoản 2 Điều 8 Nghị định số 63/2010/NĐ-CP"; "" none */
    struct text operator_; /* for the operator only: "" nothing more than the ids */
};

/* In the arena, or borrowed from the finding and the rules. `rules` may be NULL. */
void finding_words(struct arena *arena, const struct finding *finding, const struct finding_rules *rules,
                   enum language language, struct finding_words *words);

/* An object as finding_value makes it, or a row: its `message` becomes what is wrong in the reader's words, and
 * `place`, `to_do`, `operator` are added where there are any. */
void finding_words_put(struct arena *arena, struct value *object, const struct finding_rules *rules,
                       enum language language);

/* The night's words of findings that have none yet, as the views keep them: what is wrong. */
void finding_words_say(struct arena *arena, struct findings *findings, enum language language);

/* A rule's message with {why}, {value} and {found}, the first value of the reason, filled in. */
struct text finding_words_fill(struct arena *arena, struct text message, struct text why, struct text value,
                               const struct reason *reason);

#endif
