/* Looks at real input and proposes a configuration that a person corrects: for `init --from`. */
#ifndef EXTRACT_INFER_CONFIG_H
#define EXTRACT_INFER_CONFIG_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

/* `what` is a file, a folder or a URL. The YAML lives in the arena. */
enum status infer_config_write(struct arena *arena, const char *what, struct text *yaml, struct error *error);

#endif
