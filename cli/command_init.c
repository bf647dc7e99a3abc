/* init: a commented starter configuration. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/file.h"
#include "adapters/yaml.h"
#include "cli/cli.h"
#include "cli/shipped.h"
#include "extract/infer_config.h"

#define FILE_LIMIT ((size_t)16 << 20)

static const char head[] =
    "# congkhai: cấu hình mẫu / starter configuration. Kiểm tra / check it with: congkhai check\n"
    "# Điền mã và tên cơ quan công khai / fill in who publishes: code: H13, name: UBND thành phố Cần Thơ\n"
    "agency: { code: \"<mã cơ quan / code>\", name: \"<tên cơ quan / name>\" }\n"
    "store: state/congkhai.db                              # đường dẫn tính từ tệp này / relative to this "
    "file\n"
    "language: vi\n"
    "\n"
    "sources:\n";

static const char sample[] =
    "  - name: so-tu-phap                                  # nguồn dữ liệu / a department's system\n"
    "    fetch: { folder: inbox/so-tu-phap, match: \"*.json\" }\n"
    "    format: json                                      # json ndjson xml html csv xlsx rows\n"
    "    records: \"\"                                       # vị trí các bản ghi / where the records are\n"
    "    key: /ma_thu_tuc                                  # định danh bản ghi / identifies a record\n"
    "    listing: full                                     # full: thiếu là báo mất / absent is reported "
    "missing\n"
    "    nothing: [\"\", \"Không có thông tin\"]\n"
    "    map:                                              # trường chuẩn: địa chỉ / field: address\n"
    "      code: /ma_thu_tuc\n"
    "      name: /ten_thu_tuc\n"
    "      status: { value: announced }\n"
    "      decision.number: /so_quyet_dinh\n"
    "      steps: { from: /trinh_tu_thuc_hien, split: \"\\n\", map: { text: . } }\n"
    "      time_limit: /thoi_han\n"
    "      results: { from: /ket_qua_xu_ly, map: { name: . } }\n";

static const char tail[] =
    "\n"
    "portal:\n"
    "  driver: rest\n"
    "  url: https://portal.example/v1\n"
    "  # Bí mật không viết vào đây mà trỏ tới; đặt biến môi trường rồi bỏ dấu #.\n"
    "  # A secret is never written here but referred to; set the variable, then take the # away.\n"
    "  # auth: { bearer: \"${env:CONGKHAI_PORTAL_TOKEN}\" }\n"
    "  in_flight: 8\n"
    "  timeout: 60s\n"
    "  retry: { attempts: 5, first: 1s, most: 60s }\n"
    "\n"
    "rules: [rules/nd63.yaml, rules/codes.yaml, rules/text.yaml, rules/deadlines.yaml, rules/services.yaml]  "
    " # luật / the law\n"
    "codes:                                                # bảng mã / code lists\n"
    "  levels: codes/levels.csv\n"
    "  kinds: codes/kinds.csv\n"
    "  statuses: codes/statuses.csv\n"
    "  channels: codes/channels.csv\n"
    "  units: codes/units.csv\n"
    "  fee_kinds: codes/fee-kinds.csv\n"
    "  currencies: codes/currencies.csv\n"
    "  online_services: codes/online-services.csv\n"
    "  internal_groups: codes/internal-groups.csv\n"
    "  announcements: codes/announcements.csv\n"
    "  territorial: codes/territorial.csv\n"
    "  yes_no: codes/yes-no.csv\n"
    "  subjects: codes/subjects.csv\n"
    "  holidays: codes/holidays.csv                        # cập nhật mỗi năm / to be kept every year\n"
    "brakes: { changes: 30%, withdrawals: 5%, empty_source: stop, shrunken_source: 30%,\n"
    "          vanished_field: stop, vanished_folder: stop }\n";

static enum status write_new(const struct session *session, const char *path, struct text text,
                             struct value *written, struct error *error)
{
    if (file_exists(path))
        return error_set(error, STATUS_USAGE, _("%s is there already; nothing was written"), path);
    if (file_write(path, text, 0644, error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    value_append(written, value_string(&session->invocation->arena, path));
    output_message(session, _("written: %s"), path);
    return STATUS_OK;
}

/* Rule packs and code lists beside the configuration; what is there already is its owner's. */
static enum status write_shipped(const struct session *session, const char *folder, struct value *written,
                                 struct error *error)
{
    struct arena *arena = &session->invocation->arena;
    for (const struct shipped_file *file = shipped_files(); file->path; file++) {
        const char *path = file_path(arena, folder, file->path);
        if (file_make_folders(file_folder(arena, path), 0777, error)) {
            error->status = STATUS_USAGE;
            return error->status;
        }
        if (!file_exists(path) && write_new(session, path, file->bytes, written, error))
            return error->status;
    }
    return STATUS_OK;
}

/* ---- a source more ---- */

/* Behind the last line of the list, whose dashes stand at `indent`; comments and blanks behind it are not its. */
static size_t end_of_list(struct text text, size_t first, size_t indent)
{
    size_t end = first;
    for (size_t at = first; at < text.length;) {
        const char *line = text.bytes + at, *stop = memchr(line, '\n', text.length - at);
        size_t length = stop ? (size_t)(stop - line) + 1 : text.length - at, blanks = 0;
        while (blanks < length && line[blanks] == ' ')
            blanks++;
        bool empty = blanks == length || strchr("\r\n#", line[blanks]);
        if (!empty && (blanks < indent || (blanks == indent && line[blanks] != '-')))
            return end;
        at += length;
        if (!empty)
            end = at;
    }
    return end;
}

static size_t line_start(struct text text, unsigned line)
{
    size_t at = 0;
    for (; line > 1 && at < text.length; at++)
        line -= text.bytes[at] == '\n';
    return at;
}

/* The item's lines, its dash moved from the third column. */
static void put_moved(struct buffer *out, struct text item, size_t indent)
{
    for (size_t at = 0; at < item.length;) {
        const char *stop = memchr(item.bytes + at, '\n', item.length - at);
        size_t length = stop ? (size_t)(stop - item.bytes) + 1 - at : item.length - at;
        buffer_printf(out, "%*s", (int)indent, "");
        buffer_text(out, text_slice(item, at + 2, length - 2));
        at += length;
    }
}

/* Nothing but the list has changed, and that by one item at its end. */
static bool is_old_and_one_more(const struct value *old, const struct value *new)
{
    if (new->count != old->count)
        return false;
    for (const struct value *member = old->first; member; member = member->next) {
        const struct value *other = value_find_text(new, member->name);
        bool list = text_is(member->name, "sources");
        if (!other || (!list && !value_equal(member, other)) || (list && other->count != member->count + 1))
            return false;
        const struct value *there = list ? other->first : NULL;
        for (const struct value *item = list ? member->first : NULL; item;
             item = item->next, there = there->next)
            if (!value_equal(item, there))
                return false;
    }
    return true;
}

static enum status add_source(const struct session *session, const char *path, struct value *document,
                              struct error *error)
{
    struct arena *arena = &session->invocation->arena;
    struct text bytes, item;
    struct value *tree, *changed;
    if (file_read(arena, path, FILE_LIMIT, &bytes, error) || yaml_parse(arena, bytes, path, &tree, error))
        return error->status = STATUS_USAGE;
    const struct value *list = value_find(tree, "sources");
    size_t at = list && list->first ? line_start(bytes, list->first->line) : 0, indent = 0;
    while (list && list->first && at + indent < bytes.length && bytes.bytes[at + indent] == ' ')
        indent++;
    if (!list || list->kind != VALUE_LIST || !list->first || bytes.bytes[at + indent] != '-')
        return error_set(
            error, STATUS_USAGE,
            _("%s: a source is added to a list \"sources\" whose items stand one below the other, each "
              "behind a dash; write it so"),
            path);
    if (infer_config_write(arena, session->invocation->from, list, &item, error))
        return error->status;
    BUFFER_OWNED struct buffer out = { 0 };
    size_t end = end_of_list(bytes, at, indent);
    buffer_text(&out, text_slice(bytes, 0, end));
    if (bytes.bytes[end - 1] != '\n')
        buffer_char(&out, '\n');
    put_moved(&out, item, indent);
    buffer_text(&out, text_slice(bytes, end, bytes.length - end));
    if (yaml_parse(arena, buffer_view(&out), path, &changed, error) || !is_old_and_one_more(tree, changed))
        return error_set(error, STATUS_USAGE,
                         _("%s: the source cannot be added without changing the rest; nothing was written"),
                         path);
    struct text name = value_text_of(value_find(changed, "sources")->last, "name");
    struct stat info;
    if (stat(path, &info) < 0 || file_write(path, buffer_view(&out), info.st_mode & 0777, error))
        return error->status = STATUS_USAGE;
    value_set(document, "source", value_text(arena, name));
    output_message(session, _("the source " TEXT_PRINT " was added to %s"), TEXT_ARG(name), path);
    return STATUS_OK;
}

static enum status write_whole(const struct session *session, const char *folder, const char *path,
                               struct value *written, struct error *error)
{
    struct text source = text_of(sample);
    if (session->invocation->from &&
        infer_config_write(&session->invocation->arena, session->invocation->from, NULL, &source, error))
        return error->status;
    if (write_shipped(session, folder, written, error))
        return error->status;
    BUFFER_OWNED struct buffer out = { 0 };
    buffer_string(&out, head);
    buffer_text(&out, source);
    buffer_string(&out, tail);
    return write_new(session, path, buffer_view(&out), written, error);
}

enum status command_init(struct session *session, struct error *error, int *exit_code)
{
    struct arena *arena = &session->invocation->arena;
    const char *folder = session->invocation->argument_count ? session->invocation->arguments[0] : ".";
    const char *configuration = file_path(arena, folder, "congkhai.yaml");
    struct value *document = value_object(arena), *written = value_list(arena);
    bool there = file_exists(configuration);
    (void)exit_code;
    if (there && !session->invocation->from)
        return error_set(error, STATUS_USAGE, _("%s is there already; nothing was written"), configuration);
    if (there ? add_source(session, configuration, document, error)
              : write_whole(session, folder, configuration, written, error))
        return error->status;
    output_message(session, _("next: correct it, then \"congkhai --config %s check --online\""),
                   configuration);
    value_set(document, "configuration", value_string(arena, configuration));
    value_set(document, "written", written);
    if (session->invocation->json)
        output_json(document);
    return STATUS_OK;
}
