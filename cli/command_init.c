/* init: a commented starter configuration. */
#include <stdio.h>
#include <string.h>

#include "adapters/file.h"
#include "cli/cli.h"
#include "cli/shipped.h"
#include "extract/infer_config.h"

static const char starter[] =
    "# congkhai: cấu hình mẫu / starter configuration. Kiểm tra / check it with: congkhai check\n"
    "agency: { code: H13, name: UBND thành phố Cần Thơ }   # cơ quan công khai / who publishes\n"
    "store: state/congkhai.db                              # đường dẫn tính từ tệp này / relative to this "
    "file\n"
    "language: vi\n"
    "\n"
    "sources:\n"
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
    "      results: { from: /ket_qua_xu_ly, map: { name: . } }\n"
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

enum status command_init(struct session *session, struct error *error, int *exit_code)
{
    struct arena *arena = &session->invocation->arena;
    const char *folder = session->invocation->argument_count ? session->invocation->arguments[0] : ".";
    const char *configuration = file_path(arena, folder, "congkhai.yaml");
    struct text yaml = TEXT_NONE;
    struct value *document = value_object(arena), *written = value_list(arena);
    (void)exit_code;
    if (session->invocation->from && infer_config_write(arena, session->invocation->from, &yaml, error))
        return error->status;
    if (file_exists(configuration))
        return error_set(error, STATUS_USAGE, _("%s is there already; nothing was written"), configuration);
    if (write_shipped(session, folder, written, error))
        return error->status;
    if (write_new(session, configuration, yaml.bytes ? yaml : text_of(starter), written, error))
        return error->status;
    output_message(session, _("next: correct it, then \"congkhai --config %s check --online\""),
                   configuration);
    value_set(document, "configuration", value_string(arena, configuration));
    value_set(document, "written", written);
    if (session->invocation->json)
        output_json(document);
    return STATUS_OK;
}
