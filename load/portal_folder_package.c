/* Packages, and the register of those that were written. */
#include <stdlib.h>
#include <string.h>

#include "adapters/atomic_directory.h"
#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "load/portal_folder.h"

#define REGISTER_MAX ((size_t)64 << 20)
#define FORMAT       "congkhai-package/1"

static enum status to_stop(struct error *error)
{
    return error->status = STATUS_STOP;
}

/* ---- the register ---- */

void folder_register_free(struct folder_register *registered)
{
    arena_free(&registered->arena);
    *registered = (struct folder_register){ .items = NULL };
}

static int64_t number_of(const struct value *object, const char *name)
{
    struct text text = value_text_of(object, name);
    int64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || number > INT64_MAX / 20)
            return 0;
        number = number * 10 + (text.bytes[i] - '0');
    }
    return number;
}

static struct folder_item *new_item(struct folder_register *registered)
{
    if (registered->count == registered->capacity) {
        registered->capacity = registered->capacity ? registered->capacity * 2 : 256;
        struct folder_item *items = arena_array(&registered->arena, struct folder_item, registered->capacity);
        if (registered->count)
            memcpy(items, registered->items, registered->count * sizeof *items);
        registered->items = items;
    }
    return &registered->items[registered->count++];
}

static bool read_items(struct folder_register *registered, const struct value *manifest,
                       const struct folder_package *package)
{
    const struct value *items = value_find(manifest, "items");
    if (!items || items->kind != VALUE_LIST)
        return false;
    for (const struct value *entry = items->first; entry; entry = entry->next) {
        struct folder_item item = { .key = value_text_of(entry, "key"),
                                    .code = value_text_of(entry, "code"),
                                    .number = number_of(entry, "number"),
                                    .package = package };
        struct text content = value_text_of(entry, "content_digest");
        if (!item.key.length || !item.code.length || !item.number ||
            !digest_from_hex(value_text_of(entry, "digest"), &item.digest))
            return false;
        item.content = item.digest;
        if (content.bytes && !digest_from_hex(content, &item.content))
            return false;
        *new_item(registered) = item;
    }
    return true;
}

static enum status read_package(struct folder_register *registered, const char *path, struct error *error)
{
    struct text bytes;
    struct value *document;
    if (file_read(&registered->arena, path, REGISTER_MAX, &bytes, error) ||
        json_parse(&registered->arena, bytes, &document, error)) {
        (void)error_set(error, STATUS_STOP,
                        _("the register of packages cannot be read (%s): restore it from a backup"),
                        error->message);
        return error->status;
    }
    const struct value *manifest = value_find(document, "manifest");
    struct folder_package *package = arena_new(&registered->arena, struct folder_package);
    package->number = number_of(document, "number");
    package->name = value_text_of(manifest, "package");
    package->before = value_find(document, "receipts_before");
    if (!package->number || !package->name.length || !read_items(registered, manifest, package))
        return error_set(error, STATUS_STOP,
                         _("%s is no entry of the register of packages: restore it from a backup"), path);
    if (package->number > registered->last)
        registered->last = package->number;
    return STATUS_OK;
}

static int compare_items(const void *left, const void *right)
{
    const struct folder_item *one = left, *other = right;
    int order = text_compare(one->key, other->key);
    if (order)
        return order;
    return (one->package->number > other->package->number) - (one->package->number < other->package->number);
}

enum status folder_register_read(const struct folder_settings *settings, struct folder_register *registered,
                                 struct error *error)
{
    struct file_list files;
    folder_register_free(registered);
    if (file_list_folder(&registered->arena, settings->registered, "*.json", &files, error))
        return to_stop(error);
    for (size_t i = 0; i < files.count; i++)
        if (read_package(registered, files.paths[i], error))
            return error->status;
    if (registered->count)
        qsort(registered->items, registered->count, sizeof *registered->items, compare_items);
    return STATUS_OK;
}

const struct folder_item *folder_register_find(const struct folder_register *registered, struct text key)
{
    size_t low = 0, high = registered->count; /* the first behind the key */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(registered->items[middle].key, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && text_equal(registered->items[low - 1].key, key) ? &registered->items[low - 1] : NULL;
}

/* ---- packages ---- */

struct packing {
    struct portal *portal;
    const struct folder_settings *settings;
    struct arena *arena;
    struct atomic_directory *bundle;
    struct text name;
    int64_t number;
    struct buffer sums; /* as sha256sum writes them */
};

static struct text hex_of(struct arena *arena, const struct digest *digest)
{
    return value_digest(arena, digest)->text;
}

static void set(struct packing *packing, struct value *object, const char *name, struct text text)
{
    value_put(packing->arena, object, name, text);
}

/* AGENCY-DATE-NUMBER-CHANCE: readable, in order, and never twice even if the register was lost. */
static struct text name_of(struct packing *packing)
{
    struct clock *clock = packing->portal->clock;
    const char *agency =
        packing->portal->agency && *packing->portal->agency ? packing->portal->agency : "package";
    char date[11], clean[32];
    size_t length = 0;
    clock_format_date(clock->now(clock), date);
    for (; agency[length] && length < sizeof clean - 1; length++) {
        bool plain = (agency[length] >= '0' && agency[length] <= '9') ||
                     ((agency[length] | 0x20) >= 'a' && (agency[length] | 0x20) <= 'z') ||
                     (agency[length] == '.' && length);
        clean[length] = plain ? agency[length] : '_';
    }
    clean[length] = 0;
    return text_format(packing->arena, "%s-%s-%06lld-%06llx", clean, date, (long long)packing->number,
                       (unsigned long long)(clock->random(clock) >> 40));
}

static enum status put(struct packing *packing, const char *file, struct text bytes, struct error *error)
{
    struct digest digest = crypto_sha256(bytes);
    buffer_text(&packing->sums, hex_of(packing->arena, &digest));
    buffer_printf(&packing->sums, "  %s\n", file);
    return atomic_directory_put(packing->bundle, file, bytes, error);
}

static enum status put_errand(struct packing *packing, const struct portal_request *request, size_t number,
                              struct value *items, struct error *error)
{
    struct arena *arena = packing->arena;
    bool withdraws = request->kind == PORTAL_WITHDRAW;
    struct text file = text_format(arena, "%03zu.json", number);
    struct value *item = value_append(items, value_object(arena));
    set(packing, item, "action", withdraws ? TEXT("withdraw") : TEXT("publish"));
    if (request->base.bytes)
        set(packing, item, "base", request->version.bytes ? request->version : request->base);
    set(packing, item, "code", request->code);
    if (withdraws)
        set(packing, item, "content_digest", hex_of(arena, &request->digest));
    set(packing, item, "digest", hex_of(arena, &request->body_digest));
    set(packing, item, "file", file);
    set(packing, item, "key", request->key);
    value_set(item, "number", value_integer(arena, (int64_t)number));
    value_set(item, "size", value_integer(arena, (int64_t)request->body.length));
    return put(packing, file.bytes, request->body, error);
}

static struct value *manifest_of(struct packing *packing, struct value *items)
{
    struct arena *arena = packing->arena;
    struct clock *clock = packing->portal->clock;
    struct value *manifest = value_object(arena);
    struct buffer BUFFER_OWNED bytes = { 0 };
    char *at = arena_alloc(arena, CLOCK_TEXT);
    canonical_write(&bytes, items);
    struct digest digest = crypto_sha256(buffer_view(&bytes));
    clock_format(clock->now(clock), at);
    set(packing, manifest, "agency", text_of(packing->portal->agency));
    set(packing, manifest, "created_at", text_of(at));
    set(packing, manifest, "digest", hex_of(arena, &digest));
    set(packing, manifest, "format", TEXT(FORMAT));
    value_set(manifest, "items", items);
    set(packing, manifest, "package", packing->name);
    set(packing, manifest, "program", TEXT("congkhai " CONGKHAI_VERSION));
    return manifest;
}

static struct value *before_of(struct packing *packing, const struct folder_receipts *receipts)
{
    struct value *before = value_object(packing->arena);
    for (size_t i = 0; i < receipts->count; i++) {
        const struct folder_receipt *receipt = &receipts->list[i];
        if (!receipt->package.bytes && !value_find(before, receipt->file))
            value_set(before, text_string(packing->arena, text_of(receipt->file)),
                      value_text(packing->arena, hex_of(packing->arena, receipt->file_digest)));
    }
    return before;
}

static enum status enter(struct packing *packing, struct value *manifest,
                         const struct folder_receipts *receipts, struct error *error)
{
    struct value *document = value_object(packing->arena);
    struct buffer BUFFER_OWNED bytes = { 0 };
    value_set(document, "manifest", manifest);
    value_set(document, "number", value_integer(packing->arena, packing->number));
    value_set(document, "receipts_before", before_of(packing, receipts));
    canonical_write(&bytes, document);
    struct text file = text_format(packing->arena, TEXT_PRINT ".json", TEXT_ARG(packing->name));
    const char *path = file_path(packing->arena, packing->settings->registered, file.bytes);
    return file_write(path, buffer_view(&bytes), 0666, error) ? to_stop(error) : STATUS_OK;
}

static enum status pack(struct packing *packing, const struct folder_receipts *receipts,
                        struct portal_request *const *requests, size_t count, struct error *error)
{
    struct value *items = value_list(packing->arena);
    struct buffer BUFFER_OWNED bytes = { 0 };
    for (size_t i = 0; i < count; i++)
        if (put_errand(packing, requests[i], i + 1, items, error))
            return error->status;
    struct value *manifest = manifest_of(packing, items);
    canonical_write(&bytes, manifest);
    if (put(packing, "manifest.json", buffer_view(&bytes), error) ||
        atomic_directory_put(packing->bundle, "SHA256SUMS", buffer_view(&packing->sums), error) ||
        atomic_directory_seal(packing->bundle, error) || enter(packing, manifest, receipts, error))
        return error->status;
    return atomic_directory_show(packing->bundle, error);
}

static bool is_entered(const struct folder_settings *settings, struct arena *arena, const char *name)
{
    return file_exists(file_path(arena, settings->registered, text_format(arena, "%s.json", name).bytes));
}

enum status folder_package_write(struct portal *portal, const struct folder_receipts *receipts,
                                 struct portal_request *const *requests, size_t count, int64_t number,
                                 struct arena *arena, struct text *name, struct error *error)
{
    const struct folder_settings *settings = (const struct folder_settings *)portal->settings;
    struct packing packing = { .portal = portal, .settings = settings, .arena = arena, .number = number };
    *name = packing.name = name_of(&packing);
    if (atomic_directory_begin(settings->packages, name->bytes, &packing.bundle, error))
        return error->status;
    enum status status = pack(&packing, receipts, requests, count, error);
    atomic_directory_close(packing.bundle);
    buffer_free(&packing.sums);
    if (status && !is_entered(settings, arena, name->bytes))
        *name = TEXT_NONE;
    return status;
}

enum status folder_package_recover(const struct folder_settings *settings, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const char **names;
    size_t count;
    if (atomic_directory_left(&arena, settings->packages, &names, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++) {
        if (is_entered(settings, &arena, names[i])
                ? atomic_directory_show_left(settings->packages, names[i], error)
                : atomic_directory_drop_left(settings->packages, names[i], error))
            return error->status;
    }
    return STATUS_OK;
}
