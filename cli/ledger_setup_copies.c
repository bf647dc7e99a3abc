/* Copies of the head: outside of the machine, out of the reach of whoever may write the store. */
#include <ctype.h>

#include "cli/cli.h"
#include "cli/ledger_setup.h"

/* One file a head. */
static const char *file_of(struct arena *arena, const struct audit_head *head, int number)
{
    struct buffer name = { 0 };
    for (size_t i = 0; i < head->origin.length; i++) {
        char letter = head->origin.bytes[i];
        buffer_char(&name, isalnum((unsigned char)letter) || letter == '.' || letter == '-' ? letter : '_');
    }
    buffer_printf(&name, "-%010llu", (unsigned long long)head->size);
    if (number > 1)
        buffer_printf(&name, "-%d", number);
    buffer_string(&name, ".checkpoint");
    const char *file = text_string(arena, buffer_view(&name));
    buffer_free(&name);
    return file;
}

/* Another head of as many events shows that the ledger went two ways: it is never written over. False: it lies there already. */
static bool find_place(struct session *session, struct arena *arena, const char *folder,
                       const struct audit_head *head, const char **file)
{
    for (int number = 1; number < 10000; number++) {
        struct error unread = { 0 };
        struct text bytes = TEXT_NONE;
        *file = file_of(arena, head, number);
        const char *path = file_path(arena, folder, *file);
        if (!file_exists(path)) {
            if (number > 1)
                output_message(session,
                               _("%s: what lies there under the name of this head of %llu events is another "
                                 "one (of a ledger that a backup replaced, or of another machine that goes "
                                 "on with the same store) or damaged; this one is kept beside it as %s"),
                               folder, (unsigned long long)head->size, *file);
            return true;
        }
        if (!file_read(arena, path, NOTE_SIZE_MAX, &bytes, &unread) && text_equal(bytes, head->note))
            return false;
    }
    return true;
}

void ledger_setup_copy_head(struct session *session, struct store *store, int64_t run_number)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct ledger_setup *settings = &session->configuration.sealing;
    struct audit_head head;
    struct error error = { 0 };
    if (!settings->copy_count || audit_head(store, &arena, run_number, &head, &error))
        return;
    struct sink_message message = {
        .subject =
            text_format(&arena, "congkhai: %.*s, %llu", TEXT_ARG(head.origin), (unsigned long long)head.size),
        .body = head.note,
        .type = "text/plain; charset=utf-8",
    };
    for (size_t i = 0; i < settings->copy_count; i++) {
        const struct sink *copy = &settings->copies[i];
        if (copy->folder && !find_place(session, &arena, copy->folder, &head, &message.file))
            continue;
        if (sink_send(copy, &message, &error) == STATUS_OK)
            continue;
        output_message(session, _("the ledger's head could not be copied (%s): %s"), copy->shown,
                       error.message);
        struct error late = { 0 };
        if (audit_copy_failed(store, run_number, copy->shown, &error, &late))
            output_message(session, "%s", late.message);
    }
}
