/* The door to libyaml: one YAML document into values with their lines and columns.
 *
 * A member of a mapping has the place of its name, an item of a list its own, each from 1 and in characters.
 * All scalars are VALUE_TEXT; `plain` tells unquoted ones apart, so that "30" and 30 can be told if it
 * matters. Refused with line and column: names that occur twice in a mapping, more than one document, anchors
 * that multiply (aliases are followed up to 10,000 nodes in all), depth over 100, invalid UTF-8, merge keys,
 * tags.
 */
#ifndef ADAPTERS_YAML_H
#define ADAPTERS_YAML_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

/* `name` is the file's name for messages. An empty document gives an empty object. STATUS_USAGE on failure.
 */
enum status yaml_parse(struct arena *arena, struct text text, const char *name, struct value **value,
                       struct error *error);

/* The doors into YAML for texts from outside. A scalar is plain where nothing in it means anything, else in
 * double quotes with whatever cannot be seen written out; a comment is one line, whatever it says. Bytes that
 * are no UTF-8 cannot stand in YAML: they come out as U+FFFD. */
void yaml_put_scalar(struct buffer *out, struct text text);
void yaml_put_quoted(struct buffer *out, struct text text);
void yaml_put_comment(struct buffer *out, struct text text);

#endif
