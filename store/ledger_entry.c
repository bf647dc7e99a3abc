#include "store/ledger_entry.h"

#include "core/canonical.h"

static void put_member(struct buffer *out, const char *name, struct text text)
{
    if (!text.bytes)
        return;
    buffer_string(out, out->length > 1 ? ",\"" : "\"");
    buffer_string(out, name);
    buffer_string(out, "\":");
    canonical_text(out, text);
}

/* The members in the order that RFC 8785 gives them; the detail is canonical JSON already. */
void ledger_canonical(struct buffer *out, const struct ledger_entry *entry)
{
    char hex[DIGEST_HEX];
    buffer_clear(out);
    buffer_char(out, '{');
    put_member(out, "actor", entry->actor);
    put_member(out, "at", entry->at);
    put_member(out, "code", entry->code);
    buffer_string(out, ",\"detail\":");
    buffer_text(out, entry->detail);
    if (entry->has_digest) {
        digest_hex(&entry->digest, hex);
        put_member(out, "digest", text_of(hex));
    }
    put_member(out, "event", entry->event);
    buffer_printf(out, ",\"run\":%lld,\"seq\":%lld", (long long)entry->run, (long long)entry->seq);
    put_member(out, "source", entry->source);
    buffer_char(out, '}');
}
