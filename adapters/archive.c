#include "adapters/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/spool_file.h"
#include "core/memory.h"

#define NAME_MAX 1024

static const struct archive_limits usual_limits = {
    .members = 10000,
    .member_bytes = (uint64_t)1 << 30,
    .total_bytes = (uint64_t)2 << 30,
    .ratio = 200,
    .ratio_from = (uint64_t)16 << 20,
};

struct archive_file {
    struct arena arena;
    char *name;
    int descriptor; /* -1: in memory */
    struct text bytes;
    uint64_t size;
    struct archive_limits limits;
    size_t count;
    struct archive_member *members;
    uint64_t *places; /* which entry of the zip a member is */
};

/* One pass over the archive: libarchive reads it through these callbacks, so that each pass has its own place
 * in the one descriptor, and a file replaced meanwhile cannot be mixed in. */
struct pass {
    struct archive *zip;
    struct archive_file *file;
    uint64_t at;
    char *chunk;
    uint64_t entries;
    /* of the member that is being read */
    const struct archive_member *member;
    uint64_t given;
    int64_t packed_from;
    char *label;
};

static la_ssize_t on_read(struct archive *zip, void *user_data, const void **bytes)
{
    struct pass *pass = user_data;
    uint64_t left = pass->at < pass->file->size ? pass->file->size - pass->at : 0;
    size_t length = left < FILE_BLOCK ? (size_t)left : FILE_BLOCK;
    if (pass->file->descriptor < 0) {
        *bytes = length ? pass->file->bytes.bytes + pass->at : NULL;
        pass->at += length;
        return (la_ssize_t)length;
    }
    ssize_t got = pread(pass->file->descriptor, pass->chunk, length, (off_t)pass->at);
    if (got < 0) {
        archive_set_error(zip, errno, "%s", words_errno(errno));
        return ARCHIVE_FATAL;
    }
    *bytes = pass->chunk;
    pass->at += (uint64_t)got;
    return got;
}

static la_int64_t on_seek(struct archive *zip, void *user_data, la_int64_t offset, int whence)
{
    struct pass *pass = user_data;
    (void)zip;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)pass->at
                                        : (int64_t)pass->file->size;
    int64_t to;
    if (__builtin_add_overflow(base, offset, &to))
        return ARCHIVE_FATAL;
    if (to < 0)
        to = 0;
    if ((uint64_t)to > pass->file->size)
        to = (int64_t)pass->file->size;
    pass->at = (uint64_t)to;
    return to;
}

static la_int64_t on_skip(struct archive *zip, void *user_data, la_int64_t request)
{
    struct pass *pass = user_data;
    (void)zip;
    uint64_t left = pass->file->size - pass->at;
    int64_t skipped = request < 0 ? 0 : (uint64_t)request > left ? (int64_t)left : request;
    pass->at += (uint64_t)skipped;
    return skipped;
}

static void pass_end(struct pass *pass)
{
    archive_read_free(pass->zip);
    free(pass->chunk);
    free(pass->label);
    free(pass);
}

static const char *words(struct archive *zip)
{
    const char *text = archive_error_string(zip);
    return text ? text : _("it is damaged");
}

static enum status damaged(const struct archive_file *file, struct archive *zip, struct error *error)
{
    return error_set(error, STATUS_REJECT, _("%s cannot be unpacked: %s; have it sent again"), file->name,
                     words(zip));
}

static enum status pass_begin(struct archive_file *file, struct pass **out, struct error *error)
{
    struct pass *pass = memory_new(struct pass);
    pass->file = file;
    pass->chunk = memory_take(FILE_BLOCK);
    pass->zip = archive_read_new();
    archive_read_support_format_zip_seekable(pass->zip);
    archive_read_set_read_callback(pass->zip, on_read);
    archive_read_set_seek_callback(pass->zip, on_seek);
    archive_read_set_skip_callback(pass->zip, on_skip);
    archive_read_set_callback_data(pass->zip, pass);
    if (archive_read_open1(pass->zip) != ARCHIVE_OK) {
        (void)error_set(
            error, STATUS_REJECT,
            _("%s is no whole zip file: its directory at the end is missing or damaged; have it sent again"),
            file->name);
        pass_end(pass);
        return STATUS_REJECT;
    }
    *out = pass;
    return STATUS_OK;
}

/* libarchive turns names into the locale's encoding, and the nightly job's locale is often C. */
static locale_t utf8_locale;

static void find_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int next_header(struct archive *zip, struct archive_entry **entry, const char **name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_locale);
    locale_t before = utf8_locale ? uselocale(utf8_locale) : (locale_t)0;
    int result = archive_read_next_header(zip, entry);
    if (result >= ARCHIVE_WARN && result != ARCHIVE_EOF) {
        *name = archive_entry_pathname_utf8(*entry);
        if (!*name)
            *name = archive_entry_pathname(*entry); /* it is not UTF-8 */
    }
    if (before)
        uselocale(before);
    return result;
}

/* The next entry that is a file, or END. */
static enum status pass_next(struct pass *pass, struct archive_entry **entry, struct text *name,
                             struct error *error)
{
    for (;;) {
        const char *string = NULL;
        int result = next_header(pass->zip, entry, &string);
        *name = text_of(string);
        if (result == ARCHIVE_EOF)
            return STATUS_END;
        if (result < ARCHIVE_WARN)
            return damaged(pass->file, pass->zip, error);
        if (++pass->entries > pass->file->limits.members)
            return error_set(error, STATUS_REJECT, _("%s has more than %zu members and is refused"),
                             pass->file->name, pass->file->limits.members);
        if (archive_entry_is_encrypted(*entry))
            return error_set(error, STATUS_REJECT,
                             _("%s is protected by a password; save it without one and send it again"),
                             pass->file->name);
        if (archive_entry_filetype(*entry) == AE_IFREG)
            return STATUS_OK;
    }
}

/* ---- the directory ---- */

static bool leads_out(struct text name)
{
    if (!name.length || name.length > NAME_MAX || text_starts(name, TEXT("/")) ||
        memchr(name.bytes, '\\', name.length))
        return true;
    if (name.length >= 2 && name.bytes[1] == ':')
        return true;
    for (size_t at = 0; at <= name.length;) {
        const char *slash = memchr(name.bytes + at, '/', name.length - at);
        size_t end = slash ? (size_t)(slash - name.bytes) : name.length;
        if (text_is(text_slice(name, at, end - at), ".."))
            return true;
        at = end + 1;
    }
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.bytes[i] < ' ')
            return true;
    return false;
}

static enum status add_member(struct archive_file *file, struct archive_entry *entry, struct text name,
                              uint64_t place, size_t *capacity, uint64_t *total, struct error *error)
{
    uint64_t bytes = archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
    if (leads_out(name))
        return error_set(
            error, STATUS_REJECT,
            _("%s has a member named \"" TEXT_PRINT "\", which leads out of the archive; it is refused"),
            file->name, TEXT_ARG(name));
    if (bytes > file->limits.member_bytes || (*total += bytes) > file->limits.total_bytes)
        return error_set(error, STATUS_REJECT,
                         _("%s would unpack to more than is allowed (" TEXT_PRINT
                           ": %llu bytes; at most %llu a member and "
                           "%llu in all) and is refused"),
                         file->name, TEXT_ARG(name), (unsigned long long)bytes,
                         (unsigned long long)file->limits.member_bytes,
                         (unsigned long long)file->limits.total_bytes);
    if (file->count == *capacity) {
        *capacity = *capacity * 2 + 32;
        file->members = memory_grow(file->members, *capacity, sizeof *file->members);
        file->places = memory_grow(file->places, *capacity, sizeof *file->places);
    }
    file->places[file->count] = place;
    file->members[file->count++] = (struct archive_member){ text_copy(&file->arena, name), bytes };
    return STATUS_OK;
}

static int by_name(const void *left, const void *right)
{
    const struct archive_member *const *a = left, *const *b = right;
    return text_compare((*a)->name, (*b)->name);
}

static enum status check_twice(struct archive_file *file, struct error *error)
{
    const struct archive_member **sorted = memory_take_zeroed(file->count, sizeof *sorted);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < file->count; i++)
        sorted[i] = &file->members[i];
    qsort(sorted, file->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < file->count && !status; i++)
        if (text_equal(sorted[i - 1]->name, sorted[i]->name))
            status =
                error_set(error, STATUS_REJECT, _("%s has two members named " TEXT_PRINT " and is refused"),
                          file->name, TEXT_ARG(sorted[i]->name));
    free(sorted);
    return status;
}

static enum status read_directory(struct archive_file *file, struct error *error)
{
    struct pass *pass;
    struct archive_entry *entry;
    struct text name;
    size_t capacity = 0;
    uint64_t total = 0;
    enum status status = pass_begin(file, &pass, error);
    if (status)
        return status;
    while (!(status = pass_next(pass, &entry, &name, error)))
        if ((status = add_member(file, entry, name, pass->entries, &capacity, &total, error)))
            break;
    pass_end(pass);
    return status == STATUS_END ? check_twice(file, error) : status;
}

/* What is not a zip file is told by what it seems to be. */
static enum status check_start(struct archive_file *file, struct error *error)
{
    char start[8] = { 0 };
    ssize_t got = 0;
    if (file->descriptor < 0) {
        got = (ssize_t)(file->size < sizeof start ? file->size : sizeof start);
        if (got)
            memcpy(start, file->bytes.bytes, (size_t)got);
    } else
        got = pread(file->descriptor, start, sizeof start, 0);
    if (got < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be read: %s"), file->name, words_errno(errno));
    if (!got)
        return error_set(error, STATUS_REJECT, _("%s is empty"), file->name);
    if (!memcmp(start, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
        return error_set(
            error, STATUS_REJECT,
            _("%s is protected by a password, or is an old .xls file; save it as .xlsx without a password"),
            file->name);
    if (!memcmp(start, "PK", 2))
        return STATUS_OK;
    if (start[0] == '<' || !memcmp(start, "\xef\xbb\xbf<", 4))
        return error_set(error, STATUS_REJECT,
                         _("%s is HTML or XML under another name; read it as html or xml"), file->name);
    return error_set(error, STATUS_REJECT, _("%s is no zip file, as an .xlsx would be"), file->name);
}

enum status archive_open(const char *path, struct text bytes, const char *name,
                         const struct archive_limits *limits, struct archive_file **archive,
                         struct error *error)
{
    *archive = NULL;
    struct archive_file *file = memory_new(struct archive_file);
    file->name = memory_copy_string(name ? name : path ? path : _("the archive"));
    file->descriptor = -1;
    file->limits = limits ? *limits : usual_limits;
    file->bytes = bytes;
    file->size = bytes.length;
    enum status status = STATUS_OK;
    if (path) {
        struct stat info;
        file->descriptor = spool_file_reopen(path);
        if (file->descriptor < 0)
            file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file->descriptor < 0 || fstat(file->descriptor, &info))
            status = error_set(error, STATUS_REJECT, _("%s cannot be opened: %s"), path, words_errno(errno));
        else if (!S_ISREG(info.st_mode))
            status = error_set(error, STATUS_REJECT, _("%s is no regular file"), path);
        else
            file->size = (uint64_t)info.st_size;
    }
    if (!status)
        status = check_start(file, error);
    if (!status)
        status = read_directory(file, error);
    if (status)
        archive_close(file);
    else
        *archive = file;
    return status;
}

void archive_close(struct archive_file *file)
{
    if (!file)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    arena_free(&file->arena);
    free(file->members);
    free(file->places);
    free(file->name);
    free(file);
}

const struct archive_member *archive_find(const struct archive_file *file, struct text name)
{
    const struct archive_member *near = NULL;
    for (size_t i = 0; i < file->count; i++) {
        struct text known = file->members[i].name;
        if (text_equal(known, name))
            return &file->members[i];
        if (!near && known.length == name.length && !strncasecmp(known.bytes, name.bytes, name.length))
            near = &file->members[i];
    }
    return near;
}

/* ---- one member ---- */

static enum status check_given(struct pass *pass, struct error *error)
{
    const struct archive_limits *limits = &pass->file->limits;
    if (pass->given > pass->member->bytes && pass->given > limits->member_bytes)
        return error_set(error, STATUS_REJECT, _("%s unpacks to more than %llu bytes and is refused"),
                         pass->label, (unsigned long long)limits->member_bytes);
    if (pass->member->bytes && pass->given > pass->member->bytes)
        return error_set(error, STATUS_REJECT,
                         _("%s unpacks to more bytes than the archive's directory says; it is refused"),
                         pass->label);
    int64_t packed = archive_filter_bytes(pass->zip, -1) - pass->packed_from;
    if (pass->given > limits->ratio_from && pass->given / limits->ratio > (uint64_t)(packed > 1 ? packed : 1))
        return error_set(error, STATUS_REJECT,
                         _("%s unpacks to more than %llu times its size, as a file made to exhaust memory "
                           "would; it is refused"),
                         pass->label, (unsigned long long)limits->ratio);
    return STATUS_OK;
}

static enum status member_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                               struct error *error)
{
    struct pass *pass = stream->user_data;
    *got = 0;
    la_ssize_t result = archive_read_data(pass->zip, bytes, length);
    if (result < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be unpacked: %s; have the file sent again"),
                         pass->label, words(pass->zip));
    if (!result && pass->given < pass->member->bytes)
        return error_set(error, STATUS_REJECT,
                         _("%s is cut after %llu of %llu bytes; have the file sent again"), pass->label,
                         (unsigned long long)pass->given, (unsigned long long)pass->member->bytes);
    pass->given += (uint64_t)result;
    enum status status = check_given(pass, error);
    if (!status)
        *got = (size_t)result;
    return status;
}

static void member_close(struct file_stream *stream)
{
    pass_end(stream->user_data);
}

enum status archive_member_open(struct archive_file *file, const struct archive_member *member,
                                struct file_stream *stream, struct error *error)
{
    struct pass *pass;
    struct archive_entry *entry;
    struct text name;
    enum status status = pass_begin(file, &pass, error);
    if (status)
        return status;
    uint64_t place = file->places[member - file->members];
    while (!(status = pass_next(pass, &entry, &name, error)) && pass->entries < place)
        ;
    if (status) {
        if (status == STATUS_END)
            status = error_set(error, STATUS_REJECT, _("%s changed while it was read"), file->name);
        pass_end(pass);
        return status;
    }
    BUFFER_OWNED struct buffer label = { 0 };
    buffer_printf(&label, "%s (" TEXT_PRINT ")", file->name, TEXT_ARG(member->name));
    pass->label = memory_copy_string(label.bytes);
    pass->member = member;
    pass->packed_from = archive_filter_bytes(pass->zip, -1);
    *stream = (struct file_stream){
        .read = member_read, .close = member_close, .name = pass->label, .user_data = pass
    };
    return STATUS_OK;
}
