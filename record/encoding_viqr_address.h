/* Addresses inside a VIQR text: of the web (with a scheme, "www." or a known ending), of mail, and names of files.
 * Their full stops and question marks are no tones, their "dd" is no letter. */
#ifndef RECORD_ENCODING_VIQR_ADDRESS_H
#define RECORD_ENCODING_VIQR_ADDRESS_H

#include "core/text.h"

struct viqr_address {
    size_t start, end; /* start is the text's length when there is none any more */
};
/* The first one from `from` on. One whose signs the text has escaped ("a\.vn") is none: its escapes are read. */
struct viqr_address viqr_address_find(struct text text, size_t from);

#endif
