/* Texts of `fetch: {url, …}` that are completed before each request: secrets once (${env:…}, ${file:…},
 * ${credential:…}), ${session} after each login, ${item:POINTER} for each item of a listing. */
#ifndef EXTRACT_URL_TEMPLATE_H
#define EXTRACT_URL_TEMPLATE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/json_pointer.h"
#include "core/text.h"
#include "core/value.h"

struct url_template_piece {
    enum { URL_TEMPLATE_TEXT, URL_TEMPLATE_SESSION, URL_TEMPLATE_ITEM } kind;
    struct text text;  /* TEXT: with its secrets */
    struct text shown; /* TEXT: with their names instead */
    struct json_pointer pointer;
};

struct url_template {
    size_t count;
    struct url_template_piece *pieces;
    bool secret;  /* names a secret */
    bool session; /* holds ${session} */
    bool item;    /* holds ${item:…} */
};

/* Secrets that are files are relative to `folder`. STATUS_USAGE. A NULL text gives an empty template. */
enum status url_template_compile(struct arena *arena, const char *folder, const char *text,
                                 struct url_template *template, struct error *error);

/* How what is put in is written. */
enum url_template_place {
    URL_TEMPLATE_URL,  /* percent-encoded */
    URL_TEMPLATE_JSON, /* escaped for the inside of a JSON text */
    URL_TEMPLATE_RAW,
};
/* STATUS_REJECT when the item has no text there. Appends; `item` may be NULL where the template has none. */
enum status url_template_fill(const struct url_template *template, enum url_template_place place,
                              struct text session, const struct value *item, struct buffer *out,
                              struct error *error);
/* For messages and locators: without secrets, session, and user or password of a URL. */
void url_template_show(const struct url_template *template, const struct value *item, struct buffer *out);

#endif
