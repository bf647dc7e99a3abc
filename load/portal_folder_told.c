/* Receipts that came and served nothing: they fit no delivery, or came when it was settled. Each is told once: the
 * register remembers which files were there. */
#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "load/portal_folder.h"

#define SEEN     "receipts.seen"
#define SEEN_MAX ((size_t)16 << 20)
#define TOLD_MAX 20 /* one by one; the rest is counted */

/* What could not be read was nothing seen: it is told again rather than not at all. */
static const struct value *read_seen(const struct folder_settings *settings, struct arena *arena)
{
    struct error fault = { .status = STATUS_OK };
    struct text bytes;
    struct value *seen;
    if (file_read(arena, file_path(arena, settings->registered, SEEN), SEEN_MAX, &bytes, &fault) ||
        json_parse(arena, bytes, &seen, &fault))
        return NULL;
    return seen;
}

static bool is_seen(const struct value *seen, const struct folder_receipt *receipt)
{
    char hex[DIGEST_HEX];
    digest_hex(receipt->file_digest, hex);
    return text_is(value_text_of(seen, receipt->file), hex);
}

static bool is_about(const struct folder_receipt *receipt, const struct folder_item *item)
{
    return receipt->code.bytes && text_equal(receipt->code, item->code) &&
           (digest_equal(&receipt->digest, &item->digest) || digest_equal(&receipt->digest, &item->content));
}

/* The newest delivery that it names; NULL: none. */
static const struct folder_item *find_named(const struct folder_register *registered,
                                            const struct folder_receipt *receipt)
{
    const struct folder_item *newest = NULL;
    if (receipt->key.bytes)
        return folder_register_find(registered, receipt->key);
    for (size_t i = 0; i < registered->count; i++) {
        const struct folder_item *item = &registered->items[i];
        if (is_about(receipt, item) && (!newest || newest->package->number < item->package->number))
            newest = item;
    }
    return newest;
}

static bool fits(const struct folder_register *registered, const struct folder_receipt *receipt)
{
    if (receipt->key.bytes || receipt->code.bytes)
        return find_named(registered, receipt) != NULL;
    for (size_t i = 0; i < registered->count; i++)
        if (text_equal(receipt->package, registered->items[i].package->name))
            return true;
    return false;
}

/* The package of the delivery that it names, where it names another. */
static const struct folder_package *other_package(const struct folder_register *registered,
                                                  const struct folder_receipt *receipt)
{
    const struct folder_item *item = receipt->package.bytes ? find_named(registered, receipt) : NULL;
    return item && !text_equal(item->package->name, receipt->package) ? item->package : NULL;
}

static void tell(struct portal *portal, const struct folder_receipt *receipt,
                 const struct folder_register *registered)
{
    const struct folder_package *other = other_package(registered, receipt);
    struct text what = receipt->key.bytes    ? receipt->key
                       : receipt->code.bytes ? receipt->code
                                             : receipt->package;
    if (other)
        portal_notice(portal,
                      _("entry %zu of the receipt %s (%s, " TEXT_PRINT ") names the package " TEXT_PRINT
                        ", and that delivery is in " TEXT_PRINT ": it says nothing of it, and was not used"),
                      receipt->number, receipt->file, folder_verdict_name(receipt->verdict), TEXT_ARG(what),
                      TEXT_ARG(receipt->package), TEXT_ARG(other->name));
    else if (fits(registered, receipt))
        portal_notice(portal,
                      _("entry %zu of the receipt %s (%s, " TEXT_PRINT
                        ") comes late or again: what became of that "
                        "delivery is settled, and nothing was changed"),
                      receipt->number, receipt->file, folder_verdict_name(receipt->verdict), TEXT_ARG(what));
    else
        portal_notice(portal,
                      _("entry %zu of the receipt %s (%s, " TEXT_PRINT
                        ") fits no delivery of the register: it is of "
                        "another office or store"),
                      receipt->number, receipt->file, folder_verdict_name(receipt->verdict), TEXT_ARG(what));
}

static enum status write_seen(const struct folder_settings *settings, const struct folder_receipts *receipts,
                              struct arena *arena, struct error *error)
{
    struct value *seen = value_object(arena);
    BUFFER_OWNED struct buffer bytes = { 0 };
    for (size_t i = 0; i < receipts->count; i++) {
        const struct folder_receipt *receipt = &receipts->list[i];
        if (!value_find(seen, receipt->file))
            value_set(seen, receipt->file, value_digest(arena, receipt->file_digest));
    }
    canonical_write(&bytes, seen);
    return file_write(file_path(arena, settings->registered, SEEN), buffer_view(&bytes), 0666, error);
}

enum status folder_receipts_tell(struct portal *portal, const struct folder_receipts *receipts,
                                 const struct folder_register *registered, struct error *error)
{
    const struct folder_settings *settings = (const struct folder_settings *)portal->settings;
    ARENA_OWNED struct arena arena = { 0 };
    const struct value *seen = read_seen(settings, &arena);
    size_t told = 0;
    for (size_t i = 0; i < receipts->count; i++) {
        const struct folder_receipt *receipt = &receipts->list[i];
        if (folder_receipt_used(receipts, receipt) || is_seen(seen, receipt))
            continue;
        if (++told <= TOLD_MAX)
            tell(portal, receipt, registered);
    }
    if (told > TOLD_MAX)
        portal_notice(portal, _("%zu more receipts fit nothing, or come late"), told - TOLD_MAX);
    return write_seen(settings, receipts, &arena, error);
}
