#include "extract/fetch.h"

#include <stddef.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct folder_settings {
    const char *folder, *match, *file;
};

struct folder_state {
    struct file_list list;
    size_t at;
};

static const struct setting folder_settings[] = {
    { "folder", SETTING_TEXT, offsetof(struct folder_settings, folder), .required = true,
      .help = N_("the folder of the documents") },
    { "match", SETTING_TEXT, offsetof(struct folder_settings, match), .fallback = "*",
      .help = N_("which files, as a shell pattern") },
};

static const struct setting file_settings[] = {
    { "file", SETTING_TEXT, offsetof(struct folder_settings, file), .required = true,
      .help = N_("the document") },
};

#define ODD_SAID 10

/* What stands under a document's name and cannot be one may hide a record: the listing is not whole then. */
static void say_odd(const struct fetch *fetch, const char *folder, const struct file_list *list)
{
    struct text message = TEXT_NONE;
    for (size_t i = 0; fetch->notice && i < list->odd_count && i < ODD_SAID; i++) {
        message =
            text_format(fetch->arena,
                        _("%s/%s is no file but a link that leads nowhere or out of the folder, a pipe or "
                          "a device, and is not read: put the document there, or remove it"),
                        folder, list->odd[i]);
        fetch->notice(fetch->notice_own, message.bytes);
    }
    if (fetch->notice && list->odd_count > ODD_SAID) {
        message =
            text_format(fetch->arena, _("%s: %zu more are no files"), folder, list->odd_count - ODD_SAID);
        fetch->notice(fetch->notice_own, message.bytes);
    }
}

static enum status open_folder(struct fetch *fetch, struct error *error)
{
    const struct folder_settings *settings = fetch->settings;
    struct folder_state *state = arena_new(fetch->arena, struct folder_state);
    fetch->user_data = state;
    const char *folder = file_path(fetch->arena, fetch->folder, settings->folder);
    if (file_list_folder(fetch->arena, folder, settings->match, &state->list, error))
        return error->status;
    say_odd(fetch, settings->folder, &state->list);
    return STATUS_OK;
}

static enum status next_in_folder(struct fetch *fetch, struct document *document, struct error *error)
{
    const struct folder_settings *settings = fetch->settings;
    struct folder_state *state = fetch->user_data;
    if (state->at == state->list.count) {
        fetch->whole = state->list.odd_count == 0;
        return STATUS_END;
    }
    const char *path = state->list.paths[state->at];
    struct text name = text_format(fetch->arena, "%s/%s", settings->folder, state->list.names[state->at]);
    state->at++;
    *document = (struct document){ .name = name.bytes, .path = path };
    if (file_stream_open(fetch->arena, path, &document->stream, error)) {
        error->status = STATUS_STOP;
        return error->status;
    }
    return STATUS_OK;
}

static enum status open_file(struct fetch *fetch, struct error *error)
{
    (void)error;
    fetch->user_data = arena_new(fetch->arena, struct folder_state);
    return STATUS_OK;
}

static enum status next_file(struct fetch *fetch, struct document *document, struct error *error)
{
    const struct folder_settings *settings = fetch->settings;
    struct folder_state *state = fetch->user_data;
    if (state->at++) {
        fetch->whole = true;
        return STATUS_END;
    }
    const char *path = file_path(fetch->arena, fetch->folder, settings->file);
    *document = (struct document){ .name = settings->file, .path = path };
    if (file_stream_open(fetch->arena, path, &document->stream, error)) {
        error->status = STATUS_STOP;
        return error->status;
    }
    return STATUS_OK;
}

const struct fetch_driver fetch_folder = {
    .name = "folder",
    .settings = folder_settings,
    .setting_count = COUNT(folder_settings),
    .size = sizeof(struct folder_settings),
    .open = open_folder,
    .next = next_in_folder,
};

const struct fetch_driver fetch_file = {
    .name = "file",
    .settings = file_settings,
    .setting_count = COUNT(file_settings),
    .size = sizeof(struct folder_settings),
    .open = open_file,
    .next = next_file,
};
