/* The grammar of document_number.h, without any repair: the strict half of document_number. */
#ifndef CORE_DOCUMENT_GRAMMAR_H
#define CORE_DOCUMENT_GRAMMAR_H

#include "core/document_number.h"

/* Reads a whole text. RIGHT fills kind, number, year and issuer, which borrow from the text. `name` is what
 * the words in front called the document, or none: it decides the kind where the number leaves it open, and
 * must agree otherwise. `better`, for PLAIN_D and CASE, is the number as it was meant, or none. */
enum document_number_fault document_grammar_read(struct arena *arena, struct text text, struct text name,
                                                 struct document_number *number, struct text *better);

/* The bytes of letters that a symbol can have at the text's start. */
size_t document_grammar_letters(struct text text);
size_t document_grammar_digits(struct text text);

#endif
