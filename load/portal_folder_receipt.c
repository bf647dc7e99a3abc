/* Receipts: what came back of packages. All of it is a stranger's word. */
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/memory.h"
#include "load/portal_folder.h"

#define FILE_MAX ((size_t)64 << 20)

static const struct {
    const char *word;
    enum folder_verdict verdict;
} message[] = {
    { "published", FOLDER_PUBLISHED }, { "withdrawn", FOLDER_WITHDRAWN }, { "abolished", FOLDER_WITHDRAWN },
    { "refused", FOLDER_REFUSED },     { "rejected", FOLDER_REFUSED },    { "conflict", FOLDER_CONFLICT },
    { "lost", FOLDER_LOST },
};

const char *folder_verdict_name(enum folder_verdict verdict)
{
    for (size_t i = 0; i < sizeof message / sizeof *message; i++)
        if (message[i].verdict == verdict)
            return message[i].word;
    return "";
}

void folder_receipts_free(struct folder_receipts *receipts)
{
    arena_free(&receipts->arena);
    free(receipts->used);
    *receipts = (struct folder_receipts){ .list = NULL };
}

/* ---- reading ---- */

static void add(struct folder_receipts *receipts, const struct folder_receipt *receipt)
{
    if (receipts->count == receipts->capacity) {
        receipts->capacity = receipts->capacity ? receipts->capacity * 2 : 64;
        struct folder_receipt *list =
            arena_array(&receipts->arena, struct folder_receipt, receipts->capacity);
        if (receipts->count)
            memcpy(list, receipts->list, receipts->count * sizeof *list);
        receipts->list = list;
    }
    receipts->list[receipts->count++] = *receipt;
}

static struct text non_empty(const struct value *entry, const char *name)
{
    struct text text = text_trim(value_text_of(entry, name));
    return text.length ? text : TEXT_NONE;
}

static const char *read_entry(const struct value *entry, struct text package, struct folder_receipt *receipt)
{
    struct text status = non_empty(entry, "status"), hex = non_empty(entry, "digest");
    size_t word = 0;
    if (entry->kind != VALUE_OBJECT)
        return _("it is no object");
    while (word < sizeof message / sizeof *message && !text_is(status, message[word].word))
        word++;
    if (word == sizeof message / sizeof *message)
        return _("its status is none of published, withdrawn, refused, conflict and lost");
    receipt->entry = entry;
    receipt->verdict = message[word].verdict;
    receipt->key = non_empty(entry, "key");
    receipt->code = non_empty(entry, "code");
    receipt->package = non_empty(entry, "package");
    if (!receipt->package.bytes)
        receipt->package = package;
    receipt->has_digest = hex.bytes && digest_from_typed(hex, &receipt->digest);
    if (hex.bytes && !receipt->has_digest)
        return _("its digest is none: 64 hexadecimal digits");
    if (receipt->key.bytes || (receipt->code.bytes && receipt->has_digest))
        return NULL;
    if (receipt->code.bytes || !receipt->package.bytes || receipt->verdict != FOLDER_LOST)
        return _("it names neither a key nor a code with a digest (a package alone may only be lost)");
    return NULL;
}

static void read_entries(struct portal *portal, struct folder_receipts *receipts,
                         const struct value *document, const char *file, const struct digest *digest)
{
    bool wrapped = document->kind == VALUE_OBJECT;
    const struct value *list = wrapped ? value_find(document, "items") : document;
    struct text package = wrapped ? non_empty(document, "package") : TEXT_NONE;
    if (wrapped && !list && value_find(document, "status")) { /* one entry alone */
        struct value *alone = value_list(&receipts->arena);
        value_append(alone, value_copy(&receipts->arena, document));
        list = alone;
    }
    if (!list || list->kind != VALUE_LIST) {
        if (!receipts->told)
            portal_notice(portal, _("the receipt %s cannot be used: it is no JSON list"), file);
        return;
    }
    struct folder_receipt receipt = { .file = file, .file_digest = digest };
    size_t number = 0;
    for (const struct value *entry = list->first; entry; entry = entry->next) {
        receipt.number = ++number;
        const char *why = read_entry(entry, package, &receipt);
        if (!why)
            add(receipts, &receipt);
        else if (!receipts->told)
            portal_notice(portal, _("entry %zu of the receipt %s cannot be used: %s"), number, file, why);
    }
}

static int compare_texts(struct text left, struct text right)
{
    if (!left.bytes || !right.bytes)
        return (left.bytes != NULL) - (right.bytes != NULL);
    return text_compare(left, right);
}

static int compare_receipts(const void *left, const void *right)
{
    const struct folder_receipt *one = left, *other = right;
    int order = compare_texts(one->key, other->key);
    return order ? order : compare_texts(one->code, other->code);
}

enum status folder_receipts_read(struct portal *portal, struct folder_receipts *receipts, struct error *error)
{
    const struct folder_settings *settings = (const struct folder_settings *)portal->settings;
    struct file_list files;
    arena_clear(&receipts->arena);
    receipts->list = NULL;
    receipts->count = receipts->capacity = 0;
    if (file_list_folder(&receipts->arena, settings->receipts, "*.json", &files, error))
        return error->status == STATUS_STOP ? STATUS_STOP : error_copy(error, STATUS_STOP, error);
    for (size_t i = 0; i < files.count; i++) {
        struct error fault = { .status = STATUS_OK };
        struct text bytes;
        struct value *document;
        if (file_read(&receipts->arena, files.paths[i], FILE_MAX, &bytes, &fault) ||
            json_parse(&receipts->arena, bytes, &document, &fault)) {
            if (!receipts->told)
                portal_notice(portal, _("the receipt %s cannot be used: %s"), files.names[i], fault.message);
            continue;
        }
        struct digest *digest = arena_new(&receipts->arena, struct digest);
        *digest = crypto_sha256(bytes);
        read_entries(portal, receipts, document, files.names[i], digest);
    }
    receipts->told = true;
    if (receipts->count)
        qsort(receipts->list, receipts->count, sizeof *receipts->list, compare_receipts);
    return STATUS_OK;
}

/* ---- finding ---- */

/* The first whose key and code are not before these. */
static size_t seek(const struct folder_receipts *receipts, struct text key, struct text code)
{
    struct folder_receipt wanted = { .key = key, .code = code };
    size_t low = 0, high = receipts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_receipts(&receipts->list[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A receipt that lay there before the package was made says nothing about it, unless it names it. */
static bool is_about(const struct folder_receipt *receipt, const struct folder_item *item)
{
    char hex[DIGEST_HEX];
    if (receipt->package.bytes)
        return text_equal(receipt->package, item->package->name);
    struct text seen = value_text_of(item->package->before, receipt->file);
    digest_hex(receipt->file_digest, hex);
    return !text_is(seen, hex);
}

static bool agrees(const struct folder_receipt *found, const struct folder_receipt *receipt)
{
    bool same_content =
        !found->has_digest || !receipt->has_digest || digest_equal(&found->digest, &receipt->digest);
    return found->verdict == receipt->verdict && same_content;
}

bool folder_receipt_used(const struct folder_receipts *receipts, const struct folder_receipt *receipt)
{
    for (size_t i = 0; i < receipts->used_count; i++)
        if (receipts->used[i].number == receipt->number &&
            digest_equal(&receipts->used[i].file, receipt->file_digest))
            return true;
    return false;
}

static void use(struct folder_receipts *receipts, const struct folder_receipt *receipt)
{
    receipts->used =
        memory_more(receipts->used, receipts->used_count, &receipts->used_capacity, sizeof *receipts->used);
    receipts->used[receipts->used_count++] = (struct folder_used){ *receipt->file_digest, receipt->number };
}

struct search {
    struct folder_receipts *receipts;
    const struct folder_item *item;
    const struct folder_receipt *found;
};

static enum status take(struct search *search, const struct folder_receipt *receipt, struct error *error)
{
    const struct folder_receipt *found = search->found;
    if (!is_about(receipt, search->item))
        return STATUS_OK;
    use(search->receipts, receipt);
    if (receipt->code.bytes && !text_equal(receipt->code, search->item->code))
        return error_set(
            error, STATUS_REJECT,
            _("entry %zu of the receipt %s has the key of " TEXT_PRINT " and the code " TEXT_PRINT),
            receipt->number, receipt->file, TEXT_ARG(search->item->code), TEXT_ARG(receipt->code));
    if (found && !agrees(found, receipt))
        return error_set(error, STATUS_REJECT,
                         _("receipts contradict one another: %s in %s, %s in %s; take the wrong one away"),
                         folder_verdict_name(found->verdict), found->file,
                         folder_verdict_name(receipt->verdict), receipt->file);
    if (!found || !value_find(found->entry, "version"))
        search->found = receipt;
    return STATUS_OK;
}

enum status folder_receipts_find(struct folder_receipts *receipts, const struct folder_item *item,
                                 const struct folder_receipt **receipt, struct error *error)
{
    struct search search = { .receipts = receipts, .item = item };
    /* without key and code: whole packages */
    for (size_t i = 0; i < receipts->count && !receipts->list[i].key.bytes && !receipts->list[i].code.bytes;
         i++)
        if (take(&search, &receipts->list[i], error))
            return error->status;
    for (size_t i = seek(receipts, TEXT_NONE, item->code); i < receipts->count; i++) {
        const struct folder_receipt *at = &receipts->list[i];
        if (at->key.bytes || !text_equal(at->code, item->code))
            break;
        bool ours = digest_equal(&at->digest, &item->digest) || digest_equal(&at->digest, &item->content);
        if (ours && take(&search, at, error))
            return error->status;
    }
    for (size_t i = seek(receipts, item->key, TEXT_NONE); i < receipts->count; i++) {
        const struct folder_receipt *at = &receipts->list[i];
        if (!text_equal(at->key, item->key))
            break;
        if (take(&search, at, error))
            return error->status;
    }
    *receipt = search.found;
    return search.found ? STATUS_OK : STATUS_END;
}

bool folder_receipts_give_up(struct folder_receipts *receipts, struct text key)
{
    for (size_t i = seek(receipts, key, TEXT_NONE); i < receipts->count; i++) {
        if (!text_equal(receipts->list[i].key, key))
            break;
        use(receipts, &receipts->list[i]);
        if (receipts->list[i].verdict == FOLDER_LOST)
            return true;
    }
    return false;
}
