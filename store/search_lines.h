/* The lines of the index for searching (store/search_index.h), code by code, in the order of codes.
 *
 *     search_lines_open(database, 0, &lines, error)       database: a connection of this thread
 *     while (!(status = search_lines_next(&lines, error)))
 *         search_lines_origin(&lines, &origin, error), search_lines_write(&lines, &origin, &out, error)
 *     search_lines_close(&lines)
 *
 * Between chunks of codes no snapshot is held. For store/ only.
 */
#ifndef STORE_SEARCH_LINES_H
#define STORE_SEARCH_LINES_H

#include "adapters/file.h"
#include "adapters/sqlite.h"

/* What a line is made of: the code's record and its content, by their rows, and a print of the record's department, which
 * another map changes without another content. A record's source does not change. */
struct search_origin {
    int64_t record, content;
    uint64_t department;
};

struct search_lines {
    struct text code; /* until the next one */
    bool fresh;       /* an event behind `from` concerns it */
    /* inside */
    struct sqlite_statement *codes, *told, *origin, *content;
    bool any_told;              /* `told` stands on a row */
    struct buffer after, bound; /* the last code that was given; behind which a chunk begins */
    bool begun, more;
    int64_t from;
    struct search_folded *folded;
};

enum status search_lines_open(struct sqlite *database, int64_t from, struct search_lines *lines,
                              struct error *error);
/* STATUS_END: there are no more. */
enum status search_lines_next(struct search_lines *lines, struct error *error);
/* Of the code at hand, in this order. */
enum status search_lines_origin(struct search_lines *lines, struct search_origin *origin,
                                struct error *error);
/* The code, a tab, its words, a line feed. */
enum status search_lines_write(struct search_lines *lines, const struct search_origin *origin,
                               struct buffer *out, struct error *error);
void search_lines_close(struct search_lines *lines);

/* Case, marks and đ folded, everything that is neither letter nor digit a blank. In the arena. */
struct text search_fold(struct arena *arena, struct text text);

#define SEARCH_LINE_MAX ((size_t)16 << 20)

/* Lines as they were written once, one after the other. */
struct search_reader {
    struct file_stream stream; /* closed with the reader; a zeroed one has no lines */
    struct buffer read;
    size_t at;
    struct text line; /* without its line feed; bytes NULL: there are no more, or they cannot be read */
};
void search_reader_next(struct search_reader *reader);
void search_reader_close(struct search_reader *reader);

/* The text in front of the first such byte; *line goes on behind it. */
struct text search_take_part(struct text *line, char byte);

#endif
