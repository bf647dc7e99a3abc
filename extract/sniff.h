/* What a document is that its format cannot read, told by what it begins with. */
#ifndef EXTRACT_SNIFF_H
#define EXTRACT_SNIFF_H

#include "core/error.h"
#include "core/text.h"
#include "record/source.h"

/* `start` is the first block of a document of a format of texts. STATUS_STOP, with its name and what to do, when
 * it is packed (gzip, zip, bzip2, xz, zstd), a PDF, an old office file, or for JSON: UTF-16 without its mark,
 * JSONP, or behind a prefix against scripts. */
enum status sniff_refuse(const struct source *source, struct text start, struct error *error);

#endif
