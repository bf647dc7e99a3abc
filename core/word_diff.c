#include "core/word_diff.h"

#include <stdint.h>

struct words {
    struct text *items;
    size_t count;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t';
}

static size_t word_end(struct text text, size_t at)
{
    while (at < text.length && !is_blank(text.bytes[at]))
        at++;
    while (at < text.length && is_blank(text.bytes[at]))
        at++;
    return at;
}

static struct words split(struct arena *arena, struct text text)
{
    struct words words = { .count = 0 };
    for (size_t at = 0; at < text.length; at = word_end(text, at))
        words.count++;
    words.items = arena_array(arena, struct text, words.count + 1);
    words.count = 0;
    for (size_t at = 0, end; at < text.length; at = end) {
        end = word_end(text, at);
        words.items[words.count++] = text_slice(text, at, end - at);
    }
    return words;
}

/* Words that follow one another are one piece. */
static void say(word_diff_visitor *visit, void *user_data, enum word_diff_kind kind, const struct text *words,
                size_t count)
{
    struct text piece = words[0];
    if (!count)
        return;
    for (size_t i = 1; i < count; i++)
        piece.length += words[i].length;
    visit(user_data, kind, piece);
}

/* lengths[i][j]: the longest common subsequence of what stands from i and j on. */
static uint16_t *measure(struct arena *arena, struct words left, struct words right)
{
    size_t width = right.count + 1;
    uint16_t *lengths = arena_array(arena, uint16_t, (left.count + 1) * width);
    for (size_t i = left.count; i-- > 0;)
        for (size_t j = right.count; j-- > 0;) {
            uint16_t down = lengths[(i + 1) * width + j], along = lengths[i * width + j + 1];
            lengths[i * width + j] = text_equal(left.items[i], right.items[j])
                                         ? (uint16_t)(lengths[(i + 1) * width + j + 1] + 1)
                                     : down > along ? down
                                                    : along;
        }
    return lengths;
}

static void walk(struct arena *arena, struct words left, struct words right, word_diff_visitor *visit,
                 void *user_data)
{
    size_t width = right.count + 1, i = 0, j = 0;
    const uint16_t *lengths = measure(arena, left, right);
    while (i < left.count || j < right.count) {
        size_t from = i, other = j;
        while (i < left.count && j < right.count && text_equal(left.items[i], right.items[j]))
            i++, j++;
        say(visit, user_data, WORD_SAME, left.items + from, i - from);
        from = i;
        while (i < left.count &&
               (j == right.count || (!text_equal(left.items[i], right.items[j]) &&
                                     lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])))
            i++;
        say(visit, user_data, WORD_REMOVED, left.items + from, i - from);
        other = j;
        while (j < right.count &&
               (i == left.count || (!text_equal(left.items[i], right.items[j]) &&
                                    lengths[(i + 1) * width + j] < lengths[i * width + j + 1])))
            j++;
        say(visit, user_data, WORD_ADDED, right.items + other, j - other);
    }
}

void word_diff(struct arena *arena, struct text before, struct text after, word_diff_visitor *visit,
               void *user_data)
{
    struct words left = split(arena, before), right = split(arena, after);
    size_t head = 0, tail = 0;
    while (head < left.count && head < right.count && text_equal(left.items[head], right.items[head]))
        head++;
    while (tail + head < left.count && tail + head < right.count &&
           text_equal(left.items[left.count - 1 - tail], right.items[right.count - 1 - tail]))
        tail++;
    struct words old = { left.items + head, left.count - head - tail };
    struct words new = { right.items + head, right.count - head - tail };
    say(visit, user_data, WORD_SAME, left.items, head);
    if (old.count > WORD_DIFF_MAX || new.count > WORD_DIFF_MAX) {
        say(visit, user_data, WORD_REMOVED, old.items, old.count);
        say(visit, user_data, WORD_ADDED, new.items, new.count);
    } else {
        walk(arena, old, new, visit, user_data);
    }
    say(visit, user_data, WORD_SAME, left.items + left.count - tail, tail);
}
