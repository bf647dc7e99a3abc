/* Letters that were spoilt before they came here: what stands in their place in valid Unicode. */
#ifndef RECORD_ENCODING_DAMAGE_H
#define RECORD_ENCODING_DAMAGE_H

#include "core/error.h"
#include "record/encoding_detect.h"
#include "record/encoding_finding.h"

/* STATUS_REJECT with the evidence, where a text holds
 * - UTF-8 that was read as another encoding and encoded once more (a survey knows),
 * - U+FFFD,
 * - question marks in the place of letters ("Th? t?c hành chính"; not in addresses, nor where only a blank is
 *   missing; `ascii`: the mark may be VIQR's, so that only what is none counts),
 * - letters of far scripts inside words of Latin ones ("hi黇u"),
 * - an amount with a sign that is đ in an old font ("50.000®"). */
enum status encoding_damage_judge(struct text utf8, bool ascii, const struct encoding_survey *survey,
                                  struct encoding_finding *finding, struct error *error);

/* Unicode by its source's word: the first two beyond doubt, and at least two words with such question marks.
 * The other is quick: false where there is nothing to judge. */
enum status encoding_damage_judge_named(struct text utf8, struct encoding_finding *finding,
                                        struct error *error);
bool encoding_damage_possible(struct text utf8);

/* What came out of an old encoding: question marks as above, or words that are still VIQR. */
enum status encoding_damage_judge_decoded(struct text utf8, struct encoding_finding *finding,
                                          struct error *error);

#endif
