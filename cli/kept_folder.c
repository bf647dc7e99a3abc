#include "cli/kept_folder.h"

#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/message.h"

#define LIST_MOST (256u << 20) /* bytes; none of ours is so large */

static const char *path_of(const struct kept_folder *folder, struct text name)
{
    return file_path(folder->arena, folder->path, text_string(folder->arena, name));
}

static struct value *digest_of(struct arena *arena, struct text bytes)
{
    struct digest digest = crypto_sha256(bytes);
    return value_digest(arena, &digest);
}

enum status kept_folder_open(struct kept_folder *folder, struct arena *arena, const char *path,
                             struct error *error)
{
    struct error unread;
    struct text bytes;
    *folder = (struct kept_folder){ .arena = arena, .path = path, .now = value_object(arena) };
    if (file_make_folders(path, FILE_OURS, error))
        return error->status;
    const char *index = path_of(folder, TEXT(KEPT_FOLDER_INDEX));
    /* Without it nothing is ours: nothing is lost then. */
    if (file_read(arena, index, LIST_MOST, &bytes, &unread) ||
        json_parse(arena, bytes, &folder->earlier, &unread) || folder->earlier->kind != VALUE_OBJECT)
        folder->earlier = value_object(arena);
    return STATUS_OK;
}

/* As it was written: what somebody changed is his. The index may have been written by anybody. */
static bool is_ours(const struct kept_folder *folder, struct text name)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text bytes;
    struct error unread;
    const struct value *known = value_find_text(folder->earlier, name);
    return known && name.length && !memchr(name.bytes, '/', name.length) &&
           !file_read(&arena, path_of(folder, name), LIST_MOST, &bytes, &unread) &&
           text_equal(known->text, digest_of(&arena, bytes)->text);
}

enum status kept_folder_check(const struct kept_folder *folder, struct text name, struct error *error)
{
    return !file_exists(path_of(folder, name)) || is_ours(folder, name)
               ? STATUS_OK
               : error_set(error, STATUS_USAGE,
                           _("%s is no list that was written here, or was changed since, and is not written "
                             "over: take it away, or name another folder"),
                           path_of(folder, name));
}

enum status kept_folder_put(struct kept_folder *folder, struct text name, struct text bytes,
                            struct error *error)
{
    if (file_write(path_of(folder, name), bytes, FILE_OURS, error))
        return error->status;
    value_set_text(folder->now, name, digest_of(folder->arena, bytes));
    return STATUS_OK;
}

enum status kept_folder_close(struct kept_folder *folder, struct kept_folder_swept *swept,
                              struct error *error)
{
    BUFFER_OWNED struct buffer index = { 0 };
    swept->removed = value_list(folder->arena);
    swept->left = value_list(folder->arena);
    for (const struct value *list = folder->earlier->first; list; list = list->next) {
        if (memchr(list->name.bytes, '/', list->name.length) || value_find_text(folder->now, list->name) ||
            !file_exists(path_of(folder, list->name)))
            continue;
        bool goes =
            swept->ending.bytes && text_ends(list->name, swept->ending) && is_ours(folder, list->name);
        value_append(goes ? swept->removed : swept->left, value_text(folder->arena, list->name));
        if (goes)
            file_remove(path_of(folder, list->name));
        else
            value_set_text(folder->now, list->name, value_copy(folder->arena, list));
    }
    canonical_write(&index, folder->now);
    return file_write(path_of(folder, TEXT(KEPT_FOLDER_INDEX)), buffer_view(&index), FILE_OURS, error);
}
