#include "core/word_diff.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"

struct words {
    struct text *word;
    size_t count;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* A word with the blanks behind it: put together, the words are the text. */
static struct words split(struct arena *arena, struct text text)
{
    struct words words = { 0 };
    size_t most = 1;
    for (size_t i = 0; i < text.length; i++)
        most += is_blank(text.bytes[i]);
    words.word = arena_array(arena, struct text, most + 1);
    for (size_t at = 0; at < text.length;) {
        size_t from = at;
        while (at < text.length && !is_blank(text.bytes[at]))
            at++;
        while (at < text.length && is_blank(text.bytes[at]))
            at++;
        words.word[words.count++] = text_slice(text, from, at - from);
    }
    return words;
}

static bool same(struct text left, struct text right)
{
    return text_equal(text_trim(left), text_trim(right));
}

struct pieces {
    struct arena *arena;
    struct word_piece *first, *last;
};

/* Words that follow one another in one text are one piece. */
static void add(struct pieces *pieces, enum word_side side, struct text word)
{
    struct word_piece *last = pieces->last;
    if (last && last->side == side && last->text.bytes + last->text.length == word.bytes) {
        last->text.length += word.length;
        return;
    }
    struct word_piece *piece = arena_new(pieces->arena, struct word_piece);
    piece->side = side;
    piece->text = word;
    if (last)
        last->next = piece;
    else
        pieces->first = piece;
    pieces->last = piece;
}

static void add_all(struct pieces *pieces, enum word_side side, const struct text *word, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(pieces, side, word[i]);
}

/* The longest common subsequence of what lies between the common beginning and end. */
static void compare(struct pieces *pieces, const struct text *before, size_t rows, const struct text *after,
                    size_t columns)
{
    size_t width = columns + 1;
    uint32_t *length = memory_take_zeroed((rows + 1) * width, sizeof *length);
    for (size_t i = rows; i-- > 0;)
        for (size_t j = columns; j-- > 0;) {
            uint32_t down = length[(i + 1) * width + j], right = length[i * width + j + 1];
            length[i * width + j] = same(before[i], after[j]) ? length[(i + 1) * width + j + 1] + 1
                                    : down > right            ? down
                                                              : right;
        }
    size_t i = 0, j = 0;
    while (i < rows && j < columns) {
        if (same(before[i], after[j])) {
            add(pieces, WORD_BOTH, after[j]);
            i++, j++;
        } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
            add(pieces, WORD_BEFORE, before[i++]);
        } else {
            add(pieces, WORD_AFTER, after[j++]);
        }
    }
    add_all(pieces, WORD_BEFORE, before + i, rows - i);
    add_all(pieces, WORD_AFTER, after + j, columns - j);
    free(length);
}

struct word_piece *word_diff(struct arena *arena, struct text before, struct text after)
{
    struct words left = split(arena, before), right = split(arena, after);
    struct pieces pieces = { .arena = arena };
    size_t begin = 0, end = 0;
    while (begin < left.count && begin < right.count && same(left.word[begin], right.word[begin]))
        begin++;
    while (end < left.count - begin && end < right.count - begin &&
           same(left.word[left.count - end - 1], right.word[right.count - end - 1]))
        end++;
    size_t rows = left.count - begin - end, columns = right.count - begin - end;
    add_all(&pieces, WORD_BOTH, right.word, begin);
    if (!rows || !columns || rows > WORD_DIFF_CELLS / columns) {
        add_all(&pieces, WORD_BEFORE, left.word + begin, rows);
        add_all(&pieces, WORD_AFTER, right.word + begin, columns);
    } else {
        compare(&pieces, left.word + begin, rows, right.word + begin, columns);
    }
    add_all(&pieces, WORD_BOTH, right.word + begin + columns, end);
    return pieces.first;
}
