#include "extract/url_template.h"

#include <string.h>

#include "adapters/http.h"
#include "adapters/secret.h"
#include "core/canonical.h"

static const char session_mark[] = "${session}", item_mark[] = "${item:";

static struct url_template_piece *add(struct url_template *template, struct arena *arena)
{
    struct url_template_piece *pieces = arena_array(arena, struct url_template_piece, template->count + 1);
    if (template->count)
        memcpy(pieces, template->pieces, template->count * sizeof *pieces);
    template->pieces = pieces;
    return &pieces[template->count++];
}

static enum status add_text(struct url_template *template, struct arena *arena, const char *folder,
                            struct text text, struct error *error)
{
    struct text resolved;
    if (!text.length)
        return STATUS_OK;
    if (secret_resolve(arena, folder, text, &resolved, error))
        return error->status;
    template->secret = template->secret || secret_is_named(text);
    *add(template, arena) = (struct url_template_piece){ .kind = URL_TEMPLATE_TEXT,
                                                         .text = resolved,
                                                         .shown = text_copy(arena, text) };
    return STATUS_OK;
}

static enum status add_item(struct url_template *template, struct arena *arena, struct text *rest,
                            struct error *error)
{
    size_t end = sizeof item_mark - 1;
    while (end < rest->length && rest->bytes[end] != '}')
        end++;
    if (end == rest->length)
        return error_set(error, STATUS_USAGE, _("\"%.*s\" is not closed with }"), TEXT_ARG(*rest));
    struct url_template_piece piece = { .kind = URL_TEMPLATE_ITEM };
    if (json_pointer_compile(arena, text_slice(*rest, sizeof item_mark - 1, end - (sizeof item_mark - 1)),
                             &piece.pointer, error))
        return error->status;
    template->item = true;
    *add(template, arena) = piece;
    *rest = text_slice(*rest, end + 1, rest->length);
    return STATUS_OK;
}

enum status url_template_compile(struct arena *arena, const char *folder, const char *text,
                                 struct url_template *template, struct error *error)
{
    struct text rest = text_of(text);
    *template = (struct url_template){ 0 };
    while (rest.length) {
        size_t session, item;
        if (!text_find(rest, text_of(session_mark), &session))
            session = rest.length;
        if (!text_find(rest, text_of(item_mark), &item))
            item = rest.length;
        size_t plain = session < item ? session : item;
        if (add_text(template, arena, folder, text_slice(rest, 0, plain), error))
            return error->status;
        rest = text_slice(rest, plain, rest.length);
        if (!rest.length)
            break;
        if (item < session) {
            if (add_item(template, arena, &rest, error))
                return error->status;
            continue;
        }
        template->session = true;
        *add(template, arena) = (struct url_template_piece){ .kind = URL_TEMPLATE_SESSION };
        rest = text_slice(rest, sizeof session_mark - 1, rest.length);
    }
    return STATUS_OK;
}

static enum status put(enum url_template_place place, struct text text, struct buffer *out,
                       struct error *error)
{
    if (place == URL_TEMPLATE_URL) {
        http_escape(out, text);
    } else if (place == URL_TEMPLATE_RAW) {
        for (size_t i = 0; i < text.length; i++)
            if ((unsigned char)text.bytes[i] < 0x20)
                return error_set(error, STATUS_REJECT, _("a header cannot hold a line break"));
        buffer_text(out, text);
    } else {
        struct buffer quoted = { 0 };
        canonical_text(&quoted, text);
        buffer_put(out, quoted.bytes + 1, quoted.length - 2);
        buffer_free(&quoted);
    }
    return STATUS_OK;
}

static struct text item_text(const struct url_template_piece *piece, const struct value *item)
{
    const struct value *found = item ? json_pointer_find(&piece->pointer, item) : NULL;
    return found && (found->kind == VALUE_TEXT || found->kind == VALUE_NUMBER) ? found->text : TEXT_NONE;
}

enum status url_template_fill(const struct url_template *template, enum url_template_place place,
                              struct text session, const struct value *item, struct buffer *out,
                              struct error *error)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct url_template_piece *piece = &template->pieces[i];
        struct text text = piece->kind == URL_TEMPLATE_SESSION ? session : item_text(piece, item);
        if (piece->kind == URL_TEMPLATE_TEXT) {
            buffer_text(out, piece->text);
            continue;
        }
        if (!text.length)
            return error_set(error, STATUS_REJECT,
                             piece->kind == URL_TEMPLATE_SESSION
                                 ? _("there is no session")
                                 : _("an item of the listing lacks what the request needs"));
        if (put(place, text, out, error))
            return error->status;
    }
    return STATUS_OK;
}

void url_template_show(const struct url_template *template, const struct value *item, struct buffer *out)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct buffer whole = { 0 };
    for (size_t i = 0; i < template->count; i++) {
        const struct url_template_piece *piece = &template->pieces[i];
        if (piece->kind == URL_TEMPLATE_TEXT)
            buffer_text(&whole, piece->shown);
        else if (piece->kind == URL_TEMPLATE_ITEM)
            buffer_text(&whole, item_text(piece, item));
        else
            buffer_string(&whole, session_mark);
    }
    buffer_text(out, secret_hide(&arena, buffer_view(&whole)));
    buffer_free(&whole);
}
