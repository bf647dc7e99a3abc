#include "extract/decode.h"

static const struct decode_driver *const drivers[] = {
    [SOURCE_JSON] = &decode_json,
    [SOURCE_NDJSON] = &decode_ndjson,
    [SOURCE_CSV] = &decode_csv,
};

const struct decode_driver *decode_find(enum source_format format)
{
    return (size_t)format < sizeof drivers / sizeof *drivers ? drivers[format] : NULL;
}
