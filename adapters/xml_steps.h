/* The path of a source's `records`, tested while reading: child steps, and a predicate behind the last. */
#ifndef ADAPTERS_XML_STEPS_H
#define ADAPTERS_XML_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/xml.h"

#define XML_STEPS_MAX 32

bool xml_name_byte(char byte); /* may stand in a name, as far as one byte tells */

struct xml_step {
    char *name; /* NULL: any */
    char *uri;  /* NULL: none, or any with `any_uri` */
    bool any_uri;
    bool deep; /* "//" stands before it */
};

struct xml_steps {
    size_t count;
    struct xml_step steps[XML_STEPS_MAX];
    struct text predicate; /* as an XPath from the element, or empty; owned */
    struct text nested;    /* as an XPath: what of the same name fits it inside the element; with it */
};

/* A set of states: bit n says that n steps have been matched by the elements so far. */
#define XML_STEPS_BEGIN 1U

enum status xml_steps_compile(struct text records, const struct xml_namespace *namespaces, size_t count,
                              struct xml_steps *steps, struct error *error);
uint64_t xml_steps_enter(const struct xml_steps *steps, uint64_t states, const char *name, const char *uri);
bool xml_steps_reached(const struct xml_steps *steps, uint64_t states);
/* Was there a place for records, going by all states that were entered: the parent of the last step? */
bool xml_steps_within(const struct xml_steps *steps, uint64_t anywhere);
/* Can that place be told from any other? Not where nothing stands above the last step, or "*" alone. */
bool xml_steps_names_place(const struct xml_steps *steps);
void xml_steps_free(struct xml_steps *steps);

#endif
