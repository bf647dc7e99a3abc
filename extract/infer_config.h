/* Looks at real input and proposes a source that a person corrects: for `init --from`. */
#ifndef EXTRACT_INFER_CONFIG_H
#define EXTRACT_INFER_CONFIG_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

/* `what` is a file, a folder or a URL. The YAML is one item of the list `sources`, its dash in the third column; its
 * name is that of none of the list `beside` (NULL: none). It lives in the arena. */
enum status infer_config_write(struct arena *arena, const char *what, const struct value *beside,
                               struct text *yaml, struct error *error);

#endif
