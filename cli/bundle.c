#include "cli/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/private_file.h"
#include "cli/verify_script.h"

struct writing {
    const char *folder;
    char path[4096]; /* of the file that is open */
    FILE *file;
    bool made; /* the folders: with the first file, so that a run that is not there leaves none */
};

static enum status failed(const struct writing *writing, struct error *error)
{
    return error_set(error, STATUS_STOP, _("%s cannot be written: %s"), writing->path, words_errno(errno));
}

static enum status shut(struct writing *writing, struct error *error)
{
    FILE *file = writing->file;
    writing->file = NULL;
    return file && fclose(file) ? failed(writing, error) : STATUS_OK;
}

static enum status make_folders(struct writing *writing, struct error *error)
{
    DIR *there = opendir(writing->folder);
    int entries = 0;
    while (there && readdir(there))
        entries++;
    if (there)
        closedir(there);
    if (entries > 2)
        return error_set(error, STATUS_USAGE, _("the folder %s is not empty; name another for the bundle"),
                         writing->folder);
    snprintf(writing->path, sizeof writing->path, "%s/payloads", writing->folder);
    return file_make_folders(writing->path, FILE_OURS, error);
}

static enum status put(void *user_data, const char *name, struct text bytes, struct error *error)
{
    struct writing *writing = user_data;
    if (!writing->made && make_folders(writing, error))
        return error->status;
    writing->made = true;
    char path[sizeof writing->path];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", writing->folder, name) >= sizeof path)
        return error_set(error, STATUS_STOP, _("the path %s is too long"), writing->folder);
    if (!writing->file || strcmp(path, writing->path)) {
        if (shut(writing, error))
            return error->status;
        memcpy(writing->path, path, sizeof path);
        int descriptor =
            open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, private_file_mode());
        if (descriptor >= 0)
            private_file_hand_over(descriptor, path);
        if (descriptor < 0 || private_file_own(descriptor, false) ||
            !(writing->file = fdopen(descriptor, "w")))
            return failed(writing, error);
    }
    if (fwrite(bytes.bytes, 1, bytes.length, writing->file) != bytes.length)
        return failed(writing, error);
    return STATUS_OK;
}

/* For the auditor, in the language of the offices. */
static const char readme[] =
    "GÓI CHỨNG CỨ CÔNG KHAI THỦ TỤC HÀNH CHÍNH\n"
    "\n"
    "Sổ: %.*s\n"
    "Nội dung: %s, sự kiện %lld đến %lld. Điểm chốt (gốc cây Merkle) gồm %llu sự kiện.\n"
    "\n"
    "KIỂM TRA (không cần cài congkhai, chỉ cần Python 3):\n"
    "\n"
    "    python3 verify-ledger . --key KHÓA\n"
    "\n"
    "KHÓA là khóa công khai của cơ quan, lấy từ nguồn khác với gói này: quyết định, trang thông tin, hoặc "
    "biên bản\n"
    "bàn giao. Tệp key.pub (nếu có) chỉ để tham khảo: ai làm lại được cả gói thì cũng thay được tệp đó.\n"
    "Dòng cuối nói sổ đúng hay không đúng, và từ sự kiện nào.\n"
    "\n"
    "TRONG GÓI\n"
    "\n"
    "  events.ndjson       mỗi dòng một sự kiện, JSON chính tắc (RFC 8785): ai, lúc nào (UTC), lượt nào, "
    "việc gì\n"
    "  proofs.ndjson       với mỗi sự kiện, đường đi tới gốc cây (RFC 9162); không có khi gói chứa toàn bộ "
    "sổ\n"
    "  head                điểm chốt đã ký (C2SP signed-note, tlog-checkpoint, Ed25519)\n"
    "  head-before         điểm chốt của lượt trước; bundle.json chứng minh sổ này nối tiếp nó\n"
    "  payloads/           nội dung hồ sơ gốc, thủ tục chính tắc, cấu hình, quy tắc; tên tệp là SHA-256 của "
    "nội dung\n"
    "  payloads.sha256     kiểm tra bằng: sha256sum -c payloads.sha256\n"
    "  configuration.json  cấu hình của lượt này, bí mật đã che\n"
    "  rules.json          quy tắc và bảng mã của lượt này\n"
    "  bundle.json         gói gồm những gì; \"forgotten\" là nội dung gốc đã xóa theo thời hạn lưu (có sự "
    "kiện ghi lại)\n"
    "  verify-ledger       chương trình kiểm tra, đọc được trong mười phút\n"
    "\n"
    "Chứng minh cho biết sự kiện đã xảy ra và chưa bị sửa. Muốn biết sau đó không còn sự kiện nào khác, cần "
    "toàn bộ sổ\n"
    "(congkhai audit export không có --run) hoặc kho dữ liệu.\n"
    "\n"
    "In short: `python3 verify-ledger . --english --key KEY` checks this bundle; docs/audit.md describes "
    "every file.\n";

static enum status put_readme(struct writing *writing, const struct audit_bundle *bundle, struct error *error)
{
    BUFFER_OWNED struct buffer text = { 0 };
    char what[64] = "toàn bộ sổ";
    if (bundle->run)
        snprintf(what, sizeof what, "lượt chạy %lld", (long long)bundle->run);
    buffer_printf(&text, readme, TEXT_ARG(bundle->head.origin), what, (long long)bundle->first,
                  (long long)bundle->last, (unsigned long long)bundle->head.size);
    return put(writing, "README.txt", buffer_view(&text), error);
}

static enum status put_keys(struct writing *writing, const struct audit_settings *settings,
                            struct error *error)
{
    for (size_t i = 0; i < settings->key_count; i++) {
        BUFFER_OWNED struct buffer word = { 0 };
        char name[32] = "key.pub";
        if (i)
            snprintf(name, sizeof name, "key-%zu.pub", i + 1);
        note_key_write(&settings->keys[i], &word);
        buffer_char(&word, '\n');
        if (put(writing, name, buffer_view(&word), error))
            return error->status;
    }
    return STATUS_OK;
}

enum status bundle_write(struct session *session, struct store *store, const char *folder,
                         struct audit_bundle *bundle, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct writing writing = { .folder = folder };
    struct audit_sink sink = { put, &writing };
    enum status status = audit_bundle_write(store, &arena, &sink, bundle, error);
    if (!status)
        status = put_readme(&writing, bundle, error);
    if (!status)
        status = put_keys(&writing, &session->configuration.sealing.audit, error);
    if (!status)
        status = put(&writing, "verify-ledger", verify_script(), error);
    if (!status && fchmod(fileno(writing.file), (mode_t)(private_file_mode() | 0100)))
        status = failed(&writing, error);
    struct error late = { 0 };
    if (shut(&writing, &late) && !status) {
        *error = late;
        status = late.status;
    }
    return status;
}
