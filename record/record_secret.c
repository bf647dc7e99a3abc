#include "adapters/secrets.h"
#include "adapters/unescape.h"
#include "adapters/unicode.h"
#include "record/normalise.h"
#include "record/record.h"

bool record_holds_secret(struct text text)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer seen = { 0 };
    if (secrets_named_in(text))
        return true;
    if (!secrets_any_named() || unicode_invalid_at(text) < text.length)
        return false;
    if (unescape_put(&seen, text))
        text = buffer_view(&seen);
    if (secrets_named_are_plain() && normalise_keeps_ascii(text))
        return false;
    return secrets_named_in(normalise_to_look_into(&arena, text));
}
